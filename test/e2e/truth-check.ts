/**
 * The simulator's books against the service's answers, in one form for both.
 *
 * Of a refused request the books know no records: there only its state counts.
 */
import type { LifecycleJson } from "../../src/core/lifecycle-json.ts";
import type { TruthRow } from "../../src/simulator/truth.ts";

export interface Outcome {
  readonly requestId: string;
  readonly state: string;
  readonly created: number;
  readonly updated: number;
  readonly failed: Readonly<Record<string, number>>;
  /** Records given up without a word. */
  readonly outstanding: number;
}

export function outcomeOfTruth(row: TruthRow): Outcome {
  const { requestId, outcome, created, updated, failed, lost } = row;
  return { requestId, state: outcome, created, updated, failed, outstanding: lost };
}

export function outcomeOf(one: LifecycleJson): Outcome {
  const { created, updated, failed, outstanding } = one.records;
  const lost = one.state === "rejected" ? 0 : outstanding;
  return { requestId: one.requestId, state: one.state, created, updated, failed, outstanding: lost };
}

export function byRequestId<T extends { readonly requestId: string }>(items: readonly T[]): T[] {
  return [...items].sort((a, b) => (a.requestId < b.requestId ? -1 : 1));
}

export interface Totals {
  created: number;
  updated: number;
  failed: Record<string, number>;
}

/** Sums over all, by which a record that was counted twice or lost shows. */
export function totalsOf(outcomes: readonly Outcome[]): Totals {
  const totals: Totals = { created: 0, updated: 0, failed: {} };
  for (const { created, updated, failed } of outcomes) {
    totals.created += created;
    totals.updated += updated;
    for (const [code, count] of Object.entries(failed))
      totals.failed[code] = (totals.failed[code] ?? 0) + count;
  }
  return totals;
}
