/**
 * A fixture, not a store: facts in memory behind the ports that the API asks. The real store is tested elsewhere.
 */
import { After202Error } from "../../src/core/errors.ts";
import type { KnownWindow, UnstatedHours } from "../../src/core/completeness-ports.ts";
import type { Fact } from "../../src/core/fact.ts";
import { foldLifecycle, type FoldContext, type Lifecycle } from "../../src/core/lifecycle.ts";
import { settingsOf, type SettingsByInstance } from "../../src/core/lifecycle-settings.ts";
import type {
  DeadLetterFilter,
  DeadLetterPosition,
  DeadLetterStore,
  KnownDeadLetter,
} from "../../src/core/dead-letter-ports.ts";
import type { TrafficPoint, TrafficQuery, TrafficReader } from "../../src/core/hourly-ports.ts";
import type { EventHistory } from "../../src/core/event-history.ts";
import type { LinkKeyReader } from "../../src/core/link-ports.ts";
import type {
  ApiKey,
  Arrival,
  ArrivalReader,
  ChangeFeed,
  DeadLetter,
  Delivery,
  FactReader,
  Intake,
  KeyStore,
  Receipt,
  RequestFilter,
  StoreHealth,
  StreamReader,
  PathReport,
  StreamReport,
} from "../../src/core/ports.ts";
import type { RepairRun } from "../../src/core/repair.ts";
import type { RepairDesk, RepairReader } from "../../src/core/repair-ports.ts";
import { repairRun } from "../core/repair-runs.ts";
import type { LinkKey } from "../../src/core/submission.ts";

export interface MemoryStore
  extends
    FactReader,
    ArrivalReader,
    LinkKeyReader,
    Intake,
    ChangeFeed,
    DeadLetterStore,
    EventHistory,
    KeyStore,
    StreamReader,
    TrafficReader,
    RepairReader,
    RepairDesk,
    StoreHealth {
  readonly facts: Map<string, Fact[]>;
  readonly linkKeys: LinkKey[];
  readonly deliveries: Delivery[];
  letters: DeadLetter[];
  readonly settled: Map<string, KnownDeadLetter>;
  report: StreamReport;
  paths: PathReport;
  windows: KnownWindow[];
  unstated: UnstatedHours[];
  /** What charts are answered from, and what they asked for. */
  points: TrafficPoint[];
  readonly asked: { readonly from: "roll-up" | "fold"; readonly query: TrafficQuery }[];
  repairs: RepairRun[];
  /** What `accept` answers. */
  receiptFor: (delivery: Delivery) => Receipt;
  /** While set, everything rejects with it. */
  fault: Error | undefined;
  /** How often keys were looked up, and requests read. */
  readonly calls: { findKey: number; factsOf: number; linkStanding: number };
  /** Stores facts as another process would: without a word. */
  put(...facts: Fact[]): void;
}

export const STORE_AWAY = new After202Error("STORE_UNAVAILABLE", "connect ECONNREFUSED secret-host:8123");

