/**
 * What the service says, held against what really happened. Pure.
 */
import type { LifecycleJson } from "../../core/lifecycle-json.ts";
import type { TruthRow } from "../../simulator/truth.ts";
import { codesText, countText, numberText } from "../render/count-text.ts";
import { stateText } from "../render/state.ts";
import type { Look } from "../terminal/look.ts";

export interface Comparison {
  readonly equal: number;
  /** Settled in truth, not yet for the service: events are under way, or its deadline is not reached. */
  readonly behind: number;
  /** Not settled in truth. */
  readonly underWay: number;
  readonly differing: readonly Difference[];
}

interface Difference {
  readonly requestId: string;
  readonly truth: string;
  readonly service: string;
}

const SHOWN = 10;

export function compareWithTruth(
  truth: readonly TruthRow[],
  lifecycles: ReadonlyMap<string, LifecycleJson>,
): Comparison {
  let equal = 0;
  let behind = 0;
  let underWay = 0;
  const differing: Difference[] = [];
  for (const row of truth) {
    const one = lifecycles.get(row.requestId);
    if (row.outcome === "pending") underWay += 1;
    else if (one === undefined || !one.terminal || isUncounted(row, one)) behind += 1;
    else if (isEqual(row, one)) equal += 1;
    else differing.push({ requestId: row.requestId, truth: truthText(row), service: serviceText(one) });
  }
  return { equal, behind, underWay, differing };
}

/** The rows of a bulk job that failed are counted a while after its end. */
function isUncounted(row: TruthRow, one: LifecycleJson): boolean {
  return one.job?.state === "JobComplete" && one.firstResultAt === null && codesText(row.failed) !== "";
}

function isEqual(row: TruthRow, one: LifecycleJson): boolean {
  if (row.outcome !== one.state) return false;
  if (row.outcome === "rejected") return true;
  return truthText(row) === serviceText(one);
}

function truthText(row: TruthRow): string {
  return countsText(row.outcome, row.created, row.updated, row.failed, row.lost);
}

function serviceText({ state, records }: LifecycleJson): string {
  return countsText(state, records.created, records.updated, records.failed, records.outstanding);
}

function countsText(
  state: string,
  created: number,
  updated: number,
  failed: Readonly<Record<string, number>>,
  lost: number,
): string {
  const codes = codesText(failed) || "none";
  return `${stateText(state)}: ${created} created, ${updated} updated, failed ${codes}, ${lost} never heard of`;
}

export function renderComparison(found: Comparison, { colors }: Look): string {
  const { equal, behind, underWay, differing } = found;
  const verdict = `${numberText(equal)} equal, ${numberText(differing.length)} differing`;
  const lines = [
    `What the service says of settled requests, held against the simulator's own books: ${
      differing.length === 0 ? colors.green(verdict) : colors.red(verdict)
    }.`,
  ];
  if (behind > 0)
    lines.push(`${countText(behind, "request")} more had only just settled: the news was still under way.`);
  if (underWay > 0) lines.push(`${countText(underWay, "request")} had not settled yet.`);
  for (const one of differing.slice(0, SHOWN)) {
    lines.push(`  ${one.requestId}`, `    in truth  ${one.truth}`, `    service   ${one.service}`);
  }
  if (differing.length > SHOWN) lines.push(`  … and ${numberText(differing.length - SHOWN)} more`);
  return lines.join("\n");
}
