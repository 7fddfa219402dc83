/**
 * The books of a soak balanced: what the service says against what the simulator did.
 *
 * Of the results that were put on the stream by the million, each correlation's requests, records and the identity of the
 * requests; of what was submitted, request by request, over the API.
 */
import type { LifecycleJson } from "../../src/core/lifecycle-json.ts";
import type { TruthRow } from "../../src/simulator/truth.ts";
import { outcomeOf, outcomeOfTruth } from "../e2e/truth-check.ts";
import { type HttpCalls, requestPath } from "./http-calls.ts";
import type { ServiceProcess } from "./service.ts";
import type { SoakBook } from "./soak-load.ts";
import { pause } from "./timing.ts";

const SETTLE_MS = 300_000;
const SHOWN = 5;

/** What is not as it should be, in words; empty when every record is accounted for. */
export async function checkBooks(
  service: ServiceProcess,
  books: readonly SoakBook[],
): Promise<readonly string[]> {
  const wrong: string[] = [];
  for (const book of books) {
    const [row] = await service.query<Record<keyof Omit<SoakBook, "correlationId">, string>>(STORED, {
      id: book.correlationId,
    });
    for (const column of ["requests", "created", "updated", "idSum"] as const) {
      if (Number(row?.[column]) === book[column]) continue;
      wrong.push(`${book.correlationId}: ${column} ${row?.[column]}, not ${book[column]}`);
    }
  }
  return wrong;
}

/** Each fact once, whatever has been merged. */
const STORED = `
  SELECT count() AS requests, sum(created) AS created, sum(updated) AS updated,
    sum(reinterpretAsUInt32(reverse(unhex(substring(request_id, 1, 8))))) AS idSum
  FROM (
    SELECT request_id, fact_id, any(created) AS created, any(updated) AS updated
    FROM facts_by_time
    WHERE correlation_id = {id:String}
      AND minute >= fromUnixTimestamp((toUInt32(splitByChar('/', {id:String})[2]) - 5) * 60)
      AND minute <= fromUnixTimestamp((toUInt32(splitByChar('/', {id:String})[2]) + 1) * 60)
    GROUP BY request_id, fact_id)`;

/** Waits until each has come to its end, as far as it does. */
export async function checkTruth(calls: HttpCalls, truth: readonly TruthRow[]): Promise<readonly string[]> {
  const giveUpAt = Date.now() + SETTLE_MS;
  let rest = [...truth];
  let wrong: string[] = [];
  for (;;) {
    const different: TruthRow[] = [];
    wrong = [];
    for (const row of rest) {
      const { status, text } = await calls.tryGet(requestPath(row.requestId));
      const told = status === 200 ? outcomeOf(JSON.parse(text) as LifecycleJson) : { status };
      if (JSON.stringify(told) === JSON.stringify(outcomeOfTruth(row))) continue;
      different.push(row);
      wrong.push(`${row.requestId}: ${JSON.stringify(told)}, not ${JSON.stringify(outcomeOfTruth(row))}`);
    }
    if (different.length === 0 || Date.now() > giveUpAt) return wrong;
    rest = different;
    await pause(2_000);
  }
}

/** A few of them, and how many there are. */
export function shorten(wrong: readonly string[]): string[] {
  const more = wrong.length - SHOWN;
  return more > 0 ? [...wrong.slice(0, SHOWN), `and ${more} more`] : [...wrong];
}
