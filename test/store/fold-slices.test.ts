import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Fact } from "../../src/core/fact.ts";
import { decodeEvent } from "../../src/core/mods-event.ts";
import { submissionFact } from "../../src/core/submission.ts";
import { requestEntry, resultsEvent, T0 } from "../core/events.ts";
import { EMPTY_BATCH } from "./empty-batch.ts";
import { STORE_PATHS, type StorePath } from "./store-paths.ts";

const START = Date.parse(T0);
/** Between the submission, at T0, and its event, a minute later. */
const CUT = START + 30_000;

function lost(submissionId: string, correlationId: string): Fact {
  const submission = {
    target: "marketo",
    instance: "123-ABC-456",
    objectType: "person",
    operation: "upsert",
  } as const;
  return submissionFact({ ...submission, submissionId, correlationId, records: 10, submittedAt: T0 });
}

function shown(requestId: string, correlationId: string, requestTime: string | null): Fact[] {
  const entry = requestEntry(requestId, {
    correlationId,
    requestTime,
    records: { received: 10, created: 10 },
  });
  return [...decodeEvent(resultsEvent(`event of ${requestId}`, [entry])).facts];
}

describe.each(STORE_PATHS)(
  "a request that adopted a submission stands in one slice of the fold, store $name",
  ({ open }) => {
    let path: StorePath;
    beforeAll(async () => {
      path = await open();
      const later = new Date(CUT + 5_000).toISOString();
      const facts = [
        lost("lost-untimed", "slices/1"),
        ...shown("untimed", "slices/1", null),
        lost("lost-timed", "slices/2"),
        ...shown("timed", "slices/2", later),
      ];
      await path.store.append({ ...EMPTY_BATCH, facts });
    });
    afterAll(() => path.close());

    /** The ids of those that began in a slice. */
    async function idsBetween(since: number, until: number): Promise<string[]> {
      const rows = await path.store.client.query<{ request_id: string; adopted: number; created: string }>(
        `SELECT request_id, adopted, created FROM lifecycles(since = {since:DateTime64(3, 'UTC')},
         until = {until:DateTime64(3, 'UTC')}, now = {until:DateTime64(3, 'UTC')}) ORDER BY request_id`,
        { since: new Date(since), until: new Date(until) },
      );
      for (const row of rows) expect(row).toMatchObject({ adopted: 1, created: "10" });
      return rows.map((row) => row.request_id);
    }

    it("where the submission began, when the stream does not say when the request did", async () => {
      expect(await idsBetween(START - 60_000, CUT)).toEqual(["untimed"]);
    });

    it("where the request began, when the stream says so", async () => {
      expect(await idsBetween(CUT, CUT + 60_000)).toEqual(["timed"]);
    });

    it("once, when both are in it", async () => {
      expect(await idsBetween(START - 60_000, CUT + 60_000)).toEqual(["timed", "untimed"]);
    });
  },
);
