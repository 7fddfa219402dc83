/**
 * The export: finds requests that have settled, folds each, and gives its trace to the collector.
 *
 * Nothing moves on before the collector has taken it: while that is away the export waits where it stands, as long as the store
 * keeps arrivals. What the collector refuses is counted and left behind. The same request goes out again only when something
 * else became of it.
 */
import type { Ledger } from "../core/ledger.ts";
import { isTerminal } from "../core/lifecycle.ts";
import type { Clock, Logger } from "../core/ports.ts";
import type { RequestTrace, TraceSink } from "../core/trace-ports.ts";
import { requestTrace, revisionOf } from "./request-trace.ts";
import type { SettledRequests } from "./settled-requests.ts";

export interface TraceExportParts {
  readonly settled: SettledRequests;
  /** Folds as of `asOf`. */
  readonly ledgerAt: (asOf: () => number) => Ledger;
  readonly coveredUntil: (now: number) => Promise<number>;
  readonly sink: TraceSink;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly observe?: (figures: TraceFigures) => void;
  /** Between two rounds, milliseconds; default 1 s. */
  readonly everyMs?: number;
}

export interface TraceFigures {
  readonly taken: number;
  readonly refused: number;
  readonly waits: boolean;
  /** How far behind it was, milliseconds. */
  readonly behindMs: number;
}

export interface TraceExport {
  /** Until the signal aborts; a store or a collector that is away is waited for. */
  run(signal: AbortSignal): Promise<void>;
  /** Exports all that is due. @throws CollectorAway */
  round(): Promise<TraceFigures>;
}

class CollectorAway extends Error {}

const FOLDED_AT_ONCE = 500;
const SPANS_AT_ONCE = 512;
/** Requests whose last revision is remembered: those found twice go out once. */
const REMEMBERED = 50_000;
const LONGEST_WAIT_MS = 30_000;

export function createTraceExport(parts: TraceExportParts): TraceExport {
  const { settled, clock, logger, sink, everyMs = 1_000 } = parts;
  let asOf = 0;
  const ledger = parts.ledgerAt(() => asOf);
  const revisions = new Map<string, string>();

  async function round(): Promise<TraceFigures> {
    const now = clock.now();
    asOf = Math.min(now, await parts.coveredUntil(now));
    const sums = { taken: 0, refused: 0, behindMs: 0 };
    if (asOf <= 0) return { ...sums, waits: false }; // nothing of the stream has been read yet
    for await (const band of settled.bands(now, asOf)) {
      sums.behindMs = Math.max(sums.behindMs, band.behindMs);
      for (let from = 0; from < band.requestIds.length; from += FOLDED_AT_ONCE) {
        await exportThose(band.requestIds.slice(from, from + FOLDED_AT_ONCE), sums);
      }
      await band.done();
    }
    return { ...sums, waits: false };
  }

  async function exportThose(
    ids: readonly string[],
    sums: { taken: number; refused: number },
  ): Promise<void> {
    const found = [...(await ledger.getMany(ids))].flatMap(([requestId, one]) => {
      // a submission that was adopted goes with the request that adopted it, which has facts of its own
      if (!isTerminal(one.state) || one.requestId !== requestId) return [];
      const revision = revisionOf(one);
      return revisions.get(requestId) === revision ? [] : [{ requestId, revision, trace: requestTrace(one) }];
    });
    for (const batch of batches(found)) {
      const outcome = await sink.export(batch.map(({ trace }) => trace));
      if (outcome.kind === "away") throw new CollectorAway(outcome.reason);
      if (outcome.kind === "refused") {
        sums.refused += batch.length;
        logger.error(
          { reason: outcome.reason, traces: batch.length },
          "the collector refused traces; they are left out",
        );
      } else sums.taken += batch.length;
      for (const { requestId, revision } of batch) remember(requestId, revision);
    }
  }

  function remember(requestId: string, revision: string): void {
    revisions.delete(requestId);
    revisions.set(requestId, revision);
    const [oldest] = revisions.keys();
    if (revisions.size > REMEMBERED && oldest !== undefined) revisions.delete(oldest);
  }

  return {
    round,
    async run(signal) {
      let failures = 0;
      let awaySince = 0;
      while (!signal.aborted) {
        try {
          parts.observe?.(await round());
          if (failures > 0) logger.info({}, "traces are exported again");
          failures = 0;
        } catch (err) {
          if (failures === 0) {
            awaySince = clock.now();
            logger.warn({ err }, "traces wait: the collector or the store is away");
          }
          failures += 1;
          parts.observe?.({ taken: 0, refused: 0, waits: true, behindMs: clock.now() - awaySince });
        }
        const waitMs = Math.min(LONGEST_WAIT_MS, everyMs * 2 ** Math.min(failures, 10));
        await clock.sleep(waitMs, signal).catch(() => undefined);
      }
    },
  };
}

/** Of whole traces, as long as they hold about as many spans as a collector likes at once. */
function* batches<T extends { readonly trace: RequestTrace }>(found: readonly T[]): Generator<T[]> {
  let batch: T[] = [];
  let spans = 0;
  for (const one of found) {
    if (batch.length > 0 && spans + one.trace.spans.length > SPANS_AT_ONCE) {
      yield batch;
      batch = [];
      spans = 0;
    }
    batch.push(one);
    spans += one.trace.spans.length;
  }
  if (batch.length > 0) yield batch;
}
