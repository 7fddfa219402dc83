/**
 * Faults on demand: what goes wrong, how often, and what goes wrong next.
 *
 * Rates are probabilities in [0, 1], drawn from the seed; `next` is a queue of outcomes taken before any rate.
 * Settings can be changed while the simulator runs.
 */
import type { Random } from "./random.ts";
import { type PathFaults, pathDefaults, STREAM_PATHS, type StreamPath } from "./stream/paths.ts";

/**
 * A status code to answer with, or: `reset` (the connection breaks before the request is looked at), `lose-response`
 * (it is served, then the connection breaks), `undecodable` (a 200 with a cut body), `slow`, `ok`.
 */
type FaultOutcome = number | "reset" | "lose-response" | "undecodable" | "slow" | "ok";

interface EndpointFaults {
  /** Probability of each status, by status. */
  statuses: Record<string, number>;
  resetRate: number;
  loseResponseRate: number;
  undecodableRate: number;
  slowRate: number;
  /** How slow, in wall-clock milliseconds. */
  slowMs: number;
  next: FaultOutcome[];
}

interface JournalFaults extends EndpointFaults {
  /**
   * So many of the next results events does the journal hide from those who read on, and shows them to whoever seeks: to its
   * reader that looks like a loss on the way.
   */
  hideNext: number;
  /** Not even to whoever seeks, as long as this is set. */
  keepHidden: boolean;
}

interface StreamFaults {
  /** The same event once more, from at once to `duplicateWithinMs` (simulated) later. */
  duplicateRate: number;
  duplicateWithinMs: number;
  /** Disorder: the event is held back for up to `delayWithinMs` (simulated). */
  delayRate: number;
  delayWithinMs: number;
  /** The event is never delivered to anyone. */
  dropRate: number;
  /** An additional event that no decoder should accept; it names no real request. */
  malformedRate: number;
}

interface Faults {
  stream: StreamFaults;
  /** On top of the stream's, for one path alone. */
  paths: Record<StreamPath, PathFaults>;
  marketo: EndpointFaults;
  ims: EndpointFaults;
  journal: JournalFaults;
  /** Data Cloud: streaming, bulk jobs, queries. */
  salesforce: EndpointFaults;
  /** Both of its token endpoints. */
  salesforceToken: EndpointFaults;
}

export type FaultsPatch = { [Part in Exclude<keyof Faults, "paths">]?: Partial<Faults[Part]> } & {
  paths?: { [Path in StreamPath]?: Partial<PathFaults> };
};
type FaultyEndpoint = Exclude<keyof Faults, "stream" | "paths">;

export interface FaultPlan {
  readonly settings: Faults;
  /** @throws {TypeError} naming an unknown part or setting */
  patch(patch: FaultsPatch): void;
  /** What happens to the next request to that endpoint. */
  decide(endpoint: FaultyEndpoint): { outcome: FaultOutcome; delayMs: number };
}

export function createFaultPlan(random: Random, initial: FaultsPatch = {}): FaultPlan {
  const settings: Faults = {
    stream: {
      duplicateRate: 0,
      duplicateWithinMs: 600_000,
      delayRate: 0,
      delayWithinMs: 120_000,
      dropRate: 0,
      malformedRate: 0,
    },
    paths: Object.fromEntries(STREAM_PATHS.map((path) => [path, pathDefaults()])) as Faults["paths"],
    marketo: noEndpointFaults(),
    ims: noEndpointFaults(),
    journal: { ...noEndpointFaults(), hideNext: 0, keepHidden: false },
    salesforce: noEndpointFaults(),
    salesforceToken: noEndpointFaults(),
  };
  const sequences: Record<FaultyEndpoint, Random> = {
    marketo: random.fork("marketo"),
    ims: random.fork("ims"),
    journal: random.fork("journal"),
    salesforce: random.fork("salesforce"),
    salesforceToken: random.fork("salesforceToken"),
  };

  function patch(changes: FaultsPatch): void {
    const { paths = {}, ...parts } = changes;
    for (const [part, values] of Object.entries(parts)) assign(settings, part, values, "");
    for (const [path, values] of Object.entries(paths)) assign(settings.paths, path, values, "paths.");
  }
  patch(initial);

  return {
    settings,
    patch,
    decide(endpoint) {
      const faults = settings[endpoint];
      const outcome = faults.next.shift() ?? draw(faults, sequences[endpoint].next());
      const slow = sequences[endpoint].chance(faults.slowRate) || outcome === "slow";
      return { outcome: outcome === "slow" ? "ok" : outcome, delayMs: slow ? faults.slowMs : 0 };
    },
  };
}

/** @throws {TypeError} naming an unknown part or setting; then nothing of the part is changed */
function assign(parts: object, part: string, values: unknown, prefix: string): void {
  const target: unknown = Object.hasOwn(parts, part) ? parts[part as keyof typeof parts] : undefined;
  if (typeof target !== "object" || target === null || typeof values !== "object" || values === null) {
    throw new TypeError(`unknown faults "${prefix}${part}"; known: ${Object.keys(parts).join(", ")}`);
  }
  for (const key of Object.keys(values)) {
    if (!(key in target)) {
      const known = Object.keys(target).join(", ");
      throw new TypeError(`unknown fault "${prefix}${part}.${key}"; known: ${known}`);
    }
  }
  Object.assign(target, values);
}

/** One draw decides between all outcomes, so that every request costs the sequence the same. */
function draw(faults: EndpointFaults, at: number): FaultOutcome {
  const outcomes: [FaultOutcome, number][] = [
    ...Object.entries(faults.statuses).map(([status, rate]): [FaultOutcome, number] => [
      Number(status),
      rate,
    ]),
    ["reset", faults.resetRate],
    ["lose-response", faults.loseResponseRate],
    ["undecodable", faults.undecodableRate],
  ];
  let reached = 0;
  for (const [outcome, rate] of outcomes) {
    reached += rate;
    if (at < reached) return outcome;
  }
  return "ok";
}

function noEndpointFaults(): EndpointFaults {
  return {
    statuses: {},
    resetRate: 0,
    loseResponseRate: 0,
    undecodableRate: 0,
    slowRate: 0,
    slowMs: 1_000,
    next: [],
  };
}
