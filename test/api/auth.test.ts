/** Keys and scopes: who may call what, over real sockets. */
import { describe, expect, it } from "vitest";
import { createApiKey, parseApiKey } from "../../src/api/api-key.ts";
import type { ApiKey, Scope } from "../../src/core/ports.ts";
import { ADMIN_KEY, type Api, startApi } from "./api-fixture.ts";
import { START, submissionInput } from "./facts.ts";
import { STORE_AWAY } from "./memory-store.ts";

const bearer = (key: string) => ({ headers: { authorization: `Bearer ${key}` } });

async function statusOf(
  api: Api,
  init: RequestInit & { headers?: Record<string, string> },
  path = "/v1/stream",
) {
  const response = await fetch(api.url + path, init);
  const body = (await response.json()) as { error?: { code: string } };
  return body.error === undefined ? response.status : `${response.status} ${body.error.code}`;
}

describe("API keys", () => {
  it("are stored as a hash, with a secret of 256 random bits", () => {
    const { key, plain } = createApiKey("ci", ["read"], { now: () => START });
    expect(plain).toMatch(/^a202_[0-9a-f]{16}_[A-Za-z0-9_-]{43}$/);
    expect(key).toMatchObject({ name: "ci", scopes: ["read"], createdAt: START, revokedAt: null });
    expect(key.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(JSON.stringify(key)).not.toContain(parseApiKey(plain)?.secret);
    expect(createApiKey("ci", ["read"], { now: () => START }).plain).not.toBe(plain);
  });

  it("open what their scopes name, and no more", async () => {
    const api = await startApi();
    const calls: [Scope, string, RequestInit][] = [
      ["read", "/v1/requests", {}],
      ["read", "/v1/requests/none/wait?timeoutMs=0", {}],
      ["read", "/v1/correlations/none", {}],
      ["read", "/v1/stream", {}],
      ["read", "/v1/dead-letters", {}],
      ["read", "/metrics", {}],
      ["submit", "/v1/submissions", { method: "POST", body: JSON.stringify(submissionInput()) }],
      ["submit", "/v1/events", { method: "POST", body: "{}" }],
      ["admin", "/v1/dead-letters/redrive", { method: "POST" }],
    ];
    for (const scope of ["read", "submit", "admin"] as const) {
      const authorization = `Bearer ${await api.key(scope)}`;
      for (const [needed, path, init] of calls) {
        const type: Record<string, string> =
          init.body === undefined ? {} : { "content-type": "application/json" };
        const { status } = await api.call(path, { ...init, headers: { authorization, ...type } });
        const refused = status === 403;
        expect([scope, path, refused]).toEqual([scope, path, scope !== "admin" && scope !== needed]);
      }
    }
  });

  it("are asked for everywhere but at the open doors", async () => {
    const api = await startApi();
    for (const [path, operations] of Object.entries(api.document.paths)) {
      for (const [method, operation] of Object.entries(operations)) {
        const isOpen = (operation["security"] as unknown[]).length === 0;
        const at = path.replaceAll(/\{\w+\}/g, "x");
        const { status } = await fetch(api.url + at, { method: method.toUpperCase() });
        expect([path, method, status === 401]).toEqual([path, method, !isOpen]);
      }
    }
    const openPaths = Object.keys(api.document.paths).filter((path) =>
      Object.values(api.document.paths[path] ?? {}).some(
        (one) => (one["security"] as unknown[]).length === 0,
      ),
    );
    expect(openPaths.sort()).toEqual(["/healthz", "/openapi.json", "/readyz", "/v1/events/adobe"]);
  });

  it("are read from either header, and refused when missing, malformed, wrong or unknown", async () => {
    const api = await startApi();
    const key = await api.key("read");
    const [prefix] = key.split(/_(?=[A-Za-z0-9_-]{43}$)/);
    expect(await statusOf(api, bearer(key))).toBe(200);
    expect(await statusOf(api, { headers: { "x-api-key": key } })).toBe(200);
    expect(await statusOf(api, { headers: { authorization: `bearer  ${key}` } })).toBe(200);
    expect(await statusOf(api, {})).toBe("401 KEY_MISSING");
    expect(await statusOf(api, { headers: { authorization: "Basic eDp5" } })).toBe("401 KEY_MISSING");
    expect(await statusOf(api, bearer("hello"))).toBe("401 KEY_INVALID");
    expect(await statusOf(api, bearer(`${prefix}_${"A".repeat(43)}`))).toBe("401 KEY_INVALID");
    expect(await statusOf(api, bearer(`a202_${"0".repeat(16)}_${"A".repeat(43)}`))).toBe("401 KEY_INVALID");
    expect(await statusOf(api, bearer(`${ADMIN_KEY}x`))).toBe("401 KEY_INVALID");
  });

  it("tell the client how to authenticate", async () => {
    const api = await startApi();
    const response = await fetch(`${api.url}/v1/stream`);
    expect(response.headers.get("www-authenticate")).toMatch(/^Bearer/);
  });

  it("are looked up once, and stop working within 30 seconds of being revoked", async () => {
    const api = await startApi();
    const { key, plain } = createApiKey("x", ["read"], api.clock);
    await api.store.saveKey(key);
    for (let n = 0; n < 5; n++) expect(await statusOf(api, bearer(plain))).toBe(200);
    expect(api.store.calls.findKey).toBe(1);
    await api.store.saveKey({ ...key, revokedAt: api.clock.now() } satisfies ApiKey);
    await api.clock.advance(30_000);
    expect(await statusOf(api, bearer(plain))).toBe("401 KEY_INVALID");
  });

  it("are not judged while the store is away", async () => {
    const api = await startApi();
    const key = await api.key("read");
    api.store.fault = STORE_AWAY;
    expect(await statusOf(api, bearer(key))).toBe("503 STORE_UNAVAILABLE");
    api.store.fault = undefined;
    expect(await statusOf(api, bearer(key))).toBe(200);
  });

  it("of the settings open what can be read, while the store is away as well, and nothing else", async () => {
    const readKey = "a-key-for-prometheus";
    const api = await startApi({ readKey });
    api.store.fault = STORE_AWAY;
    const headers = { authorization: `Bearer ${readKey}` };
    const { status, text } = await api.call("/metrics", { headers });
    expect(status).toBe(200);
    expect(text).toMatch(/^after202_store_up 0$/m);
    api.store.fault = undefined;
    expect((await api.call("/metrics", { headers })).text).toMatch(/^after202_store_up 1$/m);
    const refused = await api.call("/v1/silences?silenceId=1", { method: "DELETE", headers });
    expect([refused.status, refused.body.error.code]).toEqual([403, "SCOPE_MISSING"]);
  });

  it("cannot be guessed faster than the limit, while good ones pass", async () => {
    const api = await startApi({ settings: { maxDoubtfulKeysPerSecond: 3 } });
    const good = await api.key("read");
    expect(await statusOf(api, bearer(good))).toBe(200);
    const guesses = [];
    for (let n = 0; n < 6; n++) {
      guesses.push(await statusOf(api, bearer(`a202_${"0".repeat(15)}${n}_${"A".repeat(43)}`)));
    }
    expect(guesses.slice(-3)).toEqual(Array(3).fill("429 TOO_MANY_REQUESTS"));
    expect(api.store.calls.findKey).toBeLessThanOrEqual(3);
    expect(await statusOf(api, bearer(good))).toBe(200);
    expect(await statusOf(api, bearer(ADMIN_KEY))).toBe(200);
  });

  it("never reach the log", async () => {
    const api = await startApi();
    const key = await api.key("read");
    await statusOf(api, bearer(key));
    await statusOf(api, bearer(`${key}x`));
    api.store.fault = new Error("boom");
    await statusOf(api, { headers: { "x-api-key": key } });
    const logged = api.log.join("");
    expect(logged).toContain("boom");
    expect(logged).not.toContain(parseApiKey(key)?.secret);
  });

  it("are not needed when authentication is off", async () => {
    const api = await startApi({ auth: "off" });
    expect(await statusOf(api, {})).toBe(200);
    expect(await statusOf(api, { method: "POST" }, "/v1/dead-letters/redrive")).toBe(200);
  });
});
