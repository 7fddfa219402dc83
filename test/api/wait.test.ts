/** Long polls settle by a fact, by the clock, by the poll, and let go of whoever leaves. */
import { describe, expect, it, vi } from "vitest";
import { startApi, ADMIN_KEY, type Api } from "./api-fixture.ts";
import { MINUTE_MS, result, submitted } from "./facts.ts";

async function waiting(api: Api): Promise<number> {
  const { text } = await api.call("/metrics");
  return Number(/^after202_http_requests_waiting (\d+)$/m.exec(text)?.[1]);
}

/** Starts a call, and returns once the service waits; the answer is wrapped, so as not to be awaited here. */
async function started(api: Api, path: string) {
  const before = await waiting(api);
  const answer = api.call(path);
  await vi.waitFor(async () => expect(await waiting(api)).toBe(before + 1));
  return { answer };
}

describe("GET /v1/requests/{requestId}/wait", () => {
  it("answers at once when the request is settled already", async () => {
    const api = await startApi();
    api.store.put(submitted("r-1"), result("r-1", 1_000, { created: 100 }));
    const { status, body } = await api.call("/v1/requests/r-1/wait");
    expect([status, body.state]).toEqual([200, "succeeded"]);
  });

  it("answers at once when nothing can ever tell what became of it", async () => {
    const api = await startApi();
    api.store.put(submitted("r-1", { target: "salesforce", objectType: "streaming" }));
    const { status, body } = await api.call("/v1/requests/r-1/wait");
    expect([status, body.state, body.verifiable]).toEqual([200, "accepted", false]);
  });

  it("answers as soon as a fact settles it, without the clock moving", async () => {
    const api = await startApi();
    api.store.put(submitted("r-1"));
    const { answer } = await started(api, "/v1/requests/r-1/wait?timeoutMs=4200000");
    await api.store.acceptFacts([result("r-1", 1_000, { created: 40 })]);
    await api.store.acceptFacts([result("r-1", 2_000, { created: 60 })]);
    expect((await answer).body).toMatchObject({ state: "succeeded", records: { created: 100 } });
  });

  it("answers when the clock alone settles it, not a millisecond later", async () => {
    const api = await startApi();
    api.store.put(submitted("r-1", { serverTime: "2026-11-22T02:00:00.250Z" }));
    await api.clock.advance(69 * MINUTE_MS + 59_500);
    const { answer } = await started(api, "/v1/requests/r-1/wait");
    await api.clock.advance(749);
    expect(await waiting(api)).toBe(1);
    await api.clock.advance(1);
    expect((await answer).body).toMatchObject({ state: "exhausted", settledAt: "2026-11-22T03:10:00.250Z" });
  });

  it("sees within a second what another process stored", async () => {
    const api = await startApi();
    api.store.put(submitted("r-1"));
    const { answer } = await started(api, "/v1/requests/r-1/wait");
    api.store.put(result("r-1", 1_000, { created: 100 }));
    await api.clock.advance(1_000);
    expect((await answer).body.state).toBe("succeeded");
  });

  it("answers with the present state when the time is up", async () => {
    const api = await startApi();
    api.store.put(submitted("r-1"));
    const { answer } = await started(api, "/v1/requests/r-1/wait?timeoutMs=1500");
    await api.clock.advance(1_499);
    expect(await waiting(api)).toBe(1);
    await api.clock.advance(1);
    const { status, body } = await answer;
    expect([status, body.state, body.terminal]).toEqual([200, "accepted", false]);
  });

  it("waits for a request that is not known yet", async () => {
    const api = await startApi();
    const { answer } = await started(api, "/v1/requests/r-new/wait");
    await api.store.acceptFacts([submitted("r-new"), result("r-new", 500, { created: 100 })]);
    expect((await answer).body.state).toBe("succeeded");
  });

  it("answers REQUEST_UNKNOWN when nothing of it has arrived in time", async () => {
    const api = await startApi();
    const { answer } = await started(api, "/v1/requests/a/b/wait?timeoutMs=10");
    await api.clock.advance(10);
    const { status, body } = await answer;
    expect([status, body.error.code]).toEqual([404, "REQUEST_UNKNOWN"]);
  });

  it("keeps waiting while the store is away", async () => {
    const api = await startApi();
    api.store.put(submitted("r-1"));
    const { answer } = await started(api, "/v1/requests/r-1/wait");
    api.store.fault = new Error("away");
    await api.clock.advance(3_000);
    api.store.fault = undefined;
    api.store.put(result("r-1", 1_000, { created: 100 }));
    await api.clock.advance(1_000);
    expect((await answer).body.state).toBe("succeeded");
  });

  it("looks at a request once, however many wait for it", async () => {
    const api = await startApi();
    api.store.put(submitted("r-1"));
    const answers = [];
    for (let n = 0; n < 5; n++) answers.push((await started(api, "/v1/requests/r-1/wait")).answer);
    const before = api.store.calls.factsOf;
    await api.store.acceptFacts([result("r-1", 1_000, { created: 100 })]);
    for (const { body } of await Promise.all(answers)) expect(body.state).toBe("succeeded");
    expect(api.store.calls.factsOf - before).toBe(1);
  });

  it("forgets a client that went away", async () => {
    const api = await startApi();
    const gone = new AbortController();
    const answer = fetch(`${api.url}/v1/requests/r-1/wait`, {
      headers: { "x-api-key": ADMIN_KEY },
      signal: gone.signal,
    });
    await vi.waitFor(async () => expect(await waiting(api)).toBe(1));
    gone.abort();
    await expect(answer).rejects.toThrow();
    await vi.waitFor(async () => expect(await waiting(api)).toBe(0));
    await vi.waitFor(() => expect(api.clock.sleepers).toBe(0));
  });

  it("refuses more waiters than it can hold", async () => {
    const api = await startApi({ settings: { maxWaiters: 1 } });
    const { answer } = await started(api, "/v1/requests/r-1/wait?timeoutMs=10");
    const second = await api.call("/v1/requests/r-2/wait");
    expect([second.status, second.body.error.code]).toEqual([429, "TOO_MANY_REQUESTS"]);
    expect(second.headers.get("retry-after")).toBe("1");
    await api.clock.advance(10);
    await answer;
  });

  it("lets go of everybody on close", async () => {
    const api = await startApi();
    const { answer } = await started(api, "/v1/requests/r-1/wait");
    await api.app.close();
    const { status, body, headers } = await answer;
    expect([status, body.error.code, headers.get("retry-after")]).toEqual([503, "SHUTTING_DOWN", "5"]);
  });

  it.each(["timeoutMs=-1", "timeoutMs=4200001", "timeoutMs=soon", "timeout=1"])(
    "refuses %s",
    async (query) => {
      const api = await startApi();
      const { status, body } = await api.call(`/v1/requests/r-1/wait?${query}`);
      expect([status, body.error.code]).toEqual([400, "INPUT_INVALID"]);
    },
  );
});