export function createMemoryStore(settings: SettingsByInstance): MemoryStore {
  const keys = new Map<string, ApiKey>();
  const listeners = new Set<(ids: () => ReadonlySet<string>) => void>();
  const guard = (): void => {
    if (store.fault !== undefined) throw store.fault;
  };
  const fold = (now: number): Lifecycle[] => {
    const context: FoldContext = {
      now,
      settingsFor: (instance) => settingsOf(settings, instance),
      lagMsFor: () => 0,
    };
    return [...store.facts.values()].map((facts) => foldLifecycle(facts, context));
  };

  const arrivals: Arrival[] = [];
  const store: MemoryStore = {
    async arrivalsAfter({ at, requestId }, limit) {
      guard();
      const later = arrivals.filter((one) => one.at > at || (one.at === at && one.requestId > requestId));
      return later.slice(0, limit);
    },
    async lastArrivalAt() {
      guard();
      return arrivals.at(-1)?.at;
    },
    facts: new Map(),
    linkKeys: [],
    deliveries: [],
    letters: [],
    settled: new Map(),
    paths: { since: 0, until: 0, events: 0, sampled: 1, shares: [] },
    report: { cursors: [], gaps: [], covered: [], statuses: [], deadLetters: 0, lastResultAt: null },
    points: [],
    asked: [],
    hourlyCursor: async () => store.report.lastResultAt ?? undefined,
    async hourlyTraffic(query) {
      guard();
      store.asked.push({ from: "roll-up", query });
      return store.points.slice(0, query.limit);
    },
    async recentTraffic(query) {
      guard();
      store.asked.push({ from: "fold", query });
      return store.points.slice(0, query.limit);
    },
    repairs: [],
    receiptFor: () => ({ read: 1, fresh: 1, duplicate: 0, dead: 0 }),
    fault: undefined,
    calls: { findKey: 0, factsOf: 0, linkStanding: 0 },
    put(...facts) {
      for (const fact of facts) {
        store.facts.set(fact.requestId, [...(store.facts.get(fact.requestId) ?? []), fact]);
        arrivals.push({ requestId: fact.requestId, at: arrivals.length + 1 });
      }
    },

    async accept(delivery) {
      guard();
      store.deliveries.push(delivery);
      return store.receiptFor(delivery);
    },
    async acceptFacts(facts, linkKeys = []) {
      guard();
      store.put(...facts);
      store.linkKeys.push(...linkKeys);
      const ids = new Set(facts.map((fact) => fact.requestId));
      for (const listener of listeners) listener(() => ids);
    },
    ready: async () => undefined,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },

    async factsOf(ids) {
      store.calls.factsOf += 1;
      guard();
      return new Map(
        ids.flatMap((id): [string, Fact[]][] => {
          const facts = store.facts.get(id);
          return facts === undefined ? [] : [[id, facts]];
        }),
      );
    },
    adoptionCandidates: async () => [],
    jobStarts: async () => [],
    async requestsOfCorrelation(correlationId, after, limit) {
      guard();
      const ids = [...store.facts.keys()].filter((id) => id > after).sort();
      return ids
        .filter((id) =>
          store.facts.get(id)?.some((fact) => `${fact.correlationId}/`.startsWith(`${correlationId}/`)),
        )
        .slice(0, limit)
        .map((requestId) => ({ requestId, since: 0, until: 0 }));
    },
    shortFactsOf: async () => undefined,
    async listRequests({ state: _state, linkBearing: _linkBearing, ...filter }, after, limit) {
      guard();
      return fold(0)
        .filter((one) => fits(one, filter))
        .map(({ t0, requestId }) => ({ t0, requestId }))
        .sort((a, b) => b.t0 - a.t0 || (a.requestId < b.requestId ? 1 : -1))
        .filter(
          (at) =>
            after === undefined || at.t0 < after.t0 || (at.t0 === after.t0 && at.requestId < after.requestId),
        )
        .slice(0, limit);
    },
    unreadGaps: async () => store.report.gaps,
    queueLags: async () => new Map(),

    async linkStanding(requestIds) {
      store.calls.linkStanding += 1;
      guard();
      const links = store.linkKeys.filter((key) => key.role === "link" && requestIds.includes(key.requestId));
      const digests = [...new Set(links.map((key) => key.digest))].sort();
      const persons = (digest: string): LinkKey[] =>
        store.linkKeys.filter((key) => key.role === "person" && key.digest === digest);
      return {
        total: digests.length,
        doubtful: digests
          .filter((digest) => !persons(digest).some((key) => key.accepted))
          .map((digest) => ({
            instance: links[0]?.instance ?? "",
            digest,
            personRequestIds: persons(digest).map((key) => key.requestId),
          })),
      };
    },
    async linkWaits(_instance, digests) {
      const links = (digest: string): LinkKey[] =>
        store.linkKeys.filter((key) => key.role === "link" && key.digest === digest);
      return new Map(
        digests.map((digest) => [
          digest,
          { since: Math.min(...links(digest).map((key) => key.at)), requests: links(digest).length },
        ]),
      );
    },

    async listDeadLetters(filter, limit, after) {
      guard();
      return store.letters
        .filter((one) => passes(one, filter))
        .sort((a, b) => b.at - a.at || (a.deadLetterId < b.deadLetterId ? 1 : -1))
        .filter((one) => after === undefined || isBehind(one, after))
        .slice(0, limit);
    },
    findDeadLetters: async (ids) => store.letters.filter((one) => ids.includes(one.deadLetterId)),
    async findDeadLetter(id) {
      guard();
      const waiting = store.letters.find((one) => one.deadLetterId === id);
      return waiting === undefined
        ? store.settled.get(id)
        : { ...waiting, state: "waiting", settledAt: null };
    },
    async deadLettersByCode() {
      guard();
      const counts = new Map<string, number>();
      for (const { code } of store.letters) counts.set(code, (counts.get(code) ?? 0) + 1);
      return counts;
    },
    async settleDeadLetters(which, state, settledAt) {
      const fits = (one: DeadLetter): boolean =>
        Array.isArray(which) ? which.includes(one.deadLetterId) : passes(one, which as DeadLetterFilter);
      const found = store.letters.filter(fits);
      for (const one of found) store.settled.set(one.deadLetterId, { ...one, body: "", state, settledAt });
      store.letters = store.letters.filter((one) => !fits(one));
      return found.length;
    },

    countStoredEvents: async () => 0,
    storedEvents: async () => [],
    storedFacts: (ids) => store.factsOf(ids),

    saveKey: async (key) => void keys.set(key.keyId, key),
    async findKey(keyId) {
      store.calls.findKey += 1;
      guard();
      return keys.get(keyId);
    },
    listKeys: async () => [...keys.values()],

    async streamReport() {
      guard();
      return store.report;
    },
    windows: [],
    unstated: [],
    async judgedWindows(since) {
      guard();
      return store.windows.filter((one) => one.until > since);
    },
    async unstatedHours() {
      guard();
      return store.unstated;
    },
    async pathReport(since, until) {
      guard();
      return { ...store.paths, since, until };
    },
    async repairRuns(since, limit) {
      guard();
      return store.repairs.filter(({ startedAt }) => startedAt >= since).slice(0, limit);
    },
    findRepair: async (repairId) => store.repairs.find((run) => run.repairId === repairId),
    async ask(since, source = "journal") {
      const run = repairRun({ repairId: `r-${store.repairs.length + 1}`, source, from: since });
      if (source !== "journal") throw new After202Error("JOURNAL_UNKNOWN", "This process reads journal.");
      store.repairs.unshift(run);
      return [run];
    },
    ping: async () => store.fault === undefined,
  };
  return store;
}

function fits(one: Lifecycle, filter: RequestFilter): boolean {
  const { since = -Infinity, until = Infinity, ...equal } = filter;
  const named = Object.entries(equal) as [keyof Lifecycle, unknown][];
  return one.t0 >= since && one.t0 < until && named.every(([name, value]) => one[name] === value);
}

function passes(one: DeadLetter, { code, path, since }: DeadLetterFilter): boolean {
  return (
    (code === undefined || one.code === code) &&
    (path === undefined || one.path === path) &&
    (since === undefined || one.at >= since)
  );
}

function isBehind(one: DeadLetter, after: DeadLetterPosition): boolean {
  return one.at < after.at || (one.at === after.at && one.deadLetterId < after.deadLetterId);
}
