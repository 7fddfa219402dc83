import type { LookupAddress } from "node:dns";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openReceiver } from "../../../src/alerts/hooks/receiver.ts";
import {
  createTargetAgent,
  guardedLookup,
  PrivateTargetError,
  type Resolve,
} from "../../../src/alerts/target-agent.ts";
import { isPublicAddress, parseTarget } from "../../../src/alerts/target.ts";
import { systemClock } from "../../../src/clock.ts";
import type { HookOutcome } from "../../../src/core/alert-ports.ts";
import { FakeReceiver } from "./fake-receiver.ts";

describe("a public address", () => {
  it.each(["8.8.8.8", "1.1.1.1", "172.32.0.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"])(
    "is %s",
    (address) => expect(isPublicAddress(address)).toBe(true),
  );

  it.each([
    ["loopback", ["127.0.0.1", "127.255.0.1", "::1"]],
    ["private", ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1"]],
    ["link-local", ["169.254.169.254", "fe80::1", "fe80::1%eth0"]],
    ["unique-local", ["fc00::1", "fd12:3456::1"]],
    ["CGNAT", ["100.64.0.1", "100.127.255.255"]],
    ["multicast and broadcast", ["224.0.0.1", "239.1.1.1", "255.255.255.255", "ff02::1"]],
    ["unspecified", ["0.0.0.0", "0.1.2.3", "::"]],
    [
      "IPv4 in IPv6",
      ["::ffff:127.0.0.1", "::ffff:a00:1", "64:ff9b::10.0.0.1", "::127.0.0.1", "2002:7f00:1::"],
    ],
    ["no address", ["", "localhost", "127.1", "0x7f000001"]],
  ])("is nothing %s", (_kind, addresses) => {
    expect(addresses.filter(isPublicAddress)).toEqual([]);
  });
});

describe("the URL of a hook", () => {
  const parsed = (url: string, allowPrivate = false): URL => parseTarget(url, { hook: "test", allowPrivate });

  it.each([
    "http://127.0.0.1/",
    "http://2130706433/",
    "http://0x7f.1/",
    "http://[::1]:8080/",
    "http://[::ffff:10.0.0.1]/",
    "https://localhost/",
    "https://x.localhost./",
    "http://169.254.169.254/latest",
  ])("%s needs a permission", (url) => {
    expect(() => parsed(url)).toThrowError(expect.objectContaining({ code: "CONFIG_INVALID" }));
    expect(parsed(url, true)).toBeInstanceOf(URL);
  });

  it.each(["ftp://example.com/", "file:///etc/passwd", "example.com", "", "javascript:alert(1)"])(
    "%j is refused with and without one",
    (url) => {
      expect(() => parsed(url)).toThrowError(expect.objectContaining({ code: "CONFIG_INVALID" }));
      expect(() => parsed(url, true)).toThrowError(expect.objectContaining({ code: "CONFIG_INVALID" }));
    },
  );

  it("is never repeated in a message", () => {
    expect(() => parsed("https:// hooks.slack.com/very-secret")).not.toThrowError(/secret/);
    expect(() => parsed("http://127.0.0.1/very-secret")).not.toThrowError(/secret/);
  });
});

describe("a name", () => {
  let server: FakeReceiver;
  beforeEach(async () => {
    server = await FakeReceiver.open();
  });
  afterEach(() => server.close());

  function post(resolve: Resolve, allowPrivate: boolean): Promise<HookOutcome> {
    const url = `http://receiver.invalid:${server.port}/`;
    const receiver = openReceiver("test", {
      url,
      clock: systemClock,
      allowPrivate,
      resolve,
      timeoutMs: 1_000,
    });
    return receiver.post("{}", {}, new AbortController().signal);
  }

  it("that leads to a private address is refused, and nothing is connected", async () => {
    const outcome = await post(() => Promise.resolve([{ address: "127.0.0.1", family: 4 }]), false);
    expect(outcome).toMatchObject({ kind: "refused" });
    expect(server.connections).toBe(0);
  });

  it("that leads to a private address is connected with the permission, at the address that was resolved", async () => {
    let asked = 0;
    const resolve: Resolve = () => {
      asked += 1;
      // asked a second time, it would lead elsewhere
      return Promise.resolve([{ address: asked === 1 ? "127.0.0.1" : "192.0.2.1", family: 4 }]);
    };
    expect(await post(resolve, true)).toEqual({ kind: "delivered" });
    expect(asked).toBe(1);
  });

  it("is not needed: an address in the URL is judged as well", async () => {
    const agent = createTargetAgent({ allowPrivate: false, connectTimeoutMs: 1_000 });
    const asked = agent.request({ origin: `http://127.0.0.1:${server.port}`, path: "/", method: "GET" });
    await expect(asked).rejects.toBeInstanceOf(PrivateTargetError);
    expect(server.connections).toBe(0);
    await agent.close();
  });

  it("is connected only at its permitted addresses", async () => {
    const found = [
      { address: "10.0.0.1", family: 4 },
      { address: "93.184.216.34", family: 4 },
      { address: "fd00::1", family: 6 },
    ];
    const lookup = guardedLookup(() => Promise.resolve(found), isPublicAddress);
    const answers = await new Promise<LookupAddress[] | string>((resolve) =>
      lookup("x.example.com", { all: true }, (_error, addresses) => resolve(addresses)),
    );
    expect(answers).toEqual([{ address: "93.184.216.34", family: 4 }]);
  });

  it("that changes to a private address after the check (rebinding) is refused at the next connection", async () => {
    const answers = ["93.184.216.34", "127.0.0.1"];
    const lookup = guardedLookup(
      () => Promise.resolve([{ address: answers.shift() ?? "", family: 4 }]),
      isPublicAddress,
    );
    const ask = () =>
      new Promise((resolve) => lookup("x.example.com", {}, (error, address) => resolve(error ?? address)));
    expect(await ask()).toBe("93.184.216.34");
    expect(await ask()).toBeInstanceOf(PrivateTargetError);
  });
});
