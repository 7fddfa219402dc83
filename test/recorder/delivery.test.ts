import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { After202Error } from "../../src/core/errors.ts";
import { until } from "../e2e/until.ts";
import { freshSpool, openFakeService, openQuickRecorder, submissionOf } from "./recorder-rig.ts";

const many = (count: number) => Array.from({ length: count }, (_, i) => submissionOf(`r-${i}`));

describe("what was recorded", () => {
  it("is delivered in few calls, each submission once", async () => {
    const service = await openFakeService();
    const recorder = openQuickRecorder(service, { lingerMs: 20 });
    for (const submission of many(5_000)) recorder.record(submission);
    expect(await recorder.flush()).toBe(0);
    expect(new Set(service.taken.map((one) => one.requestId)).size).toBe(5_000);
    expect(service.taken).toHaveLength(5_000);
    expect(service.calls).toBeLessThan(10);
    expect(recorder.stats()).toMatchObject({ recorded: 5_000, delivered: 5_000, pending: 0, spoolBytes: 0 });
  });

  it.each([401, 403, 429, 500, 503, 302, 204])(
    "waits while the service answers %i, and follows later",
    async (status) => {
      const service = await openFakeService();
      const faults: (string | undefined)[] = [];
      const onFault = (fault: After202Error | null): void => void faults.push(fault?.code);
      service.answer = () =>
        service.calls < 4 ? { status, body: '{"error":{"code":"KEY_INVALID"}}' } : undefined;
      const recorder = openQuickRecorder(service, { onFault });
      recorder.record(submissionOf("r-1"));
      await until("it is delivered", () => service.taken.length === 1);
      expect(await recorder.flush()).toBe(0);
      expect(faults).toEqual([expect.any(String), undefined]); // told once, and once when it was over
      expect(recorder.stats().fault).toBeNull();
    },
  );

  it("waits while there is no service at all, and does not wait longer than a flush may", async () => {
    const service = await openFakeService();
    const recorder = openQuickRecorder(service, { url: "http://127.0.0.1:1" });
    recorder.record(submissionOf("r-1"));
    await until("it has been tried", () => recorder.stats().fault === "SERVICE_UNREACHABLE");
    expect(await recorder.flush(50)).toBe(1);
    expect(recorder.stats().pending).toBe(1);
    expect(await recorder.close(50)).toBe(1);
  });

  it("is not taken for delivered when something else answers in the service's place", async () => {
    const service = await openFakeService();
    service.answer = () => ({ status: 200, body: "<html>please log in</html>" });
    const recorder = openQuickRecorder(service);
    recorder.record(submissionOf("r-1"));
    expect(await recorder.flush(100)).toBe(1);
  });

  it("is written down and counted where the service calls it wrong, and the others are delivered", async () => {
    const service = await openFakeService();
    service.refuses = (submission) => submission.requestId === "r-3";
    const spoolDir = freshSpool();
    const recorder = openQuickRecorder(service, { spoolDir, lingerMs: 20 });
    for (const submission of many(6)) recorder.record(submission);
    expect(await recorder.flush()).toBe(0);
    expect(recorder.stats()).toMatchObject({ delivered: 5, refused: 1, pending: 0 });
    const [line = ""] = readFileSync(join(spoolDir, "refused.ndjson"), "utf8").split("\n");
    expect(JSON.parse(line)).toMatchObject({
      error: { code: "INPUT_INVALID" },
      submission: { requestId: "r-3" },
    });
  });

  it("is given up only by itself where the service does not say which one is wrong", async () => {
    const service = await openFakeService();
    service.answer = (all) => (all.some((one) => one.requestId === "r-3") ? 413 : undefined);
    const recorder = openQuickRecorder(service, { lingerMs: 20 });
    for (const submission of many(6)) recorder.record(submission);
    expect(await recorder.flush()).toBe(0);
    expect(service.taken.map((one) => one.requestId)).toEqual(["r-0", "r-1", "r-2", "r-4", "r-5"]);
    expect(recorder.stats()).toMatchObject({ delivered: 5, refused: 1 });
  });

  it("sends the key to nobody that the service redirects to", async () => {
    const service = await openFakeService();
    const other = await openFakeService();
    service.answer = () => ({ status: 307, body: "" });
    const recorder = openQuickRecorder(service);
    recorder.record(submissionOf("r-1"));
    expect(await recorder.flush(60)).toBe(1);
    expect(other.calls).toBe(0);
  });
});
