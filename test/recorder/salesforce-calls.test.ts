import { expect, it } from "vitest";
import { recordedFetch } from "../../src/recorder/recorder.ts";
import { type FakeService, openFakeService, openQuickRecorder } from "./recorder-rig.ts";

const TENANT = "https://tenant.c360a.salesforce.com/api/v1/ingest";
const HEADERS = { date: "Sun, 22 Nov 2026 02:00:00 GMT", "x-request-id": "not-a-job" };

/** Answers one after another. */
function answering(service: FakeService, ...answers: [status: number, body: unknown][]) {
  const recorder = openQuickRecorder(service, { correlation: { job: "backfill-90d" } });
  return recordedFetch(async (_input, init) => {
    expect(new Headers(init?.headers).get("x-correlation-id")).toBeNull();
    const [status, body] = answers.shift() ?? [202, { accepted: true }];
    return new Response(JSON.stringify(body), { status, headers: HEADERS });
  }, recorder);
}

it("a bulk job is one request of several calls, named by its id and placed where it began", async () => {
  const service = await openFakeService();
  const job = { id: "job-1", state: "Open", object: "Orders", createdDate: "2026-11-22T01:59:59.000+0000" };
  const send = answering(
    service,
    [201, job],
    [202, { accepted: true }],
    [200, { ...job, state: "UploadComplete" }],
  );
  const created = await send(`${TENANT}/jobs`, {
    method: "POST",
    body: JSON.stringify({ object: "Orders", sourceName: "web", operation: "upsert" }),
  });
  expect(await created.json()).toEqual(job);
  await send(`${TENANT}/jobs/job-1/batches`, { method: "PUT", body: "id,name\n1,a\n2,b\n" });
  await send(`${TENANT}/jobs/job-1`, { method: "PATCH", body: '{"state":"UploadComplete"}' });
  expect((await send(`${TENANT}/jobs/job-1`)).status).toBe(202);
  expect(await send.recorder.flush()).toBe(0);
  const base = {
    requestId: "job-1",
    target: "salesforce",
    instance: "tenant.c360a.salesforce.com",
    objectType: "bulk",
    objectName: "Orders",
    jobCreatedAt: "2026-11-22T01:59:59.000Z",
    correlationId: "backfill-90d",
  };
  const told = service.taken.toSorted((a, b) => (a.submittedAt < b.submittedAt ? -1 : 1));
  expect(told).toMatchObject([
    { ...base, operation: "upsert", records: 0, jobState: "Open", httpStatus: 201 },
    { ...base, operation: "upload", records: 2, bytes: 16, httpStatus: 202 },
    { ...base, operation: "close", records: 0, jobState: "UploadComplete", httpStatus: 200 },
  ]);
  expect(told[1]?.jobState).toBeUndefined();
});

it("a job that another process created is named by its address, and can be aborted", async () => {
  const service = await openFakeService();
  const send = answering(service, [200, {}]);
  await send(`${TENANT}/jobs/job-2`, { method: "PATCH", body: '{"state":"Aborted"}' });
  await send.recorder.flush();
  expect(service.taken).toMatchObject([{ requestId: "job-2", operation: "abort", jobState: "Aborted" }]);
});

it("a job that was refused is no job, and says why", async () => {
  const service = await openFakeService();
  const send = answering(service, [409, [{ errorCode: "CONFLICT", message: "one job at a time" }]]);
  await send(`${TENANT}/jobs`, { method: "POST", body: '{"object":"Orders","operation":"delete"}' });
  await send.recorder.flush();
  const [told] = service.taken;
  expect(told).toMatchObject({
    operation: "delete",
    httpStatus: 409,
    errorCode: "CONFLICT",
    errorMessage: "one job at a time",
  });
  expect(told?.requestId ?? told?.jobState).toBeUndefined();
});

it("a streaming request has no id of the upstream's, whatever the headers say", async () => {
  const service = await openFakeService();
  const send = answering(service);
  await send(`${TENANT}/sources/web/Orders`, { method: "POST", body: '{"data":[{"id":1},{"id":2}]}' });
  await send(`${TENANT}/sources/web/Orders?ids=a,b,c`, { method: "DELETE" });
  await send(`${TENANT}/sources/web/Orders`, { method: "DELETE", body: '{"ids":["a"]}' });
  await send(`${TENANT}/sources/web/Orders/actions/test`, { method: "POST", body: '{"data":[{}]}' });
  await send.recorder.flush();
  const told = service.taken.map(
    (one) => `${one.objectType} ${one.operation} ${one.records} ${one.requestId}`,
  );
  expect(told.toSorted()).toEqual([
    "streaming delete 1 undefined",
    "streaming delete 3 undefined",
    "streaming upsert 2 undefined",
  ]);
});
