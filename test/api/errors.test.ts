/** Whatever goes wrong is answered in one form, from one catalogue, and tells no secrets. */
import { connect } from "node:net";
import { describe, expect, it, vi } from "vitest";
import { After202Error } from "../../src/core/errors.ts";
import { ADMIN_KEY, type Api, startApi } from "./api-fixture.ts";
import { submissionInput } from "./facts.ts";
import { STORE_AWAY } from "./memory-store.ts";

/** Sends bytes, and returns all that comes back until the connection ends. */
function raw(api: Api, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect(Number(new URL(api.url).port), "127.0.0.1", () => socket.write(text));
    socket.on("data", (chunk) => (answer += String(chunk)));
    socket.on("close", () => resolve(answer));
    socket.on("error", reject);
  });
}

describe("errors", () => {
  it.each(["/nothing", "/v1", "/v1/requestz", "/v1/requests/", "/v1/dead-letters/x/y"])(
    "answer ROUTE_UNKNOWN for %s",
    async (path) => {
      const api = await startApi();
      const { status, body } = await api.call(path);
      expect([status, body.error.code]).toEqual(
        path === "/v1/requests/" ? [400, "INPUT_INVALID"] : [404, "ROUTE_UNKNOWN"],
      );
    },
  );

  it.each([
    ["DELETE", "/v1/requests/r-1", "GET, HEAD"],
    ["PUT", "/v1/submissions", "POST"],
    ["POST", "/v1/requests/a/b/wait", "GET"],
    ["DELETE", "/v1/events/adobe", "GET, HEAD, POST"],
    ["GET", "/v1/reprocess", "POST"],
    ["OPTIONS", "/healthz", "GET, HEAD"],
  ])("answer METHOD_NOT_ALLOWED for %s %s, and name those that are", async (method, path, allow) => {
    const api = await startApi();
    const response = await fetch(api.url + path, { method });
    const body = (await response.json()) as { error: { code: string } };
    expect([response.status, body.error.code]).toEqual([405, "METHOD_NOT_ALLOWED"]);
    expect(response.headers.get("allow")?.split(", ")).toEqual(expect.arrayContaining(allow.split(", ")));
  });

  it("tell nothing of a fault of our own but where to look", async () => {
    const api = await startApi();
    api.store.fault = new Error("password=hunter2 at /srv/secret");
    const { status, body, text } = await api.call("/v1/stream");
    expect([status, body.error.code]).toEqual([500, "INTERNAL"]);
    expect(text).not.toMatch(/hunter2|secret/);
    expect(api.log.some((line) => line.includes(body.error.details.logId) && line.includes("hunter2"))).toBe(
      true,
    );
  });

  it("tell nothing of the store's inner life", async () => {
    const api = await startApi();
    api.store.fault = STORE_AWAY;
    const away = await api.call("/v1/requests/r-1");
    expect([away.status, away.body.error.code, away.headers.get("retry-after")]).toEqual([
      503,
      "STORE_UNAVAILABLE",
      "5",
    ]);
    api.store.fault = new After202Error("STORE_QUERY_FAILED", "SELECT secret-host FROM facts");
    const failed = await api.call("/v1/requests/r-1");
    expect([failed.status, failed.body.error.code]).toEqual([500, "STORE_QUERY_FAILED"]);
    expect(away.text + failed.text).not.toContain("secret-host");
  });

  it("have the usual form even where a path cannot be decoded", async () => {
    const api = await startApi();
    const answer = await raw(api, "GET /v1/requests/%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    expect(answer).toMatch(/^HTTP\/1.1 400 /);
    expect(answer).toContain('"code":"INPUT_INVALID"');
  });

  it("have the usual form even for what is not HTTP, and for endless headers", async () => {
    const api = await startApi();
    for (const text of ["HELLO\r\n\r\n", `GET / HTTP/1.1\r\nHost: x\r\nA: ${"x".repeat(20_000)}\r\n\r\n`]) {
      const answer = await raw(api, text);
      expect(answer).toMatch(/^HTTP\/1.1 400 /);
      expect(answer).toContain('{"error":{"code":"INPUT_UNREADABLE"');
    }
  });

  it("end what takes too long to arrive", async () => {
    const api = await startApi({ settings: { requestTimeoutMs: 200 } });
    const head = `POST /v1/submissions HTTP/1.1\r\nHost: x\r\nX-Api-Key: ${ADMIN_KEY}\r\n`;
    const answer = await raw(api, `${head}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{`);
    expect(answer).toMatch(/^HTTP\/1.1 400 /);
    expect(answer).toContain("too long to arrive");
  });

  it("end a stopping service's calls: those it has taken are finished, no more are taken", async () => {
    const api = await startApi();
    let store = (): void => undefined;
    let taken = false;
    api.store.acceptFacts = () =>
      new Promise((resolve) => {
        store = resolve;
        taken = true;
      });
    const body = JSON.stringify(submissionInput());
    const head = `Host: x\r\nX-Api-Key: ${ADMIN_KEY}\r\n`;
    const socket = connect(Number(new URL(api.url).port), "127.0.0.1");
    let answers = "";
    socket.on("data", (chunk) => (answers += String(chunk)));
    const ended = new Promise((resolve) => socket.on("close", resolve));
    socket.write(
      `POST /v1/submissions HTTP/1.1\r\n${head}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    await vi.waitFor(() => expect(taken).toBe(true));
    const closed = api.app.close();
    await new Promise((resolve) => setImmediate(resolve));
    socket.write(`GET /v1/stream HTTP/1.1\r\n${head}Connection: close\r\n\r\n`);
    await vi.waitFor(() => expect(api.log.join("")).toContain("The service is stopping"));
    store();
    await Promise.all([closed, ended]);
    expect(answers.match(/^HTTP\/1\.1 \d+/gm)).toEqual(["HTTP/1.1 202"]);
    expect(answers).toMatch(/^connection: close/im);
  });
});
