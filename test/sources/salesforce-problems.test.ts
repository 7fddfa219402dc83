import { describe, expect, it } from "vitest";
import { createSalesforceProblems } from "../../src/sources/salesforce-problems.ts";
import { parseProblemCounts, problemStatement } from "../../src/sources/salesforce-problem-query.ts";
import { until } from "../e2e/until.ts";
import { csvOf } from "../simulator/data-cloud.ts";
import { cloud, halt, openTenant, reportedJob, simulator, start, statesOf, store } from "./salesforce-rig.ts";
import { counts } from "../counts.ts";
import { NO_COUNTS } from "../../src/core/record-counts.ts";

const TABLE = { object: "Orders", table: "PR_Orders__dll", timeColumn: "recorded_at__c" };
const QUICK = { queueMs: 60_000, processMs: 60_000 };

async function endedJob(object: string, problems: Record<string, number>): Promise<string> {
  const { id } = await reportedJob(object, { ...QUICK, problems });
  await cloud.upload(id, csvOf(5));
  await cloud.close(id);
  await until("the job is complete", () => statesOf(id).includes("JobComplete"));
  return id;
}

const countsOf = (id: string) =>
  [...store.facts.values()].flatMap((fact) =>
    fact.kind === "result" && fact.requestId === id ? [fact.failed] : [],
  );

describe("problem records", () => {
  it("are counted once for each job that has ended, by error code, also when there are none", async () => {
    await openTenant();
    start();
    start({ make: (parts) => createSalesforceProblems({ ...parts, tables: [TABLE] }) });
    const first = await endedJob("Orders", { INVALID_DATE: 2, TOO_LONG: 1 });
    await until("they are counted", () => countsOf(first).length > 0);
    const second = await endedJob("Orders", {});
    await until("they are counted", () => countsOf(second).length > 0);
    expect(countsOf(first)).toEqual([counts({ INVALID_DATE: 2, TOO_LONG: 1 })]);
    expect(countsOf(second)).toEqual([NO_COUNTS]);
  });

  it("of objects that are not set up are left alone; a query that fails is a fault, and asked again", async () => {
    await openTenant();
    start();
    const other = await endedJob("Customers", { INVALID_DATE: 1 });
    const id = await endedJob("Orders", { INVALID_DATE: 1 });
    await halt();
    simulator.setFaults({ salesforce: { next: [500, 429, "undecodable"] } });
    const source = start({ make: (parts) => createSalesforceProblems({ ...parts, tables: [TABLE] }) });
    await until("the fault is told", () => source.status().fault?.includes("problem records") === true);
    await until("they are counted", () => countsOf(id).length > 0);
    expect(countsOf(id)).toEqual([counts({ INVALID_DATE: 1 })]);
    expect(countsOf(other)).toEqual([]);
    await until("the fault is over", () => source.status().fault === null);
  });
});

describe("the answer to their query", () => {
  it.each([
    [
      "lists in the order of the metadata",
      {
        data: [[3, "A"]],
        metadata: { error_code__c: { placeInOrder: 1 }, rows_failed: { placeInOrder: 0 } },
      },
    ],
    ["lists without metadata", { data: [["A", 3]] }],
    ["objects", { data: [{ error_code__c: "A", rows_failed: "3" }], done: true }],
  ])("is read as %s", (_how, json) => {
    expect(parseProblemCounts(json)).toEqual(counts({ A: 3 }));
  });

  it("without a code counts all the same, and is none when it cannot be read", () => {
    expect(parseProblemCounts({ data: [[null, 2]] })).toEqual(counts({ unknown: 2 }));
    for (const json of [null, {}, { data: {} }, { data: [["A", "many"]] }, { data: [["A", -1]] }]) {
      expect(parseProblemCounts(json)).toBeUndefined();
    }
  });
});

it("a statement takes only names", () => {
  expect(problemStatement(TABLE, 0, 1)).toContain("FROM PR_Orders__dll WHERE recorded_at__c >= TIMESTAMP");
  for (const name of ["a b", "x;DROP", "", "1a", "a'"]) {
    expect(() => problemStatement({ ...TABLE, table: name }, 0, 1)).toThrow(RangeError);
    expect(() => problemStatement({ ...TABLE, timeColumn: name }, 0, 1)).toThrow(RangeError);
  }
});
