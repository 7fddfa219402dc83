import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { openService, type Service } from "./service.ts";
import type { EventReceipt } from "./service-api.ts";

const INSTANCE = "123-ABC-456";

let service: Service;
/** New for each test, so that tests share a store and nothing else. */
let requestId: string;
let correlationId: string;
beforeAll(async () => void (service = await openService("embedded")));
afterAll(() => service.close());
beforeEach(() => {
  requestId = randomUUID();
  correlationId = `nightly/${randomUUID()}`;
});

const ago = (ms: number): string => new Date(Date.now() - ms).toISOString();

/** A result of ten records, a minute ago, of a request two minutes ago. */
function result(changes: Record<string, unknown> = {}, records: Record<string, unknown> = {}) {
  return {
    id: randomUUID(),
    specversion: "1.0",
    type: "com.adobe.platform.marketo.observability.results",
    source: "urn:data_ingestion_service",
    time: ago(60_000),
    data: {
      munchkinId: INSTANCE,
      requests: [
        {
          requestId,
          requestTime: ago(120_000),
          clientId: "foo@marketo.com",
          correlationId,
          requestSource: "crm-sync",
          objectType: "person",
          priority: "normal",
          records: { received: 10, created: 10, updated: 0, failed: {}, ...records },
          ...changes,
        },
      ],
    },
  };
}

/** A submission two minutes ago, of ten records. */
function submission(changes: Record<string, unknown> = {}) {
  return {
    submissionId: randomUUID(),
    correlationId,
    requestSource: "crm-sync",
    target: "marketo",
    instance: INSTANCE,
    objectType: "person",
    operation: "upsert",
    records: 10,
    submittedAt: ago(120_000),
    ...changes,
  };
}

const answered = () => ({ requestId, httpStatus: 202, respondedAt: ago(119_900), serverTime: ago(120_000) });

async function relay(...events: object[]): Promise<void> {
  const { status, body } = await service.api.post<EventReceipt>("/v1/events", events);
  expect({ status, read: body.read, dead: body.dead }).toEqual({ status: 200, read: events.length, dead: 0 });
}

async function submit(...submissions: object[]): Promise<void> {
  expect((await service.api.post("/v1/submissions", submissions)).status).toBe(202);
}

it("answers for a request that nobody told of, from the stream alone", async () => {
  await relay(result());
  expect(await service.api.lifecycle(requestId)).toMatchObject({
    state: "succeeded",
    evidence: "observed",
    submittedAt: null,
    clientId: "foo@marketo.com",
    records: { expected: 10, created: 10, outstanding: 0 },
    anomalies: [],
  });
  const rollup = await service.api.correlation(correlationId);
  expect(rollup.requests).toEqual({ total: 1, byState: { succeeded: 1 } });
});

it("answers for an unknown request whose results say nothing of link fields until a link code comes", async () => {
  await relay(result({}, { received: 10, created: 6, updated: 0, failed: { "1004": 4 } }));
  expect(await service.api.lifecycle(requestId)).toMatchObject({
    state: "retrying", // link failures within the window settle nothing
    linkBearing: true,
    records: { failed: { "1004": 4 } },
  });
  expect((await service.api.correlation(correlationId)).settled).toBe(false);
});

it("answers the same whether results come before the submission or after it", async () => {
  const event = result();
  const sent = submission(answered());
  await relay(event);
  const before = await service.api.lifecycle(requestId);
  expect(before).toMatchObject({ state: "succeeded", submittedAt: null });
  await submit(sent);
  const after = await service.api.lifecycle(requestId);
  expect(after).toMatchObject({
    state: "succeeded",
    submittedAt: sent.submittedAt,
    operation: "upsert",
    records: { expected: 10, created: 10, outstanding: 0 },
  });
  expect((await service.api.correlation(correlationId)).requests.total).toBe(1);

  const turned = { id: randomUUID(), correlation: `nightly/${randomUUID()}` };
  await submit({ ...sent, requestId: turned.id, correlationId: turned.correlation });
  const [request] = event.data.requests;
  await relay({
    ...event,
    id: `${event.id}-again`,
    data: {
      ...event.data,
      requests: [{ ...request, requestId: turned.id, correlationId: turned.correlation }],
    },
  });
  const other = JSON.stringify(await service.api.lifecycle(turned.id))
    .replaceAll(turned.id, requestId)
    .replaceAll(turned.correlation, correlationId)
    .replaceAll(`${event.id}-again`, event.id);
  expect(JSON.parse(other)).toEqual(after);
});

it("waits for the rest when the submission tells of more records than the results did", async () => {
  await relay(result());
  await submit(submission({ ...answered(), records: 25 }));
  expect(await service.api.lifecycle(requestId)).toMatchObject({
    state: "processing",
    records: { expected: 25, created: 10, outstanding: 15 },
  });
});

