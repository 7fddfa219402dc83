/**
 * Running stored events through the present decoder: page by page, comparing first, storing what is new or changed if asked to.
 *
 * In no hurry: a page is small, and after each one as long a rest is taken as it took. It may end anywhere and be done
 * again: what is stored by then is the same the next time.
 */
import { After202Error } from "../core/errors.ts";
import type { ResultFact } from "../core/fact.ts";
import type { EventHistory, StoredEvent } from "../core/event-history.ts";
import type { Clock, Intake } from "../core/ports.ts";
import { compareFacts, decodePage, openReport, type ReprocessReport } from "../core/reprocess-report.ts";

const DAY_MS = 86_400_000;
/** A page aims at so many bytes, by the size of the events before it. */
const PAGE_BYTES = 1_048_576;
const FIRST_PAGE = 100;
const LEAST_PAGE = 10;
const LARGEST_PAGE = 1_000;
/** Facts compared and stored at one go. */
const FACTS_AT_ONCE = 2_000;
const LONGEST_REST_MS = 1_000;

export interface ReprocessParts {
  readonly history: EventHistory;
  readonly intake: Pick<Intake, "acceptFacts" | "ready">;
  readonly clock: Clock;
}

export interface ReprocessOrder {
  /** When the events were stored, epoch milliseconds; until is exclusive. */
  readonly since: number;
  readonly until: number;
  /** Compares only. */
  readonly dryRun: boolean;
}

/** Yields the report, which goes on growing, after every page. @throws After202Error, or the signal's reason */
export async function* reprocess(
  parts: ReprocessParts,
  { since, until, dryRun }: ReprocessOrder,
  signal: AbortSignal,
): AsyncGenerator<ReprocessReport> {
  const report = openReport();
  yield report;
  for (let from = since; from < until; from = endOfDay(from)) {
    const to = Math.min(until, endOfDay(from));
    let limit = FIRST_PAGE;
    for (let after = ""; ;) {
      signal.throwIfAborted();
      const begun = parts.clock.now();
      const events = await parts.history.storedEvents(from, to, after, limit);
      await runPage(parts, events, report, dryRun, signal);
      yield report;
      const last = events.at(-1);
      if (last === undefined || events.length < limit) break;
      after = last.eventId;
      limit = nextLimit(events);
      await parts.clock.sleep(Math.min(LONGEST_REST_MS, parts.clock.now() - begun), signal);
    }
  }
}

async function runPage(
  { history, intake }: ReprocessParts,
  events: readonly StoredEvent[],
  report: ReprocessReport,
  dryRun: boolean,
  signal: AbortSignal,
): Promise<void> {
  const page = decodePage(events, report);
  const factsOf = new Map<string, ResultFact[]>(page.requestIds.map((id) => [id, []]));
  for (const fact of page.facts) factsOf.get(fact.requestId)?.push(fact);
  for (let from = 0; from < page.requestIds.length; from += FACTS_AT_ONCE) {
    signal.throwIfAborted();
    const requestIds = page.requestIds.slice(from, from + FACTS_AT_ONCE);
    const part = { ...page, requestIds, facts: requestIds.flatMap((id) => factsOf.get(id) ?? []) };
    const changes = compareFacts(part, await history.storedFacts(requestIds), report);
    if (dryRun || changes.length === 0) continue;
    await store(intake, changes, signal);
    report.facts.written += changes.length;
  }
}

/** Waits where others, who cannot wait, go first. */
async function store(
  intake: ReprocessParts["intake"],
  facts: readonly ResultFact[],
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    await intake.ready(signal);
    try {
      await intake.acceptFacts(facts);
      return;
    } catch (error) {
      if (!(error instanceof After202Error && error.code === "BUFFER_FULL")) throw error;
    }
  }
}

function nextLimit(events: readonly StoredEvent[]): number {
  const bytes = events.reduce((sum, event) => sum + event.body.length, 0);
  const fitting = Math.floor((PAGE_BYTES * events.length) / Math.max(1, bytes));
  return Math.max(LEAST_PAGE, Math.min(LARGEST_PAGE, fitting));
}

function endOfDay(at: number): number {
  return (Math.floor(at / DAY_MS) + 1) * DAY_MS;
}
