/** Submissions: read, checked field by field, answered once durable. */
import { describe, expect, it } from "vitest";
import { After202Error } from "../../src/core/errors.ts";
import type { SubmissionInput } from "../../src/core/submission.ts";
import { startApi } from "./api-fixture.ts";
import { START, submissionInput } from "./facts.ts";

const uuid = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;
const NDJSON = { "content-type": "application/x-ndjson" };

describe("POST /v1/submissions", () => {
  it("stores one, and says under which request", async () => {
    const api = await startApi();
    const { status, body } = await api.post("/v1/submissions", submissionInput());
    expect(status).toBe(202);
    expect(body).toEqual({
      items: [{ submissionId: submissionInput().submissionId, requestId: "r-1", status: "stored" }],
      stored: 1,
      invalid: 0,
    });
    expect((await api.call("/v1/requests/r-1")).body).toMatchObject({
      state: "accepted",
      records: { expected: 100 },
    });
  });

  it("files a submission without a response under its own id", async () => {
    const api = await startApi();
    const { requestId: _, httpStatus: __, ...unanswered } = submissionInput({ errorCode: "ECONNRESET" });
    const { body } = await api.post("/v1/submissions", unanswered);
    expect(body.items[0].requestId).toBe(unanswered.submissionId);
    expect((await api.call(`/v1/requests/${unanswered.submissionId}`)).body.state).toBe("unconfirmed");
  });

  it("counts a submission that is sent twice once", async () => {
    const api = await startApi();
    await api.post("/v1/submissions", submissionInput());
    await api.post("/v1/submissions", [submissionInput(), submissionInput()]);
    const { body } = await api.call("/v1/requests/r-1");
    expect(body.timeline.map((entry: { type: string }) => entry.type)).toEqual(["submitted", "accepted"]);
  });

  it("passes link and person digests on", async () => {
    const api = await startApi();
    await api.post("/v1/submissions", submissionInput({ linkKeys: ["a1b2", "Zz_-9"], personKeys: ["ff"] }));
    expect(api.store.linkKeys.map(({ digest, role, requestId }) => [digest, role, requestId])).toEqual([
      ["a1b2", "link", "r-1"],
      ["Zz_-9", "link", "r-1"],
      ["ff", "person", "r-1"],
    ]);
  });

  it.each(["application/x-ndjson", "application/jsonl", "application/x-ndjson; charset=utf-8"])(
    "reads one a line as %s, and tells of each",
    async (mediaType) => {
      const api = await startApi();
      const lines = [
        JSON.stringify(submissionInput({ submissionId: uuid(1), requestId: "r-1" })),
        "",
        '{"cut off',
        JSON.stringify(submissionInput({ submissionId: uuid(2), requestId: "r-2", records: -1 })),
        `${JSON.stringify(submissionInput({ submissionId: uuid(3), requestId: "r-3" }))}\r`,
      ];
      const { status, body } = await api.post("/v1/submissions", lines.join("\n"), {
        "content-type": mediaType,
      });
      expect(status).toBe(202);
      expect([body.stored, body.invalid]).toEqual([2, 2]);
      expect(body.items).toMatchObject([
        { requestId: "r-1", status: "stored" },
        { index: 1, status: "invalid", error: { code: "INPUT_UNREADABLE" } },
        { index: 2, status: "invalid", error: { code: "INPUT_INVALID", details: [{ field: "records" }] } },
        { requestId: "r-3", status: "stored" },
      ]);
    },
  );

  it("stores the valid ones of several", async () => {
    const api = await startApi();
    const { status, body } = await api.post("/v1/submissions", [submissionInput(), 7]);
    expect([status, body.stored, body.invalid]).toEqual([202, 1, 1]);
    expect(api.store.facts.size).toBe(1);
  });

  it("refuses the call when none of several is valid, and tells of each", async () => {
    const api = await startApi();
    const { status, body } = await api.post("/v1/submissions", [{}, null]);
    expect([status, body.error.code]).toEqual([400, "INPUT_INVALID"]);
    expect(body.error.details.items.map((one: { index: number }) => one.index)).toEqual([0, 1]);
  });

  it("tells all faults of a submission at once", async () => {
    const api = await startApi();
    const { body } = await api.post("/v1/submissions", {
      submissionId: "no uuid",
      requestId: "r-1",
      target: "hubspot",
      instance: "",
      operation: "upsert",
      records: 1.5,
      submittedAt: "yesterday",
      colour: "red",
      labels: { job: 7 },
    });
    expect(body.error.details.map((fault: { field: string }) => fault.field).sort()).toEqual([
      "colour",
      "instance",
      "labels.job",
      "objectType",
      "records",
      "submissionId",
      "submittedAt",
      "target",
    ]);
  });

  it.each([
    ["records", { records: 100_000_001 }],
    ["records", { records: -1 }],
    ["submittedAt", { submittedAt: "2026-02-30T00:00:00Z" }],
    ["submittedAt", { submittedAt: "1999-12-31T23:59:59Z" }],
    ["respondedAt", { respondedAt: "2026-11-22 02:00:00" }],
    ["serverTime", { serverTime: "Sun, 22 Nov 26 02:00:00" }],
    ["httpStatus", { httpStatus: 99 }],
    ["jobState", { jobState: "Open" }],
    ["jobState", { target: "salesforce", jobState: "Gone" }],
    ["jobCreatedAt", { target: "salesforce", jobCreatedAt: "yesterday" }],
    ["correlationId", { correlationId: "x".repeat(256) }],
    ["requestSource", { requestSource: "x".repeat(51) }],
    ["requestId", { requestId: "x".repeat(1_025) }],
    ["labels", { labels: Object.fromEntries(Array.from({ length: 33 }, (_, n) => [`l${n}`, ""])) }],
    ["labels.long", { labels: { long: "x".repeat(257) } }],
    ["labels.a\nb", { labels: { "a\nb": 7 as unknown as string } }],
    ["linkKeys", { linkKeys: Array.from({ length: 1_001 }, () => "aa") }],
    ["linkKeys[1]", { linkKeys: ["aa", "jane@example.org"] }],
    ["personKeys[0]", { personKeys: ["x".repeat(129)] }],
    ["errorMessage", { errorMessage: "half \uD83D of a pair" }],
    ["labels.half", { labels: { half: "\uDE00" } }],
    ["__proto__", JSON.parse('{"__proto__": {"admin": true}}') as object],
  ])("refuses a bad %s", async (field, over) => {
    const api = await startApi();
    const body = JSON.stringify(submissionInput()).slice(0, -1) + `,${JSON.stringify(over).slice(1)}`;
    const answer = await api.post("/v1/submissions", body);
    expect([answer.status, answer.body.error.code]).toEqual([400, "INPUT_INVALID"]);
    expect(answer.body.error.details.map((fault: { field: string }) => fault.field)).toEqual([field]);
    expect(api.store.facts.size).toBe(0);
  });

  it.each([
    ["an HTTP date", { serverTime: "Sun, 22 Nov 2026 02:00:01 GMT" }],
    ["a time with an offset", { submittedAt: "2026-11-22T03:00:00.123456+01:00" }],
    ["no records", { records: 0 }],
    ["the most records", { records: 100_000_000 }],
    ["a pair of surrogates", { labels: { "😀": "😀" } }],
    ["a Salesforce stream without a request id", { target: "salesforce" as const, httpStatus: 202 }],
  ])("takes %s", async (_what, over) => {
    const api = await startApi();
    expect((await api.post("/v1/submissions", submissionInput(over))).status).toBe(202);
  });

  it.each([
    ["an empty body", ""],
    ["what is cut off", '{"submissionId":'],
    ["what is not UTF-8", new Uint8Array([0x22, 0xff, 0x22])],
  ])("answers INPUT_UNREADABLE for %s", async (_what, body) => {
    const api = await startApi();
    const answer = await api.post("/v1/submissions", body);
    expect([answer.status, answer.body.error.code]).toEqual([400, "INPUT_UNREADABLE"]);
  });

  it("refuses none, and more than 10,000", async () => {
    const api = await startApi();
    expect((await api.post("/v1/submissions", [])).body.error.code).toBe("INPUT_INVALID");
    expect((await api.post("/v1/submissions", "\n\n", NDJSON)).body.error.code).toBe("INPUT_INVALID");
    expect((await api.post("/v1/submissions", "{}\n".repeat(10_001), NDJSON)).body.error.code).toBe(
      "INPUT_INVALID",
    );
  });

  it("takes the calls of a bulk job as one request, whose states they tell", async () => {
    const api = await startApi();
    const call = (n: number, operation: string, over: Partial<SubmissionInput>) =>
      submissionInput({
        submissionId: uuid(n),
        requestId: "job-1",
        target: "salesforce",
        objectType: "bulk",
        records: 0,
        jobCreatedAt: new Date(START).toISOString(),
        operation,
        ...over,
      });
    const { body } = await api.post("/v1/submissions", [
      call(1, "upsert", { httpStatus: 201, jobState: "Open" }),
      call(2, "upload", { records: 70, bytes: 7_000 }),
      call(3, "upload", { records: 30, bytes: 3_000 }),
      call(4, "close", { httpStatus: 200, jobState: "UploadComplete" }),
    ]);
    expect(body).toMatchObject({ stored: 4, invalid: 0 });
    expect((await api.call("/v1/requests/job-1")).body).toMatchObject({
      state: "processing",
      operation: "upsert",
      records: { expected: 100, outstanding: 100 },
      job: { state: "UploadComplete", retries: 0, uploads: 2, bytes: 10_000 },
      retry: null,
    });
  });

  it("takes 10,000 at once", async () => {
    const api = await startApi();
    const lines = Array.from({ length: 10_000 }, (_, n) =>
      JSON.stringify(submissionInput({ submissionId: uuid(n), requestId: `r-${n}` })),
    );
    const { body } = await api.post("/v1/submissions", lines.join("\n"), NDJSON);
    expect([body.stored, api.store.facts.size]).toEqual([10_000, 10_000]);
  });

  it("answers BODY_TOO_LARGE over 16 MB", async () => {
    const api = await startApi();
    const { status, body } = await api.post("/v1/submissions", " ".repeat(16 * 1_048_576 + 1));
    expect([status, body.error.code]).toEqual([413, "BODY_TOO_LARGE"]);
  });

  it("answers MEDIA_TYPE_UNSUPPORTED for other types, and for compressed bodies", async () => {
    const api = await startApi();
    for (const headers of [{ "content-type": "text/csv" }, { "content-encoding": "gzip" }]) {
      const { status, body } = await api.post("/v1/submissions", submissionInput(), headers);
      expect([status, body.error.code]).toEqual([415, "MEDIA_TYPE_UNSUPPORTED"]);
    }
  });

  it.each(["BUFFER_FULL", "STORE_UNAVAILABLE", "SHUTTING_DOWN"] as const)(
    "answers 503 with Retry-After when the intake rejects with %s",
    async (code) => {
      const api = await startApi();
      api.store.fault = new After202Error(code, "not now");
      const { status, body, headers } = await api.post("/v1/submissions", submissionInput());
      expect([status, body.error.code]).toEqual([503, code]);
      expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
    },
  );
});
