import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { lifecycleSettings } from "../../src/core/lifecycle-settings.ts";
import { FakeJournal } from "../sources/fake-journal.ts";
import { openClickHouseEndpoint } from "../store/clickhouse-endpoint.ts";
import { type AdobeStandIn, openAdobeStandIn } from "./adobe-stand-in.ts";
import { makeDataDir, openService, QUIET, removeDataDir, type Service } from "./service.ts";
import { answersByFold, type Story, story } from "./story.ts";
import { payloadsOf, type Step, transcript } from "./transcript.ts";
import { until } from "./until.ts";

const SETTINGS = new Map([["", lifecycleSettings()]]);
const HOUR = 3_600_000;
/** Long settled, so that an answer does not change while it is looked at. */
const BASE = Math.floor(Date.now() / HOUR) * HOUR - 7 * 24 * HOUR;

const TRANSPORTS = ["journal", "webhook", "relay"] as const;
type Transport = (typeof TRANSPORTS)[number];

interface Stage {
  readonly journal: FakeJournal;
  readonly adobe: AdobeStandIn;
  services: Service[];
  /** Ends the services and opens them again on what they have stored. */
  reopen(): Promise<void>;
  close(): Promise<void>;
}

/** @param count services on one store; more than one share a store over HTTP */
async function openStage(count: number): Promise<Stage> {
  const journal = new FakeJournal();
  await journal.open();
  const adobe = await openAdobeStandIn();
  const dataDir = await makeDataDir();
  const endpoint = count > 1 ? await openClickHouseEndpoint() : undefined;
  const env = {
    ...QUIET,
    DATA_DIR: dataDir,
    ...(endpoint === undefined ? {} : { CLICKHOUSE_URL: endpoint.url }),
    ADOBE_JOURNAL_URL: journal.url,
    ADOBE_IMS_URL: adobe.origin,
    ADOBE_CLIENT_ID: "client",
    ADOBE_CLIENT_SECRET: "secret",
    ADOBE_ORG_ID: "org@AdobeOrg",
    ADOBE_WEBHOOK: "on",
    ADOBE_PUBLIC_KEY_ORIGIN: adobe.origin,
  };
  const openAll = () => Promise.all(Array.from({ length: count }, () => openService("embedded", env)));
  const closeAll = async (): Promise<void> => {
    for (const service of stage.services) await service.close();
  };
  const stage: Stage = {
    journal,
    adobe,
    services: await openAll(),
    async reopen() {
      await closeAll();
      stage.services = await openAll();
    },
    async close() {
      await closeAll();
      await journal.close();
      await adobe.close();
      await endpoint?.close();
      await removeDataDir(dataDir);
    },
  };
  return stage;
}

const STAGES = [
  { name: "one service, embedded store", services: 1, runs: 5 },
  { name: "two services on one store over HTTP, both reading the journal", services: 2, runs: 4 },
];

describe.each(STAGES)("what arrives over journal, webhook and relay: $name", ({ services, runs }) => {
  let stage: Stage;
  const told: { readonly told: Story; readonly answers: unknown }[] = [];
  beforeAll(async () => void (stage = await openStage(services)));
  afterAll(() => stage.close());

  it(`gives the same answers by whichever way it came, once or several times (${runs} stories)`, async () => {
    let run = 0;
    const cases = fc.nat().chain((seed) => {
      const number = run++;
      return story(`${seed}-${number}`, BASE + number * 60_000).chain((one) =>
        fc.record({
          told: fc.constant(one),
          steps: transcript(one),
          ways: fc.infiniteStream(fc.subarray([...TRANSPORTS], { minLength: 1 })),
          turns: fc.infiniteStream(fc.nat()),
          pageSize: fc.constantFrom(1, 2, 10),
          parallel: fc.boolean(),
        }),
      );
    });
    await fc.assert(
      fc.asyncProperty(cases, async (one) => {
        stage.journal.pageSize = one.pageSize;
        const work = one.steps.map((step) => {
          const service = stage.services[one.turns.next().value % stage.services.length];
          const ways = one.ways.next().value;
          return () => take(stage, service, step, ways);
        });
        if (one.parallel) await Promise.all(work.map((each) => each()));
        else for (const each of work) await each();

        const answers = await answersByFold(one.told, SETTINGS, systemClock);
        for (const service of stage.services) await expectAnswers(service, one.told, answers);
        told.push({ told: one.told, answers });
      }),
      { numRuns: runs, endOnFailure: true },
    );
  }, 180_000);

  it("gives them still when all is read and the services have been started anew", async () => {
    const end = `since=${stage.journal.events.length}`;
    await until("the journal is read to its end", () => stage.journal.asked.at(-1)?.endsWith(end) === true);
    await stage.reopen();
    expect(told).toHaveLength(runs);
    for (const service of stage.services) {
      for (const one of told) expect(await answersOver(service, one.told)).toEqual(one.answers);
    }
  });
});

async function take(
  { journal, adobe }: Stage,
  service: Service | undefined,
  step: Step,
  ways: readonly Transport[],
): Promise<void> {
  if (service === undefined) throw new Error("there is no such service");
  if (step.kind === "submissions") {
    expect((await service.api.post("/v1/submissions", step.submissions)).status).toBe(202);
    return;
  }
  if (ways.includes("journal")) journal.events.push(...step.events);
  // a page is no delivery of a webhook, and lines are none either: there it comes as an array, or one by one
  const pushed = step.form === "page" || step.form === "lines" ? "array" : step.form;
  if (ways.includes("webhook")) {
    for (const payload of payloadsOf(pushed, step.events)) {
      expect(await adobe.deliver(service.url, payload)).toBe(200);
    }
  }
  if (ways.includes("relay")) {
    const type = step.form === "lines" ? "application/x-ndjson" : "application/json";
    for (const payload of payloadsOf(step.form, step.events)) {
      expect(await service.api.post("/v1/events", payload, type)).toMatchObject({
        status: 200,
        body: { dead: 0 },
      });
    }
  }
}

/** Journal pages arrive when they arrive; what is not equal by then is shown. */
async function expectAnswers(service: Service, told: Story, wanted: unknown): Promise<void> {
  let given: unknown;
  const look = async (): Promise<boolean> => {
    given = await answersOver(service, told);
    return JSON.stringify(given) === JSON.stringify(wanted);
  };
  await until("the answers are the same", look, { timeoutMs: 10_000 }).catch(() => undefined);
  expect(given).toEqual(wanted);
}

async function answersOver({ api }: Service, { ids, correlationIds }: Story): Promise<unknown> {
  const requests = await Promise.all(ids.map((id) => api.lifecycle(id)));
  const correlations = await Promise.all(
    correlationIds.map(async (id) => {
      const path = `/v1/correlations/${encodeURIComponent(id)}?requests=true`;
      const { status, body } = await api.get<Record<string, unknown>>(path);
      if (status === 404) return null;
      const { itemsOmitted, ...rollup } = body;
      expect({ status, itemsOmitted }).toEqual({ status: 200, itemsOmitted: 0 });
      return rollup;
    }),
  );
  return { requests: requests.map((one) => one ?? null), correlations };
}
