import { describe, expect, it } from "vitest";
import type { DataCloudJob } from "./data-cloud.ts";
import { assertion, csvOf, exchangeToken, login, openDataCloud } from "./data-cloud.ts";
import { simulate, until } from "./client.ts";

const settled = { queueMs: 60_000, processMs: 60_000 };

describe("the simulated Salesforce's tokens", () => {
  it("are given for a signed assertion, and exchanged for one of Data Cloud, whose host comes without a scheme", async () => {
    const simulator = await simulate();
    const core = await login(simulator, assertion(simulator));
    expect(core.status).toBe(200);
    const { access_token: token, instance_url: org } = (await core.json()) as Record<string, string>;
    expect(org).toBe(simulator.salesforceUrl);
    const exchanged = await exchangeToken(simulator, token ?? "");
    expect(await exchanged.json()).toMatchObject({
      access_token: expect.any(String),
      instance_url: new URL(simulator.salesforceUrl).host,
      expires_in: 7_200,
    });
  });

  it("are refused for a wrong signature, another audience, an old assertion, an unknown subject", async () => {
    const simulator = await simulate();
    const good = assertion(simulator);
    const refused = [
      await login(simulator, `${good.slice(0, -8)}AAAAAAAA`),
      await login(simulator, assertion(simulator, { aud: "https://login.salesforce.com" })),
      await login(simulator, assertion(simulator, { exp: 1 })),
      await exchangeToken(simulator, "nobody's"),
    ];
    expect(refused.map(({ status }) => status)).toEqual([400, 400, 400, 400]);
  });

  it("stop working when they expire: 401", async () => {
    const simulator = await simulate({ salesforce: { expiresInSeconds: 0 } });
    const cloud = await openDataCloud(simulator);
    expect((await cloud.call("GET", "v1/ingest/jobs")).status).toBe(401);
  });
});

describe("the simulated Data Cloud's bulk jobs", () => {
  it("move from open to complete on the scaled clock, and the books know their rows", async () => {
    const simulator = await simulate();
    const cloud = await openDataCloud(simulator);
    const { id } = await cloud.create("Orders", { ...settled, retries: 1 }, { "x-correlation-id": "b/1" });
    expect(await cloud.stateOf(id)).toBe("Open");
    expect((await cloud.upload(id, csvOf(3))).status).toBe(202);
    expect((await cloud.upload(id, csvOf(2))).status).toBe(202);
    expect((await cloud.close(id)).status).toBe(200);
    await until(async () => (await cloud.stateOf(id)) === "JobComplete");
    const job = (await (await cloud.call("GET", `v1/ingest/jobs/${id}`)).json()) as DataCloudJob;
    expect(job.retries).toBe(1);
    expect(simulator.truth()).toMatchObject([
      { requestId: id, correlationId: "b/1", records: 5, outcome: "succeeded", objectName: "Orders" },
    ]);
    expect(simulator.summary()).toMatchObject({ idle: true, salesforce: { jobs: { JobComplete: 1 } } });
  });

  it("are one at a time for each object, and closed ones take no more files", async () => {
    const simulator = await simulate();
    const cloud = await openDataCloud(simulator);
    const { id } = await cloud.create("Orders", settled);
    await expect(cloud.create("Orders")).rejects.toThrow("409");
    await cloud.create("Customers");
    await cloud.close(id);
    expect((await cloud.upload(id, csvOf(1))).status).toBe(400);
    await until(async () => (await cloud.stateOf(id)) === "JobComplete");
    await cloud.create("Orders");
  });

  it("take files up to their limits, and only CSV", async () => {
    const simulator = await simulate({ salesforce: { maxFileBytes: 1_000, maxFiles: 2 } });
    const cloud = await openDataCloud(simulator);
    const { id } = await cloud.create("Orders");
    expect((await cloud.upload(id, csvOf(10, 2_000))).status).toBe(413);
    await cloud.upload(id, csvOf(1));
    await cloud.upload(id, csvOf(1));
    expect((await cloud.upload(id, csvOf(1))).status).toBe(400);
    expect((await cloud.call("PUT", `v1/ingest/jobs/${id}/batches`, { a: 1 })).status).toBe(415);
  });

  it("fail, leave problem records, are aborted: as told, and as the books say", async () => {
    const simulator = await simulate();
    const cloud = await openDataCloud(simulator);
    const failing = await cloud.create("A", { ...settled, fail: true });
    const partial = await cloud.create("B", { ...settled, problems: { INVALID_DATE: 2 } });
    const aborted = await cloud.create("C");
    for (const { id } of [failing, partial]) {
      await cloud.upload(id, csvOf(5));
      await cloud.close(id);
    }
    await cloud.call("PATCH", `v1/ingest/jobs/${aborted.id}`, { state: "Aborted" });
    await until(() => simulator.summary().idle);
    expect(simulator.truth().map(({ outcome, failed }) => ({ outcome, failed }))).toEqual([
      { outcome: "failed", failed: {} },
      { outcome: "partially_failed", failed: { INVALID_DATE: 2 } },
      { outcome: "aborted", failed: {} },
    ]);
    const sql =
      "SELECT error_code__c, COUNT(*) AS rows_failed FROM PR_B__dll WHERE seen__c >= TIMESTAMP '2000-01-01T00:00:00Z' " +
      "AND seen__c < TIMESTAMP '2100-01-01T00:00:00Z' GROUP BY error_code__c LIMIT 100";
    const answer = await cloud.call("POST", "v2/query", { sql });
    expect(await answer.json()).toMatchObject({ data: [["INVALID_DATE", 2]], done: true });
    expect((await cloud.call("POST", "v2/query", { sql: "SELECT 1" })).status).toBe(400);
  });

  it("are removed when they were left open for too long", async () => {
    const simulator = await simulate({ salesforce: { keepMs: 60_000 } });
    const cloud = await openDataCloud(simulator);
    const { id } = await cloud.create("Orders");
    await until(async () => (await cloud.stateOf(id)) === "404");
    expect(simulator.truth()).toMatchObject([{ outcome: "overdue" }]);
  });

  it("are listed newest first by state, and take the liberties that real answers take", async () => {
    const simulator = await simulate();
    const cloud = await openDataCloud(simulator);
    const created = [];
    for (let n = 0; n < 24; n += 1) created.push(await cloud.create(`Object${n}`));
    const answer = await cloud.call("GET", "v1/ingest/jobs?limit=5&offset=2&states=Open,InProgress");
    const { data } = (await answer.json()) as { data: DataCloudJob[] };
    expect(data.map(({ id }) => id)).toEqual(
      created
        .toReversed()
        .slice(2, 7)
        .map(({ id }) => id),
    );
    expect(created.some((job) => "states" in job && !("state" in job))).toBe(true);
    expect(new Set(created.map(({ apiVersion }) => apiVersion))).toEqual(new Set([1, "v1"]));
    expect(created.some((job) => "internalStatus" in job)).toBe(true);
  });
});

