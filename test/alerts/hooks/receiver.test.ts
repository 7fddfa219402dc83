import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openReceiver, type Receiver, type ReceiverOptions } from "../../../src/alerts/hooks/receiver.ts";
import { systemClock } from "../../../src/clock.ts";
import type { HookOutcome } from "../../../src/core/alert-ports.ts";
import { FakeReceiver } from "./fake-receiver.ts";

let server: FakeReceiver;

beforeEach(async () => {
  server = await FakeReceiver.open();
});
afterEach(() => server.close());

function open(options: Partial<ReceiverOptions> = {}, secrets: string[] = []): Receiver {
  return openReceiver(
    "test",
    { url: server.url, clock: systemClock, allowPrivate: true, ...options },
    secrets,
  );
}

function post(receiver: Receiver = open(), signal = new AbortController().signal): Promise<HookOutcome> {
  return receiver.post("{}", {}, signal);
}

describe("an answer", () => {
  it.each([200, 201, 202, 204])("of %i means delivered", async (status) => {
    server.reply = status;
    expect(await post()).toEqual({ kind: "delivered" });
  });

  it.each([408, 429, 500, 502, 503, 504])("of %i means to try again", async (status) => {
    server.reply = status;
    expect(await post()).toMatchObject({ kind: "retry" });
  });

  it.each([400, 401, 403, 404, 410, 413, 422])("of %i means refused", async (status) => {
    server.reply = status;
    expect(await post()).toMatchObject({ kind: "refused" });
  });

  it.each([301, 302, 303, 307, 308])("of %i is refused, and the redirect not followed", async (status) => {
    server.reply = (response) => response.writeHead(status, { location: server.url }).end();
    expect(await post()).toMatchObject({ kind: "refused" });
    expect(server.received).toHaveLength(1);
  });

  it("of 200 whose body never ends still means delivered", async () => {
    server.reply = (response) => void response.writeHead(200).write("x");
    expect(await post(open({ timeoutMs: 1_000 }))).toEqual({ kind: "delivered" });
  });

  it("that goes on and on is read only to its beginning", async () => {
    server.reply = (response) => {
      response.writeHead(400);
      const more = (): void => void (response.destroyed || response.write("y".repeat(65_536), more));
      more();
    };
    const outcome = await post();
    expect(outcome).toMatchObject({ kind: "refused" });
    expect(JSON.stringify(outcome).length).toBeLessThan(400);
  });
});

describe("Retry-After", () => {
  const answering = (value: string): Promise<HookOutcome> => {
    server.reply = (response) => response.writeHead(429, { "retry-after": value }).end();
    return post();
  };

  it("is taken in seconds", async () => {
    expect(await answering("7")).toMatchObject({ kind: "retry", afterMs: 7_000 });
  });

  it("is taken as a date", async () => {
    const outcome = await answering(new Date(Date.now() + 30_000).toUTCString());
    const afterMs = outcome.kind === "retry" ? outcome.afterMs : undefined;
    expect(afterMs).toBeGreaterThan(25_000);
    expect(afterMs).toBeLessThanOrEqual(30_000);
  });

  it("is bounded by an hour, and ignored where it cannot be read", async () => {
    expect(await answering("999999")).toMatchObject({ afterMs: 3_600_000 });
    expect(await answering("soon")).not.toHaveProperty("afterMs");
  });
});

describe("a receiver that does not answer", () => {
  it("is tried again when nobody listens there", async () => {
    const receiver = open();
    await server.close();
    expect(await post(receiver)).toEqual({
      kind: "retry",
      reason: "the receiver cannot be reached (ECONNREFUSED)",
    });
    server = await FakeReceiver.open();
  });

  it("is tried again when its name is unknown", async () => {
    const resolve = () => Promise.reject(Object.assign(new Error("x"), { code: "ENOTFOUND" }));
    const url = `http://receiver.example.com:${server.port}`;
    expect(await post(open({ url, resolve }))).toMatchObject({ kind: "retry" });
  });

  it("is given up after the timeout, to be tried again", async () => {
    server.reply = "hang";
    expect(await post(open({ timeoutMs: 50 }))).toMatchObject({ kind: "retry" });
  });

  it("is given up as soon as the signal aborts", async () => {
    server.reply = "hang";
    const stop = new AbortController();
    const outcome = post(open(), stop.signal);
    while (server.received.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    stop.abort();
    expect(await outcome).toMatchObject({ kind: "retry" });
  });

  it("is not asked at all after the signal has aborted", async () => {
    expect(await post(open(), AbortSignal.abort())).toMatchObject({ kind: "retry" });
    expect(server.received).toHaveLength(0);
  });
});

describe("secrets", () => {
  it("are not in a reason, even when the receiver repeats them", async () => {
    const secret = "T0123456789/B0123456789/k3y";
    const url = `http://127.0.0.1:${server.port}/services/${secret}?token=querysecret`;
    for (const echo of [url, secret, "B0123456789", "querysecret", "given-secret"]) {
      server.reply = (response) => response.writeHead(404).end(`no such hook: ${echo}\n\u001b[31m!`);
      const text = JSON.stringify(await post(open({ url }, ["given-secret"])));
      expect(text).toContain("no such hook");
      expect(text).not.toMatch(/B0123456789|k3y|secret|u001b/);
    }
  });

  it("of the URL's user go as Basic authentication, and are not in a reason", async () => {
    const url = `http://us%40er:pass-word@127.0.0.1:${server.port}/`;
    server.reply = (response) => response.writeHead(401).end("pass-word");
    expect(JSON.stringify(await post(open({ url })))).not.toContain("pass-word");
    const [request] = server.received;
    expect(request?.headers["authorization"]).toBe(
      `Basic ${Buffer.from("us@er:pass-word").toString("base64")}`,
    );
  });
});
