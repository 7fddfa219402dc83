import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { openRecordedSubmitter, type RecordedSubmitterOptions } from "../../src/cli/recorded-submitter.ts";
import type { SubmissionInput } from "../../src/core/submission.ts";
import type { Submitter } from "../../src/simulator/submitter.ts";
import { SCENARIO_NAMES } from "../../src/simulator/submitter/scenarios.ts";
import type { Simulator } from "../../src/simulator/simulator.ts";
import { FAST, quiet, resultsOf, simulate, until } from "./client.ts";

interface Service {
  url: string;
  accepted: SubmissionInput[];
  keys: (string | undefined)[];
  /** Decides on a batch; default 202. */
  answer: (batch: SubmissionInput[]) => number;
}

/** An after202 that only writes down what it is told. */
async function record(): Promise<Service> {
  const recorder: Service = { url: "", accepted: [], keys: [], answer: () => 202 };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const lines = Buffer.concat(chunks).toString().split("\n");
      const batch = lines.map((line) => JSON.parse(line) as SubmissionInput);
      const status = request.url === "/v1/submissions" ? recorder.answer(batch) : 404;
      if (status === 202) recorder.accepted.push(...batch);
      recorder.keys.push(request.headers.authorization);
      response.writeHead(status).end(JSON.stringify({ items: batch.map(() => ({ status: "stored" })) }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  recorder.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return recorder;
}

function submitTo(simulator: Simulator, options: Partial<RecordedSubmitterOptions>): Submitter {
  const submitter = openRecordedSubmitter({
    marketoUrl: simulator.marketoUrl,
    rate: 100,
    seed: 1,
    speed: FAST.speed,
    ...options,
  });
  onTestFinished(async () => void (await submitter.close(0)));
  return submitter;
}

describe("the submitting side", () => {
  it("plays every scenario, so that every outcome is to be seen", async () => {
    const simulator = await simulate();
    const recorder = await record();
    const submitter = submitTo(simulator, { after202Url: recorder.url, limit: SCENARIO_NAMES.length });
    await submitter.finished;
    await quiet(simulator);

    const { byOutcome } = simulator.summary().requests;
    for (const outcome of [
      "succeeded",
      "partially_failed",
      "failed",
      "exhausted",
      "overdue",
      "rejected",
    ] as const) {
      expect(byOutcome[outcome], outcome).toBeGreaterThan(0);
    }
    expect(byOutcome.pending).toBeUndefined();
    expect(simulator.truth().some(({ lost, linkBearing }) => linkBearing && lost > 0)).toBe(true);
    expect(simulator.truth().some(({ superseded }) => Object.keys(superseded).length > 0)).toBe(true);
  });

  it("reports each attempt with what an observer needs to know of it", async () => {
    const simulator = await simulate();
    const recorder = await record();
    const submitter = submitTo(simulator, {
      after202Url: recorder.url,
      apiKey: "key-1",
      scenarios: ["purchases", "rejected", "unconfirmed", "adopted", "foreign"],
      limit: 5,
    });
    await submitter.finished;
    await quiet(simulator);
    const told = new Map(recorder.accepted.map((submission) => [submission.requestId ?? "", submission]));
    expect(recorder.keys[0]).toBe("Bearer key-1");

    const purchase = recorder.accepted.find(({ objectName }) => objectName === "purchases");
    expect(purchase).toMatchObject({
      submissionId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      target: "marketo",
      objectType: "customObject",
      operation: "upsert",
      linkField: "email",
      httpStatus: 202,
      requestSource: "crm-sync",
      correlationId: expect.stringMatching(/^nightly-\d{4}-\d\d-\d\d\/\d+\/1-[0-9a-f]{12}$/),
    });
    expect(Date.parse(purchase?.serverTime ?? "")).toBeGreaterThan(0);

    const rejected = recorder.accepted.find(({ httpStatus }) => httpStatus === 429);
    expect(rejected).toMatchObject({ errorCode: "4290801", requestId: expect.any(String) });
    const again = recorder.accepted.find(({ previousSubmissionId }) => previousSubmissionId !== undefined);
    expect(again).toMatchObject({ previousSubmissionId: rejected?.submissionId, httpStatus: 202 });

    const unanswered = recorder.accepted.filter(({ httpStatus }) => httpStatus === undefined);
    expect(unanswered).toHaveLength(2);
    expect(
      unanswered.every(({ requestId, errorCode }) => requestId === undefined && errorCode !== undefined),
    ).toBe(true);
    const gotIn = simulator
      .truth()
      .filter(({ correlationId }) =>
        unanswered.some((submission) => submission.correlationId === correlationId),
      );
    expect(gotIn).toMatchObject([{ outcome: "succeeded", records: 17 }]);

    const foreign = simulator.truth().filter(({ requestSource }) => requestSource === "other-team");
    expect(foreign).toHaveLength(1);
    expect(told.has(foreign[0]?.requestId ?? "")).toBe(false);
    expect(await resultsOf(simulator, foreign[0]?.requestId ?? "")).toHaveLength(1);
  });

  it("keeps what it has to report while after202 is away, and loses nothing", async () => {
    const simulator = await simulate();
    const recorder = await record();
    let away = true;
    recorder.answer = () => (away ? 503 : 202);
    const submitter = submitTo(simulator, { after202Url: recorder.url, scenarios: ["web-form"], limit: 30 });
    await until(() => submitter.counters.accepted === 30);
    expect(submitter.unreported()).toBe(30);
    away = false;
    await submitter.finished;
    const reported = new Set(recorder.accepted.map(({ requestId }) => requestId));
    expect(reported).toEqual(new Set(simulator.truth().map(({ requestId }) => requestId)));
    expect(reported.size).toBe(30);
    expect(submitter.refused()).toBe(0);
  });

  it("gives up only the one submission that after202 calls wrong", async () => {
    const simulator = await simulate();
    const recorder = await record();
    recorder.answer = (batch) => (batch.some(({ errorCode }) => errorCode === "4000802") ? 422 : 202);
    const scenarios = ["web-form", "web-form", "invalid", "web-form", "web-form"] as const;
    const submitter = submitTo(simulator, { after202Url: recorder.url, scenarios, limit: 5, rate: 1_000 });
    await submitter.finished;
    expect([submitter.refused(), recorder.accepted.length]).toEqual([1, 4]);
  });

  it("submits the same for the same seed", async () => {
    const correlationsOf = async (seed: number): Promise<unknown[]> => {
      const simulator = await simulate();
      const recorder = await record();
      await submitTo(simulator, { after202Url: recorder.url, seed, limit: 40, rate: 500 }).finished;
      return recorder.accepted
        .filter(({ labels }) => labels === undefined)
        .map(({ correlationId, records }) => `${correlationId?.replace(/[^/]*$/, "")} ${records}`)
        .sort();
    };
    const first = await correlationsOf(5);
    expect(await correlationsOf(5)).toEqual(first);
    expect(await correlationsOf(6)).not.toEqual(first);
  });

  it("stops at once on its signal", async () => {
    const simulator = await simulate();
    const ending = new AbortController();
    const submitter = submitTo(simulator, { signal: ending.signal });
    await until(() => submitter.counters.submitted > 3);
    ending.abort();
    await submitter.finished;
    const { submitted } = submitter.counters;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(submitter.counters.submitted).toBe(submitted);
  });
});