it("says so when a result comes for a request that was rejected", async () => {
  await submit(submission({ ...answered(), httpStatus: 429, errorCode: "4290801" }));
  expect(await service.api.lifecycle(requestId)).toMatchObject({ state: "rejected" });
  await relay(result());
  expect(await service.api.lifecycle(requestId)).toMatchObject({
    state: "succeeded",
    anomalies: ["result_after_rejection"],
  });
});

it("keeps a submission without a response unconfirmed, found by its own id and by its correlation id", async () => {
  const sent = submission({ errorMessage: "socket hang up" });
  await submit(sent);
  expect(await service.api.lifecycle(sent.submissionId)).toMatchObject({
    requestId: sent.submissionId,
    state: "unconfirmed",
    terminal: false,
    records: { expected: 10, created: 0 },
  });
  const rollup = await service.api.correlation(correlationId);
  expect(rollup).toMatchObject({ settled: false, requests: { total: 1, byState: { unconfirmed: 1 } } });
});

it("joins it to the one request of the stream that fits, and answers for both ids with one request", async () => {
  const sent = submission({ errorMessage: "socket hang up" });
  await submit(sent);
  await relay(result());
  const adopted = await service.api.lifecycle(requestId);
  expect(adopted).toMatchObject({
    requestId,
    state: "succeeded",
    evidence: "inferred",
    submittedAt: sent.submittedAt,
    records: { expected: 10, created: 10 },
  });
  expect(adopted?.timeline.map((entry) => entry.type)).toEqual(
    expect.arrayContaining(["submitted", "unanswered", "adopted", "result", "settled"]),
  );
  expect(await service.api.lifecycle(sent.submissionId)).toEqual(adopted);
  const rollup = await service.api.correlation(correlationId);
  expect(rollup.requests).toEqual({ total: 1, byState: { succeeded: 1 } });
  expect(rollup.records).toMatchObject({ expected: 10, created: 10 });
  expect((await service.api.list({ correlationId })).map((one) => one.requestId)).toEqual([requestId]);
});

it.each([
  ["two requests fit", async () => relay(result(), result({ requestId: randomUUID() }))],
  ["the record count is another", async () => relay(result({}, { received: 11, created: 11 }))],
  ["the object type is another", async () => relay(result({ objectType: "company" }))],
  ["it began more than two minutes apart", async () => relay(result({ requestTime: ago(300_000) }))],
  [
    "the request has a submission of its own",
    async () => {
      await submit(submission(answered()));
      await relay(result());
    },
  ],
])("joins it to none when %s", async (_, arrive) => {
  const sent = submission();
  await submit(sent);
  await arrive();
  expect(await service.api.lifecycle(sent.submissionId)).toMatchObject({
    requestId: sent.submissionId,
    state: "unconfirmed",
  });
  expect(await service.api.lifecycle(requestId)).toMatchObject({ requestId, state: "succeeded" });
  expect((await service.api.correlation(correlationId)).requests.byState["unconfirmed"]).toBe(1);
});

it("joins neither of two submissions without a response to the one request", async () => {
  const [one, other] = [submission(), submission()];
  await submit(one, other);
  await relay(result());
  for (const { submissionId } of [one, other]) {
    expect(await service.api.lifecycle(submissionId)).toMatchObject({ state: "unconfirmed" });
  }
  expect((await service.api.correlation(correlationId)).requests).toEqual({
    total: 3,
    byState: { succeeded: 1, unconfirmed: 2 },
  });
});

it("parts them again when a second request turns up that fits as well", async () => {
  const sent = submission();
  await submit(sent);
  await relay(result());
  expect(await service.api.lifecycle(sent.submissionId)).toMatchObject({ requestId });
  await relay(result({ requestId: randomUUID() }));
  expect(await service.api.lifecycle(sent.submissionId)).toMatchObject({ state: "unconfirmed" });
});

it("joins it whichever of the request's results came last, also when the store has merged its index", async () => {
  const sent = submission();
  await submit(sent);
  await relay(result({}, { created: 4 }));
  // a result that does not say when the request began, long after it did
  const later = { ...result({ requestTime: undefined }, { created: 6 }), time: ago(-1_800_000) };
  await relay(later);
  await service.app.store.client.command("OPTIMIZE TABLE requests_by_correlation FINAL");
  const adopted = await service.api.lifecycle(requestId);
  expect(adopted).toMatchObject({ state: "succeeded", evidence: "inferred", submittedAt: sent.submittedAt });
  expect(await service.api.lifecycle(sent.submissionId)).toEqual(adopted);
});

it("knows neither ids that nobody named nor correlations", async () => {
  const request = await service.api.get<{ error: { code: string } }>(`/v1/requests/${requestId}`);
  expect([request.status, request.body.error.code]).toEqual([404, "REQUEST_UNKNOWN"]);
  const path = `/v1/correlations/${encodeURIComponent(correlationId)}`;
  const correlation = await service.api.get<{ error: { code: string } }>(path);
  expect([correlation.status, correlation.body.error.code]).toEqual([404, "CORRELATION_UNKNOWN"]);
});
