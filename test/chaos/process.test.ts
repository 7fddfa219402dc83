import { once } from "node:events";
import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, expect, it } from "vitest";
import { makeDataDir, openService, QUIET, removeDataDir } from "../e2e/service.ts";
import { serviceApi } from "../e2e/service-api.ts";
import { until } from "../e2e/until.ts";
import { resultsEvent } from "../pipeline/sample-events.ts";
import { createServiceProcess, runService, type ServiceProcess } from "./service-process.ts";

let dataDir: string;
let service: ServiceProcess;

beforeEach(async () => {
  dataDir = await makeDataDir();
  service = await createServiceProcess({ ...QUIET, DATA_DIR: dataDir });
  await service.start();
});
afterEach(async () => {
  await service.kill();
  await removeDataDir(dataDir);
});

it("refuses a second process on the same DATA_DIR, and the first goes on", async () => {
  await expect(openService("embedded", { DATA_DIR: dataDir })).rejects.toMatchObject({
    code: "DATA_DIR_LOCKED",
  });

  const second = runService({ ...QUIET, DATA_DIR: dataDir });
  let said = "";
  second.stderr?.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const [code] = (await once(second, "close")) as [number | null];
  expect(code).toBeGreaterThan(0);
  expect(said).toContain(dataDir);
  expect(said).toContain("CLICKHOUSE_URL");

  expect((await serviceApi(service.url).get("/readyz")).status).toBe(200);
});

it("gives the DATA_DIR back when it is stopped, and when it is killed", async () => {
  expect(await service.stop()).toBe(0);
  await service.start();
  await service.kill();
  await service.start();
  expect((await serviceApi(service.url).get("/readyz")).status).toBe(200);
});

it("drains when it is told to stop: what it acknowledged is there, and what it did not was refused", async () => {
  const api = serviceApi(service.url);
  const acknowledged: string[] = [];
  const refused: number[] = [];
  let stopping = false;

  const send = async (): Promise<void> => {
    while (!stopping) {
      const id = randomUUID();
      const sent = {
        submissionId: randomUUID(),
        requestId: `s-${id}`,
        httpStatus: 202,
        target: "marketo",
        instance: "123-ABC-456",
        objectType: "person",
        operation: "upsert",
        records: 1,
        submittedAt: new Date().toISOString(),
      };
      const event = resultsEvent(id, { requestId: `e-${id}` });
      const given = await Promise.all([
        statusOf(api.post("/v1/submissions", sent)),
        statusOf(api.post("/v1/events", event)),
      ]);
      for (const [index, status] of given.entries()) {
        if (status === 200 || status === 202) acknowledged.push(`${index === 0 ? "s" : "e"}-${id}`);
        else refused.push(status);
      }
      if (refused.length > 0) return;
    }
  };
  const senders = Array.from({ length: 16 }, send);
  await until("the service is busy", () => acknowledged.length > 300);
  const before = acknowledged.length;
  const asked = Date.now();
  const code = await service.stop();
  const tookMs = Date.now() - asked;
  stopping = true;
  await Promise.all(senders);

  expect(code).toBe(0);
  expect(tookMs).toBeLessThan(15_000); // idle connections of clients do not hold it up
  expect(acknowledged.length).toBeGreaterThanOrEqual(before);
  // no answer at all (0), or one that asks to send it again
  expect(refused.every((status) => status === 0 || status === 503)).toBe(true);

  await service.start();
  const known = new Set((await api.list()).map((one) => one.requestId));
  expect(acknowledged.filter((requestId) => !known.has(requestId))).toEqual([]);
}, 90_000);

/** 0 where there was no answer. */
function statusOf(answer: Promise<{ readonly status: number }>): Promise<number> {
  return answer.then(
    ({ status }) => status,
    () => 0,
  );
}
