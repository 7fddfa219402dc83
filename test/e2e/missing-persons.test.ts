import { createHmac, randomUUID } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import type { MissingPersonsJson } from "../../src/core/missing-persons-json.ts";
import { SIMULATED } from "../../src/simulator/options.ts";
import { openSimulator, type Simulator } from "../../src/simulator/simulator.ts";
import { runCli } from "../cli/run-cli.ts";
import { environmentOf, openService, type Service } from "./service.ts";
import { until } from "./until.ts";

/** The window of 65 minutes is over after a bit more than a minute: long after everything here has been asked. */
const SPEED = 60;

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

const emails = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, n) => `person-${from + n}@x.example`);
const digestOf = (email: string): string =>
  createHmac("sha256", "a secret of the submitter").update(email).digest("hex");
const digestsOf = (list: readonly string[]): string[] => list.map(digestOf).sort();

interface Stage {
  readonly service: Service;
  /** Sends to Marketo, and gives the submission that tells of it. */
  send(path: string, body: object, told: object): Promise<{ requestId: string }>;
  tell(...submissions: object[]): Promise<void>;
}

async function openStage(): Promise<Stage> {
  const simulator: Simulator = await openSimulator({ speed: SPEED, seed: 7 });
  closers.push(() => simulator.close());
  const service = await openService("embedded", environmentOf(simulator));
  closers.push(() => service.close());
  return {
    service,
    async send(path, body, told) {
      const submittedAt = new Date().toISOString();
      const response = await fetch(`${simulator.marketoUrl}/subscriptions/${SIMULATED.instance}${path}`, {
        method: "POST",
        headers: { "content-type": "application/json", "x-mkto-user-token": SIMULATED.userToken },
        body: JSON.stringify(body),
      });
      expect(response.status).toBe(202);
      return {
        submissionId: randomUUID(),
        requestId: response.headers.get("x-request-id") ?? "",
        target: "marketo",
        instance: SIMULATED.instance,
        operation: "upsert",
        submittedAt,
        httpStatus: response.status,
        ...told,
      };
    },
    async tell(...submissions) {
      const { status, body } = await service.api.post("/v1/submissions", submissions);
      expect([status, body]).toEqual([202, expect.objectContaining({ invalid: 0 })]);
    },
  };
}

function persons(stage: Stage, list: readonly string[]): ReturnType<Stage["send"]> {
  const body = { persons: list.map((email) => ({ email })) };
  const told = { objectType: "person", records: list.length, personKeys: list.map(digestOf) };
  return stage.send("/persons", body, told);
}

function purchases(stage: Stage, list: readonly string[]): ReturnType<Stage["send"]> {
  const body = { customObjects: list.map((email, n) => ({ email, orderId: String(n) })) };
  return stage.send("/customobjects/purchases", body, {
    objectType: "customObject",
    objectName: "purchases",
    linkField: "email",
    records: list.length,
    linkKeys: list.map(digestOf),
  });
}

describe("a hundred custom objects, twelve of them without a person", () => {
  it("names exactly these twelve before the window closes, and seven when five have been upserted", async () => {
    const stage = await openStage();
    const { service } = stage;
    const there = await persons(stage, emails(12, 100));
    await until("the persons are there", async () => {
      await stage.tell(there);
      return (await service.api.lifecycle(there.requestId))?.state === "succeeded";
    });
    const linked = await purchases(stage, emails(0, 100));
    await stage.tell(linked, there, linked); // in any order, and again
    const path = `/v1/requests/${linked.requestId}/missing-persons`;
    const missing = async (): Promise<MissingPersonsJson> =>
      (await service.api.get<MissingPersonsJson>(path)).body;
    const namedNow = async (): Promise<string[]> => (await missing()).items.map((one) => one.digest);

    expect(await namedNow()).toEqual(digestsOf(emails(0, 12)));
    await until("all others got in", async () => (await missing()).waitingRecords === 12);
    const told = await missing();
    expect(told).toMatchObject({ known: true, linkValues: 100, missing: 12 });
    expect(told.remainingMs).toBeGreaterThan(0);
    expect((await service.api.lifecycle(linked.requestId))?.missingPersons).toBe(12);

    const status = await runCli(["status", linked.requestId], { env: { AFTER202_URL: service.url } });
    expect(status.stdout).toMatch(/^12 of 100 have no person yet; \d+ (second|minute)s? left$/m);
    for (const digest of told.items) expect(status.stdout).toContain(`  ${digest.digest}\n`);

    await stage.tell(await persons(stage, emails(0, 5)));
    expect(await namedNow()).toEqual(digestsOf(emails(5, 12)));
    await stage.tell(there, linked);
    expect(await namedNow()).toEqual(digestsOf(emails(5, 12)));
    expect((await service.api.lifecycle(linked.requestId))?.missingPersons).toBe(7);
  });
});
