/**
 * Lists: the newest 50, of all, by name, of a common state, of rarer ones, and of states that nothing or next to nothing is in.
 *
 * Each filter is a benchmark by itself, so that the failure of one leaves the others their figures.
 */
import type { LifecycleJson } from "../../src/core/lifecycle-json.ts";
import { check, type ScaleBenchmark } from "./benchmark.ts";
import { figureOf } from "./figure.ts";
import { type FilledRequests, rejectedOf } from "./filled-requests.ts";
import type { HttpCalls } from "./http-calls.ts";
import { timeEach } from "./timing.ts";

const LIMIT = 50;
const BUDGET_MS = 4_000;

interface Filter {
  readonly name: string;
  readonly title: string;
  readonly query: string;
  readonly holds?: (one: LifecycleJson) => boolean;
  /** How many there are, where that may be fewer than the limit. */
  readonly count?: (plan: FilledRequests) => number;
}

const FILTERS: readonly Filter[] = [
  { name: "all", title: "of all", query: "" },
  {
    name: "instance",
    title: "of one of three instances",
    query: "&instance=101-ABC-456",
    holds: (one) => one.instance === "101-ABC-456",
  },
  inState("succeeded", "common"),
  inState("partially_failed", "1 in 50"),
  { ...inState("rejected", "1 in 50,000"), count: rejectedOf },
  { ...inState("aborted", "none in it"), count: () => 0 },
];
/** One request in five has failures that may be the end of it: all have to be folded to know that none is. */
const HEAVY: Filter = { ...inState("failed", "none in it"), count: () => 0 };

function inState(state: string, title: string): Filter {
  return {
    name: state,
    title: `state ${state} (${title})`,
    query: `&state=${state}`,
    holds: (one) => one.state === state,
  };
}

interface Page {
  readonly items: readonly LifecycleJson[];
}

export const listBenches: readonly ScaleBenchmark[] = FILTERS.map(listBench);
export const heavyListBench = listBench(HEAVY);

function listBench(filter: Filter): ScaleBenchmark {
  return {
    name: `list-${filter.name}`,
    about: `the newest ${LIMIT} over HTTP, ${filter.title}`,
    on: "service",
    async *run({ quick }, { name, plan, calls }) {
      const path = `/v1/requests?limit=${LIMIT}${filter.query}`;
      await checkList(calls, path, filter, plan);
      const asked = Array.from({ length: quick ? 2 : 100 }, () => path);
      const samples = await timeEach(asked, async (one) => void (await calls.get(one)), BUDGET_MS);
      yield figureOf(`newest ${LIMIT} ${filter.title}, ${name}`, "ms", samples, {
        atMost: 60,
        p99AtMost: 60,
      });
    },
  };
}

async function checkList(
  calls: HttpCalls,
  path: string,
  { holds, count }: Filter,
  plan: FilledRequests,
): Promise<void> {
  const { items } = await calls.getJson<Page>(path);
  const there = count?.(plan) ?? LIMIT;
  check(items.length === Math.min(LIMIT, there), `${path}: ${items.length} items of ${there}`);
  check(new Set(items.map((one) => one.requestId)).size === items.length, `${path}: an item twice`);
  check(holds === undefined || items.every(holds), `${path}: one that does not belong there`);
  const times = items.map((one) => beganAt(one));
  check(
    times.every((at, i) => i === 0 || at <= (times[i - 1] ?? 0)),
    `${path}: not newest first`,
  );
  if (there === 0) return;
  const lengthMs = plan.untilMs - plan.sinceMs;
  const due = plan.untilMs - (count === undefined ? 3_600_000 : (2 * plan.layers.length * lengthMs) / there);
  check((times[0] ?? 0) >= due, `${path}: begins with ${times[0]}, there are newer ones`);
}

function beganAt(one: LifecycleJson): number {
  return Date.parse(one.submittedAt ?? one.timeline[0]?.at ?? "");
}
