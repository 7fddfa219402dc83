import { describe, expect, it } from "vitest";
import { fastClock } from "../pipeline/test-clock.ts";
import { until } from "../e2e/until.ts";
import { createSalesforceToken } from "../../src/sources/salesforce-token.ts";
import { SIMULATED } from "../../src/simulator/options.ts";
import { csvOf } from "../simulator/data-cloud.ts";
import {
  cloud,
  factsOf,
  halt,
  instance,
  log,
  openTenant,
  reportedJob,
  simulator,
  start,
  statesOf,
  store,
} from "./salesforce-rig.ts";

const QUICK = { queueMs: 300_000, processMs: 300_000 };

/** Closed, with one small file in it. */
async function closedJob(object: string, directive: object = QUICK): Promise<string> {
  const { id } = await reportedJob(object, directive);
  await cloud.upload(id, csvOf(3));
  await cloud.close(id);
  return id;
}

const ended = (id: string, state = "JobComplete"): Promise<void> =>
  until(`job ${id} is ${state}`, () => statesOf(id).includes(state));

describe("bulk jobs", () => {
  it("are watched from open to complete, each state and every retry a fact of its own", async () => {
    await openTenant();
    const source = start();
    const id = await closedJob("Orders", { ...QUICK, retries: 1 });
    await ended(id);
    expect(statesOf(id)).toEqual(expect.arrayContaining(["Open", "InProgress", "JobComplete"]));
    const last = factsOf(id).find((fact) => fact.jobState === "JobComplete");
    expect(last).toMatchObject({
      instance: instance(),
      objectName: "Orders",
      operation: "upsert",
      retries: 1,
    });
    expect(source.status()).toMatchObject({ name: "salesforce-jobs", path: "poll", fault: null });
  });

  it("are dated by the service, so that a restart makes no second fact of one state", async () => {
    await openTenant();
    const id = await closedJob("Orders", { queueMs: 300_000, processMs: 1_200_000 });
    start();
    await until("it is taken up", () => statesOf(id).includes("InProgress"));
    await halt();
    const before = factsOf(id).length;
    start();
    await ended(id);
    expect(factsOf(id).filter((fact) => fact.jobState === "InProgress")).toHaveLength(1);
    expect(factsOf(id).length).toBe(before + 1);
  });

  it("that failed or were aborted are told as that, and asked for no more", async () => {
    await openTenant();
    start();
    const failed = await closedJob("A", { ...QUICK, fail: true });
    const { id: aborted } = await reportedJob("B");
    await cloud.call("PATCH", `v1/ingest/jobs/${aborted}`, { state: "Aborted" });
    await ended(failed, "Failed");
    await ended(aborted, "Aborted");
    expect(simulator.truth().map(({ outcome }) => outcome)).toEqual(["failed", "aborted"]);
  });

  it("that the service no longer knows are gone: said once, and asked for no more", async () => {
    await openTenant({ salesforce: { keepMs: 120_000 } });
    start();
    const { id } = await reportedJob("Orders");
    await ended(id, "Gone");
    const { id: other } = await reportedJob("Customers");
    await ended(other, "Gone");
    expect(factsOf(id).filter((fact) => fact.jobState === "Gone")).toHaveLength(1);
  });

  it("of a single missing answer are not gone", async () => {
    await openTenant();
    const id = await closedJob("Orders");
    simulator.setFaults({ salesforce: { next: [404, 404] } });
    start();
    await ended(id);
    expect(statesOf(id)).not.toContain("Gone");
  });

  it("of another tenant are left alone", async () => {
    await openTenant();
    const { id } = await reportedJob("Orders");
    for (const fact of store.facts.values()) Object.assign(fact, { instance: "other.c360a.salesforce.com" });
    start();
    const own = await closedJob("Customers");
    await ended(own);
    expect(statesOf(id)).toEqual(["Open"]);
  });

  it("that nobody reported are found when all are watched", async () => {
    await openTenant();
    const ids: string[] = [];
    for (let n = 0; n < 120; n += 1) ids.push((await cloud.create(`Object${n}`)).id);
    start({ discover: true });
    await until("all are met", () => ids.every((id) => statesOf(id).includes("Open")));
    const [first = ""] = ids;
    await cloud.close(first);
    await ended(first);
  });
});

describe("access to Data Cloud", () => {
  it("is by a signed login, and a token that expires or is revoked is replaced without a word", async () => {
    await openTenant({ salesforce: { expiresInSeconds: 3_600 } });
    const token = createSalesforceToken({
      loginUrl: simulator.salesforceUrl,
      orgUrl: undefined,
      credentials: {
        kind: "jwt",
        clientId: SIMULATED.salesforceClientId,
        username: SIMULATED.salesforceUsername,
        privateKey: simulator.salesforcePrivateKey(),
      },
      clock: fastClock(),
    });
    const source = start({}, token);
    const id = await closedJob("Orders", { queueMs: 300_000, processMs: 1_200_000 });
    await until("it is taken up", () => statesOf(id).includes("InProgress"));
    const issued = simulator.summary().salesforce.tokensIssued;
    await fetch(`${simulator.origin}/_simulator/revoke`, { method: "POST" });
    await ended(id);
    expect(simulator.summary().salesforce.tokensIssued).toBe(issued + 1);
    expect(source.status().fault).toBeNull();
    expect(log.filter(({ level }) => level === "warn")).toEqual([]);
  });

  it("that is not granted is a fault that is told, and tried again for ever", async () => {
    await openTenant();
    simulator.setFaults({ salesforceToken: { statuses: { "400": 1 } } });
    const source = start();
    await until("the fault is told", () => source.status().fault?.includes("/services/a360/token") === true);
    expect(source.status().state).toBe("retrying");
    simulator.setFaults({ salesforceToken: { statuses: {} } });
    await until("it is over", () => source.status().fault === null && source.status().state !== "retrying");
  });
});

describe("faults of Data Cloud", () => {
  it("are waited out, whatever they are: 429, 500, resets, answers that are cut off", async () => {
    await openTenant();
    const id = await closedJob("Orders", { queueMs: 600_000, processMs: 600_000 });
    simulator.setFaults({
      salesforce: { next: [429, 500, 503, "reset", "undecodable", "lose-response"] },
    });
    start();
    await ended(id);
    expect(log.filter(({ level }) => level === "warn").length).toBeGreaterThan(0);
  });

  it("429 is heeded: nothing is asked before Retry-After", async () => {
    await openTenant({ salesforce: { retryAfterSeconds: 1 } });
    const id = await closedJob("Orders");
    simulator.setFaults({ salesforce: { next: [429] } });
    const began = Date.now();
    start();
    await ended(id);
    expect(Date.now() - began).toBeGreaterThanOrEqual(990);
  });

  it("a store that is away loses nothing: what was seen is stored when it is back", async () => {
    await openTenant();
    const id = await closedJob("Orders");
    store.away = new Error("away");
    const source = start();
    await until("it is told", () => source.status().fault !== null);
    await until("the job is over", () => simulator.summary().idle);
    store.away = undefined;
    await ended(id);
  });
});