describe("the simulated Data Cloud's streaming", () => {
  const path = "v1/ingest/sources/web/Orders";

  it("takes records with a 202 that names nothing, and validates without taking", async () => {
    const simulator = await simulate();
    const cloud = await openDataCloud(simulator);
    const taken = await cloud.call("POST", path, { data: [{ id: 1 }, { id: 2 }] });
    expect(taken.status).toBe(202);
    expect(await taken.json()).toEqual({ accepted: true });
    expect((await cloud.call("POST", `${path}/actions/test`, { data: [{ id: 1 }] })).status).toBe(200);
    expect((await cloud.call("DELETE", `${path}?ids=1,2`)).status).toBe(202);
    expect(simulator.summary().salesforce.streamed).toEqual({ requests: 2, records: 2, deleted: 2 });
  });

  it("refuses what is too large, malformed, or too often", async () => {
    const simulator = await simulate({ salesforce: { maxStreamBytes: 100, requestsPerSecond: 6 } });
    const cloud = await openDataCloud(simulator);
    expect((await cloud.call("POST", path, { data: [{ note: "x".repeat(100) }] })).status).toBe(413);
    expect((await cloud.call("POST", path, { rows: [] })).status).toBe(400);
    const many = await Promise.all(Array.from({ length: 20 }, () => cloud.call("DELETE", `${path}?ids=1`)));
    const slow = many.find(({ status }) => status === 429);
    expect(slow?.headers.get("retry-after")).toBe("1");
  });

  it("fails on demand", async () => {
    const simulator = await simulate({ faults: { salesforce: { next: [503, "reset"] } } });
    const cloud = await openDataCloud(simulator);
    expect((await cloud.call("POST", path, { data: [{}] })).status).toBe(503);
    await expect(cloud.call("POST", path, { data: [{}] })).rejects.toThrow();
    expect((await cloud.call("POST", path, { data: [{}] })).status).toBe(202);
  });
});
