import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { generateResultsEvents } from "../../src/simulator/generated-events.ts";
import { createRandom } from "../../src/simulator/random.ts";
import { BROKEN_KINDS } from "./broken-lines.ts";
import { DOCUMENTED_METRICS, DOCUMENTED_RESULTS, DOCUMENTED_STATUS } from "./documented-events.ts";
import { makeDataDir, openService, QUIET, removeDataDir, type Service } from "./service.ts";
import type { DeadLetterJson, EventReceipt } from "./service-api.ts";

const EVENTS = 100_000;
const BROKEN_EACH = 200;
const BROKEN = BROKEN_KINDS.length * BROKEN_EACH;
const CHUNK_BYTES = 4 * 1_048_576;

/** The file: the broken lines lie scattered between the good ones. */
function* lines(): Generator<Buffer> {
  yield* [DOCUMENTED_RESULTS, DOCUMENTED_METRICS, DOCUMENTED_STATUS].map((text) => Buffer.from(text));
  const events = generateResultsEvents(createRandom("replay"), {
    events: EVENTS,
    requestsPerEvent: 1,
    startMs: Date.UTC(2026, 5, 1),
  });
  let index = 0;
  for (const { text } of events) {
    yield Buffer.from(text);
    const broken = index++ / (EVENTS / BROKEN);
    if (Number.isInteger(broken)) {
      const kind = BROKEN_KINDS[broken % BROKEN_KINDS.length];
      if (kind !== undefined) yield kind.line(broken);
    }
  }
}

/** The file in pieces, each of whole lines. */
function* chunks(): Generator<Buffer> {
  let parts: Buffer[] = [];
  let bytes = 0;
  for (const line of lines()) {
    parts.push(line, Buffer.from("\n"));
    bytes += line.length + 1;
    if (bytes < CHUNK_BYTES) continue;
    yield Buffer.concat(parts);
    parts = [];
    bytes = 0;
  }
  yield Buffer.concat(parts);
}

async function replay(service: Service): Promise<EventReceipt> {
  const sum = { read: 0, new: 0, duplicate: 0, dead: 0 };
  for (const chunk of chunks()) {
    const answer = await service.api.post<EventReceipt>(
      "/v1/events?replay=true",
      chunk,
      "application/x-ndjson",
    );
    expect(answer.status).toBe(200);
    for (const name of ["read", "new", "duplicate", "dead"] as const) sum[name] += answer.body[name];
  }
  return sum;
}

describe(`a file of ${EVENTS} events, the three documented ones, and ${BROKEN} broken lines`, () => {
  let dataDir: string;
  let service: Service;
  let first: EventReceipt;
  let letters: DeadLetterJson[];
  beforeAll(async () => {
    dataDir = await makeDataDir();
    service = await openService("embedded", { ...QUIET, DATA_DIR: dataDir });
    first = await replay(service);
    letters = await service.api.deadLetters();
  });
  afterAll(async () => {
    await service.close();
    await removeDataDir(dataDir);
  });

  it("is counted exactly", () => {
    const good = EVENTS + 3;
    expect(first).toEqual({ read: good + BROKEN, new: good, duplicate: 0, dead: BROKEN });
  });

  it("is stored: every request succeeded, with its records", async () => {
    const [row] = await service.app.store.client.query<Record<string, string>>(
      "SELECT count() AS requests, sum(created + updated) AS records FROM (SELECT DISTINCT request_id, fact_id, created, updated FROM facts_by_time) WHERE request_id != 'e3d92152-0fc0-4a0c-9b05-1d2c6f2b7a11'",
    );
    expect(row).toEqual({ requests: String(EVENTS), records: String(EVENTS * 100) });
  });

  it.each(BROKEN_KINDS)("leaves each line of $name in the dead letters, with its reason", async (kind) => {
    const index = BROKEN_KINDS.indexOf(kind);
    const numbers = Array.from({ length: BROKEN_EACH }, (_, i) => index + i * BROKEN_KINDS.length);
    const bodies = new Map(
      (await allWithBodies(service)).map((letter) => [letter.body ?? "", letter] as const),
    );
    for (const number of numbers) {
      const line = kind.line(number);
      const letter = bodies.get(line.toString("utf8")) ?? bodies.get(line.toString("base64"));
      expect(letter).toMatchObject({ code: kind.code, path: "replay" });
      expect(letter?.reason).toMatch(kind.reason);
      expect(letter?.reason).toMatch(/^line \d+: /);
    }
  });

  it("leaves nothing else in the dead letters", () => {
    expect(letters).toHaveLength(BROKEN);
    expect(new Set(letters.map((letter) => letter.deadLetterId)).size).toBe(BROKEN);
  });

  it("answers for the documented results event, which has five failures that may be retried", async () => {
    expect(await service.api.lifecycle("e3d92152-0fc0-4a0c-9b05-1d2c6f2b7a11")).toMatchObject({
      state: "partially_failed",
      priority: "high",
      clientId: "foo@marketo.com",
      records: { expected: 100, created: 90, updated: 5, failed: { "503": 5 }, outstanding: 0 },
    });
  });

  it("takes the documented status event, trailing commas and all", async () => {
    const { body } = await service.api.get<{ instances: unknown[] }>("/v1/stream");
    expect(body.instances).toEqual([expect.objectContaining({ instance: "123-ABC-456" })]);
    expect(JSON.stringify(body.instances)).toContain("9500000");
  });

  it("is all duplicates the second time, also after a restart, and the dead letters stay as many", async () => {
    await service.close(); // what the process remembers of event ids is gone
    service = await openService("embedded", { ...QUIET, DATA_DIR: dataDir });
    const again = await replay(service);
    const good = EVENTS + 3;
    expect(again).toEqual({ read: good + BROKEN, new: 0, duplicate: good, dead: BROKEN });
    expect(await service.api.deadLetters()).toHaveLength(BROKEN);
  });
});

let withBodies: Promise<DeadLetterJson[]> | undefined;

function allWithBodies(service: Service): Promise<DeadLetterJson[]> {
  withBodies ??= (async () => {
    const found: DeadLetterJson[] = [];
    for (let cursor: string | null = ""; cursor !== null;) {
      const from: string = cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`;
      const page: { body: { items: DeadLetterJson[]; nextCursor: string | null } } = await service.api.get(
        `/v1/dead-letters?body=true&limit=500${from}`,
      );
      found.push(...page.body.items);
      cursor = page.body.nextCursor;
    }
    return found;
  })();
  return withBodies;
}
