/** The live feed, read by clients that people use: eventsource, ws and curl, in processes of their own. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createInterface } from "node:readline";
import { connect } from "node:net";
import { EventSource } from "eventsource";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { submissionInput } from "../api/facts.ts";
import { runCli, startCli } from "../cli/run-cli.ts";
import { openService, QUIET, type Service, SERVICE_STORES, type ServiceStore, IS_FIVE } from "./service.ts";
import { until } from "./until.ts";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function open(store: ServiceStore = "embedded", env: Record<string, string> = {}): Promise<Service> {
  const service = await openService(store, { ...QUIET, ...env });
  closers.push(() => service.close());
  return service;
}

let submitted = 0;

/** A submission of now; `requestId` tells it apart. */
async function submit(service: Service, requestId: string, over: object = {}): Promise<void> {
  const submissionId = `00000000-0000-4000-8000-${String(++submitted).padStart(12, "0")}`;
  const submittedAt = new Date().toISOString();
  const response = await fetch(`${service.url}/v1/submissions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      ...submissionInput({ submissionId, requestId, submittedAt, respondedAt: submittedAt }),
      ...over,
    }),
  });
  expect(response.status).toBe(202);
}

interface Client {
  readonly lines: string[];
  readonly child: ChildProcess;
}

/** A program of its own, whose lines are read. */
function run(command: string, args: readonly string[]): Client {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => lines.push(line));
  closers.push(() => child.kill());
  return { lines, child };
}

const script = (text: string): string[] => ["--input-type=module", "-e", text];

/** Of five processes the two that answer are asked in turns, and each knows its own. */
async function followers(service: Service): Promise<number> {
  const first = await metric(service, "after202_live_followers");
  return IS_FIVE ? first + (await metric(service, "after202_live_followers")) : first;
}

const metric = async (service: Service, name: string): Promise<number> =>
  Number(new RegExp(`^${name} (\\d+)$`, "m").exec(await (await fetch(`${service.url}/metrics`)).text())?.[1]);

describe.each(SERVICE_STORES)("followers of the live feed, %s", (store) => {
  it("hear of every change, each with its filters: eventsource, ws and curl of other processes", async () => {
    const service = await open(store);
    const ws = service.url.replace("http", "ws");
    const clients = [
      run(
        process.execPath,
        script(`
        import { EventSource } from "eventsource";
        const source = new EventSource("${service.url}/v1/live?instance=123-ABC-456");
        source.addEventListener("lifecycle", (e) => console.log(JSON.parse(e.data).requestId + " " + JSON.parse(e.data).state));
      `),
      ),
      run(
        process.execPath,
        script(`
        import { WebSocket } from "ws";
        const socket = new WebSocket("${ws}/v1/live/ws?instance=123-ABC-456");
        socket.on("message", (m) => { const { event, data } = JSON.parse(m); if (event === "lifecycle") console.log(data.requestId + " " + data.state); });
      `),
      ),
    ];
    const hasCurl = spawnSync("curl", ["--version"]).status === 0;
    const curl = hasCurl ? run("curl", ["-sN", `${service.url}/v1/live?instance=123-ABC-456`]) : undefined;
    await until("all follow", async () => (await followers(service)) === (hasCurl ? 3 : 2));
    await submit(service, "l-1");
    await submit(service, "l-elsewhere", { instance: "999-XYZ-000" });
    await submit(service, "l-2", { httpStatus: 429, errorCode: "4290801" });
    for (const { lines } of clients) {
      await until("both are told", () => lines.includes("l-1 accepted") && lines.includes("l-2 rejected"));
      expect(lines.join()).not.toContain("l-elsewhere");
    }
    if (curl === undefined) return;
    await until("curl prints them", () => curl.lines.some((line) => line.includes('"requestId":"l-2"')));
    expect(curl.lines).toContain("event: lifecycle");
    expect(curl.lines.join()).not.toContain("l-elsewhere");
  });

  it("go on where they were when they come back, and are told of what they cannot hear", async () => {
    const service = await open(store);
    await submit(service, "b-0");
    const ids: string[] = [];
    const heard = new Set<string>();
    const follow = (lastEventId?: string): EventSource => {
      const query = lastEventId === undefined ? "" : `?lastEventId=${lastEventId}`;
      const source = new EventSource(`${service.url}/v1/live${query}`);
      source.addEventListener("lifecycle", (event) => {
        ids.push(event.lastEventId);
        heard.add((JSON.parse(event.data) as { requestId: string }).requestId);
      });
      source.addEventListener("gap", (event) => heard.add(`gap until ${event.lastEventId}`));
      closers.push(() => source.close());
      return source;
    };
    const first = follow();
    await until("it follows", async () => (await followers(service)) === 1);
    await submit(service, "b-1");
    await until("the first", () => heard.has("b-1"));
    first.close();
    await until("it has gone", async () => (await followers(service)) === 0);
    await submit(service, "b-2");
    heard.clear();
    follow(ids.at(-1));
    await until("what was missed", () => heard.has("b-2"));
    await submit(service, "b-3");
    await until("what comes next", () => heard.has("b-3"));
    expect([...heard].some((one) => one.startsWith("gap"))).toBe(false);
    follow("1000");
    await until("the gap", () => [...heard].some((one) => one.startsWith("gap")));
  });
});

describe("the live feed", () => {
  it("tells of what the clock changes, without a fact", async () => {
    const service = await open("embedded", { RETRY_SPEED: "400" }); // 9 s: on a busy machine the feed may be late by some
    const states: string[] = [];
    const source = new EventSource(`${service.url}/v1/live`);
    closers.push(() => source.close());
    source.addEventListener("lifecycle", (event) => {
      states.push((JSON.parse(event.data) as { state: string }).state);
    });
    await until("it follows", async () => (await followers(service)) === 1);
    await submit(service, "clock-1");
    await until("the window closes", () => states.includes("exhausted"));
    expect(states.indexOf("retrying")).toBeGreaterThan(-1);
    expect(states.indexOf("retrying")).toBeLessThan(states.indexOf("exhausted"));
  });

  // a proxy reads for the one that does not
  it.skipIf(IS_FIVE)("lets a follower go that does not read, and holds up no other", async () => {
    const service = await open();
    const { port, hostname } = new URL(service.url);
    const deaf = Array.from({ length: 3 }, () => {
      const socket = connect(Number(port), hostname).on("error", () => undefined);
      socket.write("GET /v1/live HTTP/1.1\r\nhost: x\r\n\r\n");
      socket.pause();
      closers.push(() => socket.destroy());
      return socket;
    });
    const heard = new Set<string>();
    const socket = new WebSocket(`${service.url.replace("http", "ws")}/v1/live/ws`);
    closers.push(() => socket.terminate());
    socket.on("message", (message: Buffer) => {
      heard.add((JSON.parse(message.toString()) as { data: { requestId: string } }).data.requestId);
    });
    await until("all follow", async () => (await followers(service)) === deaf.length + 1);
    const labels = { fill: "x".repeat(256), more: "y".repeat(256) };
    for (
      let batch = 0;
      (await metric(service, "after202_live_followers_let_go_total")) < deaf.length;
      batch++
    ) {
      expect(batch).toBeLessThan(60);
      const many = Array.from({ length: 400 }, (_, i) => ({
        ...submissionInput({
          requestId: `many-${batch}-${i}`,
          submittedAt: new Date().toISOString(),
          labels,
        }),
        submissionId: `00000000-0000-4000-9000-${String(batch * 1_000 + i).padStart(12, "0")}`,
      }));
      await fetch(`${service.url}/v1/submissions`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(many),
      });
      await until("the reader has the batch", () => heard.has(`many-${batch}-399`));
    }
    expect(await followers(service)).toBe(1);
  });

  it("says why it ends when the service stops, refuses what is no id of its own, and plain HTTP on the socket's address", async () => {
    const service = await open();
    const socket = new WebSocket(`${service.url.replace("http", "ws")}/v1/live/ws`);
    const closed = new Promise<string>((resolve) => {
      socket.on("close", (code, reason) => resolve(`${code} ${reason.toString()}`));
    });
    await until("it follows", async () => (await followers(service)) === 1);
    const codeOf = async (path: string): Promise<unknown> => {
      const { error } = (await (await fetch(service.url + path)).json()) as { error: { code: string } };
      return error.code;
    };
    expect(await codeOf("/v1/live?lastEventId=yesterday")).toBe("INPUT_INVALID");
    expect(await codeOf("/v1/live?state=fine")).toBe("INPUT_INVALID");
    expect(await codeOf("/v1/live/ws")).toBe("UPGRADE_REQUIRED");
    await service.app.close();
    expect(await closed).toMatch(/^1001 SHUTTING_DOWN/);
  });

  it("is what `tail` prints, a line for each change, until it is stopped", async () => {
    const service = await open("embedded", { API_AUTH: "keys", API_ADMIN_KEY: "admin-key-of-this-test" });
    const env = { AFTER202_URL: service.url, AFTER202_KEY: "admin-key-of-this-test" };
    const wrong = await runCli(["tail"], { env: { ...env, AFTER202_KEY: "wrong" } });
    expect(wrong.code).toBe(2);
    const { child, output, ended } = startCli(["tail", "--state", "rejected"], { env });
    const headers = { authorization: "Bearer admin-key-of-this-test", "content-type": "application/json" };
    let tries = 0;
    await until("a line", async () => {
      const at = new Date().toISOString();
      const requestId = `tail-${++tries}`;
      const submissionId = `00000000-0000-4000-a000-${String(tries).padStart(12, "0")}`;
      const over = { submissionId, requestId, submittedAt: at, respondedAt: at };
      const body = JSON.stringify([
        submissionInput({ ...over, httpStatus: 429, errorCode: "4290801" }),
        submissionInput({
          ...over,
          requestId: `other-${tries}`,
          submissionId: submissionId.replace("a000", "b000"),
        }),
      ]);
      expect((await fetch(`${service.url}/v1/submissions`, { method: "POST", headers, body })).status).toBe(
        202,
      );
      return /tail-\d+ {2}purchases {2}rejected: /.test(output.stdout);
    });
    expect(output.stdout).not.toContain("other-");
    child.kill("SIGINT");
    expect((await ended).code).toBe(0);
  });

  it("asks for a key like every other route", async () => {
    const service = await open("embedded", { API_AUTH: "keys", API_ADMIN_KEY: "admin-key-of-this-test" });
    expect((await fetch(`${service.url}/v1/live`)).status).toBe(401);
    const status = await new Promise<number | undefined>((resolve) => {
      const socket = new WebSocket(`${service.url.replace("http", "ws")}/v1/live/ws`);
      socket.on("error", () => undefined);
      socket.on("unexpected-response", (_request, response) => {
        resolve(response.statusCode);
        socket.terminate();
      });
    });
    expect(status).toBe(401);
  });
});
