/**
 * Lists: the newest 50, of all, of a common state, of a less common and of a rare one.
 */
import type { LifecycleJson } from "../../src/core/lifecycle-json.ts";
import { type Benchmark, check, scaleName } from "./benchmark.ts";
import { figureOf } from "./figure.ts";
import { REJECTED_EVERY } from "./filled-requests.ts";
import type { FilledStore } from "./filled-store.ts";
import { type HttpCalls, openCalls } from "./http-calls.ts";
import { timeEach } from "./timing.ts";

const LIMIT = 50;
interface Filter {
  readonly title: string;
  readonly state: string | undefined;
}

const FILTERS: readonly Filter[] = [
  { title: "of all", state: undefined },
  { title: "state common", state: "succeeded" },
  { title: "state 1 in 50", state: "partially_failed" },
];
const RARE: readonly Filter[] = [{ title: "state 1 in 50,000", state: "rejected" }];

interface Page {
  readonly items: readonly LifecycleJson[];
}

export const listBench = listBenchmark(
  "list",
  `the newest ${LIMIT} over HTTP, with and without a state`,
  FILTERS,
);
/** By itself, so that its failure leaves the other lists their figures. */
export const rareListBench = listBenchmark(
  "list-rare",
  `the newest ${LIMIT} in a rare state over HTTP`,
  RARE,
);

function listBenchmark(name: string, about: string, filters: readonly Filter[]): Benchmark {
  return {
    name,
    about,
    async *run(context) {
      for (const scale of context.scales) {
        const store = await context.filledStore(scale);
        const service = await context.openService({ dataDir: store.dataDir });
        const calls = openCalls(service.url);
        try {
          for (const { title, state } of filters) {
            const path = `/v1/requests?limit=${LIMIT}${state === undefined ? "" : `&state=${state}`}`;
            await checkList(calls, path, state, store);
            const asked = Array.from({ length: context.quick ? 2 : 100 }, () => path);
            const samples = await timeEach(asked, async (one) => void (await calls.get(one)));
            yield figureOf(`newest ${LIMIT} ${title}, ${scaleName(scale)} requests`, "ms", samples, {
              p99AtMost: 60,
            });
          }
          yield figureOf(
            `${name}, ${scaleName(scale)} requests: memory`,
            "MB RSS",
            service.memory.takeSamples(),
          );
        } finally {
          await calls.close();
          await service.close();
        }
      }
    },
  };
}

async function checkList(
  calls: HttpCalls,
  path: string,
  state: string | undefined,
  store: FilledStore,
): Promise<void> {
  const { items } = await calls.getJson<Page>(path);
  const there = state === "rejected" ? Math.ceil((store.plan.requests - 4) / REJECTED_EVERY) : LIMIT;
  check(items.length === Math.min(LIMIT, there), `${path}: ${items.length} items of ${there}`);
  check(new Set(items.map((one) => one.requestId)).size === items.length, `${path}: an item twice`);
  check(state === undefined || items.every((one) => one.state === state), `${path}: another state`);
  const times = items.map((one) => beganAt(one));
  check(
    times.every((at, i) => i === 0 || at <= (times[i - 1] ?? 0)),
    `${path}: not newest first`,
  );
  const newest = times[0] ?? 0;
  const due =
    state === "rejected"
      ? store.plan.untilMs - (2 * (store.plan.untilMs - store.plan.sinceMs)) / there
      : store.plan.untilMs - 3_600_000;
  check(newest >= due, `${path}: begins with ${new Date(newest).toISOString()}, there are newer ones`);
}

function beganAt(one: LifecycleJson): number {
  return Date.parse(one.submittedAt ?? one.timeline[0]?.at ?? "");
}
