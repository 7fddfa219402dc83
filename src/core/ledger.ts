/**
 * The ledger: questions about requests, answered by folding their facts.
 *
 * It joins the store's facts, the settings of the instance, the queues' lag and adoption; it stores nothing
 * itself. Every answer about a state goes through here.
 */
import { adoptFacts, matchAdoptions } from "./adoption.ts";
import { type CorrelationRollup, rollUp } from "./correlation.ts";
import { markGap } from "./gap-mark.ts";
import { markCancelledRefreshes } from "./cancelled-refresh.ts";
import type { Fact } from "./fact.ts";
import { foldLifecycle, type FoldContext, type Lifecycle } from "./lifecycle.ts";
import { settingsOf, type SettingsByInstance } from "./lifecycle-settings.ts";
import { awaitsPersons } from "./missing-persons.ts";
import type {
  AdoptionCandidate,
  Clock,
  CorrelatedRequest,
  CoverageGap,
  FactReader,
  ListFilter,
  ListPosition,
  RequestFilter,
} from "./ports.ts";

export interface LifecyclePage {
  readonly items: readonly Lifecycle[];
  /** Where the list goes on; undefined at its end. */
  readonly next: ListPosition | undefined;
}

/** [since, until], epoch milliseconds. */
export interface TimeStretch {
  readonly since: number;
  readonly until: number;
}

export interface Ledger {
  /** By the upstream's request id; a submission without one is found by its submission id. */
  get(requestId: string): Promise<Lifecycle | undefined>;
  getMany(requestIds: readonly string[]): Promise<Map<string, Lifecycle>>;
  /**
   * The same of requests that began in a stretch of time, faster: they lack what only timelines tell, but for what a refusal said.
   */
  getManyInShort(requestIds: readonly string[], began: TimeStretch): Promise<Map<string, Lifecycle>>;
  list(filter: RequestFilter, after: ListPosition | undefined, limit: number): Promise<LifecyclePage>;
  /** @param inShort its requests lack what only timelines tell; the roll-up itself is the same */
  correlation(correlationId: string, inShort?: boolean): Promise<CorrelationRollup | undefined>;
}

/** How many requests are folded at once; bounds the memory of a roll-up. */
const CHUNK = 2_000;
/** Fewer requests are looked up one by one: that is faster than a stretch of time. */
const WORTH_A_STRETCH = 50;
/** In search of a state so many requests are folded at once, and in all; then the page goes out as it is. */
const FOLDED_AT_ONCE = 1_000;
const LONGEST_SEARCH = 50_000;
/** Of so many requests that may be in a state one is, where that is known to be more than one: most failures are made good. */
const PER_HIT: Readonly<Record<string, number>> = { succeeded: 1.5, retrying: 1.5, partially_failed: 15 };
/** How long a reading of the stream's condition (the queues' lag, gaps) is used, in milliseconds. */
const CONDITION_TTL_MS = 5_000;
/** Of gaps that ended further back nobody asks any more. */
const GAP_LOOK_BACK_MS = 31 * 24 * 3_600_000;

export function createLedger(store: FactReader, settings: SettingsByInstance, clock: Clock): Ledger {
  let condition: { at: number; read: Promise<Condition> } | undefined;
  const widestWindowMs = Math.max(...[...settings.values()].map((one) => one.adoptionWindowMs));

  async function context(): Promise<Seen> {
    const now = clock.now();
    if (condition === undefined || now - condition.at > CONDITION_TTL_MS) {
      const read = Promise.all([store.queueLags(now), store.unreadGaps(now - GAP_LOOK_BACK_MS)]);
      condition = { at: now, read };
      read.catch(() => (condition = undefined));
    }
    const [byQueue, gaps] = await condition.read;
    return {
      now,
      gaps,
      longestLagMs: Math.max(0, ...byQueue.values()),
      settingsFor: (instance) => settingsOf(settings, instance),
      lagMsFor: (instance, priority) => byQueue.get(`${instance}\n${priority}`) ?? 0,
    };
  }

  async function getMany(requestIds: readonly string[]): Promise<Map<string, Lifecycle>> {
    return (await foldMany(requestIds)).folded;
  }

  /** Folds what was asked for, and where adoption is possible, the requests around it. */
  async function foldMany(
    requestIds: readonly string[],
    reading: Promise<Map<string, Fact[]>> = store.factsOf(requestIds),
  ): Promise<Folded> {
    const [seen, facts] = await Promise.all([context(), reading]);
    const folded = foldAll(facts, seen);
    const doubtful = new Set<string>();
    for (const one of folded.values()) {
      if (one.correlationId !== "" && isAdoptable(one)) doubtful.add(one.correlationId);
    }
    if (doubtful.size === 0) return { folded, alone: folded };
    const candidates = await store.adoptionCandidates([...doubtful], widestWindowMs);
    if (candidates.length === 0) return { folded, alone: folded };
    const around = await factsAround(candidates.filter((one) => !folded.has(one.requestId)));
    const all = new Map([...folded, ...foldAll(around, seen)]);
    const adoptions = [
      ...matchAdoptions([...all.values()], (instance) => settingsOf(settings, instance).adoptionWindowMs),
    ].filter((pair) => pair.some((id) => folded.has(id)));
    const full = await store.factsOf(adoptions.flat().filter((id) => around.has(id)));
    for (const [submission, request] of adoptions) {
      const merged = foldOne(
        [...factsFor(request, facts, full), ...adoptFacts(factsFor(submission, facts, full), request)],
        seen,
      );
      if (folded.has(submission)) folded.set(submission, merged);
      if (folded.has(request)) folded.set(request, merged);
    }
    return { folded, alone: all };
  }

  /** Of many candidates most adopt nothing: those of one correlation are near each other, and are judged in short. */
  async function factsAround(candidates: readonly AdoptionCandidate[]): Promise<Map<string, Fact[]>> {
    const found: (readonly [string, Fact[]])[] = [];
    const others: string[] = [];
    for (const correlationId of new Set(candidates.map((one) => one.correlationId))) {
      const near = candidates.filter((one) => one.correlationId === correlationId);
      const ids = near.map((one) => one.requestId);
      const times = near.map((one) => one.t0);
      const isWorth = ids.length >= WORTH_A_STRETCH;
      const short = isWorth
        ? await store.shortFactsOf(ids, Math.min(...times), Math.max(...times))
        : undefined;
      if (short === undefined) others.push(...ids);
      else found.push(...short);
    }
    return new Map([...found, ...(await store.factsOf(others))]);
  }

  async function list(
    filter: RequestFilter,
    after: ListPosition | undefined,
    limit: number,
  ): Promise<LifecyclePage> {
    const asked: ListFilter = { ...filter, ...(await openSinceOf(filter.state)) };
    const found: Found = { items: new Map(), next: after };
    const first = Math.ceil(limit * (PER_HIT[filter.state ?? ""] ?? 1)) + 1;
    for (let more = first, seen = 0; seen < LONGEST_SEARCH;) {
      if (!(await listFrom(asked, more, limit, found)) || found.items.size >= limit) break;
      seen += more;
      // as many as make the page full if those to come are like those seen
      const wanted = (limit + 1 - found.items.size) * (seen / Math.max(1, found.items.size));
      more = Math.ceil(Math.min(FOLDED_AT_ONCE, Math.max(first, 1.2 * wanted)));
    }
    return { items: [...found.items.values()], next: found.next };
  }

  /** Since when what is open in this way can have begun, whatever its instance. */
  async function openSinceOf(state: string | undefined): Promise<Pick<ListFilter, "openSince">> {
    if (state !== "accepted" && state !== "processing" && state !== "retrying") return {};
    const { now, longestLagMs } = await context();
    const longest = Math.max(
      ...[...settings.values()].map(({ policy: { retryAfterMs, linkWindowMs }, graceMs }) =>
        state === "retrying" ? Math.max(linkWindowMs, ...retryAfterMs) + graceMs : (retryAfterMs[0] ?? 0),
      ),
    );
    return { openSince: now - longest - longestLagMs };
  }

  /**
   * Goes on with a list until its page is full or `asked` positions are seen.
   *
   * @returns whether there is more; `found.next` then says where
   */
  async function listFrom(filter: ListFilter, asked: number, limit: number, found: Found): Promise<boolean> {
    const positions = await store.listRequests(filter, found.next, asked);
    const { folded, alone } = await foldListed(positions, filter, limit);
    for (const position of positions) {
      if (found.items.size >= limit) return true;
      found.next = position;
      const one = folded.get(position.requestId);
      const itself = alone.get(position.requestId);
      if (one === undefined || itself === undefined || !isNamed(itself, filter) || !fitsFold(one, filter))
        continue;
      // a submission and the request that adopted it are one, and stand where the request stands, if it does
      const adoptedBy = one.requestId === position.requestId ? undefined : alone.get(one.requestId);
      if (adoptedBy === undefined || !isAskedFor(adoptedBy, filter)) found.items.set(one.requestId, one);
    }
    if (positions.length === asked) return true;
    found.next = undefined;
    return false;
  }

  /** In search of a state, most are not in it: those that began close together are judged in short, and only the others read. */
  async function foldListed(
    positions: readonly ListPosition[],
    { state }: ListFilter,
    limit: number,
  ): Promise<Folded> {
    const ids = positions.map((one) => one.requestId);
    const isPage = ids.length <= 2 * limit; // most of them will be in it
    if (state === undefined || isPage || ids.length < WORTH_A_STRETCH) return foldMany(ids);
    const [newest, oldest] = [positions[0]?.t0 ?? 0, positions.at(-1)?.t0 ?? 0];
    const short = await store.shortFactsOf(ids, oldest, newest);
    if (short === undefined) return foldMany(ids);
    const { folded } = await foldMany(ids, Promise.resolve(short));
    return foldMany(ids.filter((id) => folded.get(id)?.state === state));
  }

  async function correlation(correlationId: string, inShort = false): Promise<CorrelationRollup | undefined> {
    const requests = new Map<string, Lifecycle>();
    for (let after = ""; ;) {
      const found = await store.requestsOfCorrelation(correlationId, after, CHUNK);
      const folded = inShort ? await foldInShort(found) : await getMany(found.map((one) => one.requestId));
      for (const one of folded.values()) requests.set(one.requestId, one);
      const last = found.at(-1);
      if (found.length < CHUNK || last === undefined) break;
      after = last.requestId;
    }
    return requests.size === 0
      ? undefined
      : rollUp(correlationId, await marked([...requests.values()]), clock.now());
  }

  /** Those that wait for persons are read in full: what is missing is asked by the ids of their attempts. */
  async function foldInShort(found: readonly CorrelatedRequest[]): Promise<ReadonlyMap<string, Lifecycle>> {
    const since = found.reduce((first, one) => Math.min(first, one.since), Infinity);
    const until = found.reduce((last, one) => Math.max(last, one.until), 0);
    const ids = found.map((one) => one.requestId);
    return foldStretch(ids, { since, until }, awaitsPersons);
  }

  /** @param needsAll of which requests everything is read, after all */
  async function foldStretch(
    ids: readonly string[],
    { since, until }: TimeStretch,
    needsAll: (one: Lifecycle) => boolean,
  ): Promise<Map<string, Lifecycle>> {
    if (ids.length < WORTH_A_STRETCH) return getMany(ids);
    const facts = await store.shortFactsOf(ids, since, until);
    if (facts === undefined) return getMany(ids);
    const { folded } = await foldMany(ids, Promise.resolve(facts));
    const again = [...folded].flatMap(([id, one]) => (needsAll(one) ? [id] : []));
    return again.length === 0 ? folded : new Map([...folded, ...(await getMany(again))]);
  }

  async function marked(requests: readonly Lifecycle[]): Promise<Lifecycle[]> {
    return markCancelledRefreshes(
      requests,
      (instance) => settingsOf(settings, instance).streamRefreshMs,
      store.jobStarts,
    );
  }

  return {
    async get(requestId) {
      const one = (await getMany([requestId])).get(requestId);
      return one === undefined ? undefined : (await marked([one]))[0];
    },
    getMany,
    getManyInShort: (requestIds, began) => foldStretch(requestIds, began, (one) => one.state === "rejected"),
    list,
    correlation,
  };
}

function isAdoptable(one: Lifecycle): boolean {
  return one.state === "unconfirmed" || (one.submissions.length === 0 && one.jobs.length === 0);
}

interface Folded {
  /** By the ids that were asked for. */
  readonly folded: Map<string, Lifecycle>;
  /** The same before adoption, with the requests around. */
  readonly alone: ReadonlyMap<string, Lifecycle>;
}

/** By queue its lag, and what of the stream was never read. */
type Condition = readonly [ReadonlyMap<string, number>, readonly CoverageGap[]];

interface Seen extends FoldContext {
  readonly longestLagMs: number;
  readonly gaps: readonly CoverageGap[];
}

interface Found {
  readonly items: Map<string, Lifecycle>;
  /** The last position seen; undefined at the end of the list. */
  next: ListPosition | undefined;
}

function fitsFold(one: Lifecycle, filter: RequestFilter): boolean {
  return (
    (filter.state === undefined || filter.state === one.state) &&
    (filter.linkBearing === undefined || filter.linkBearing === one.linkBearing)
  );
}

/** Whether the request stands in the list by its own facts. */
function isAskedFor(one: Lifecycle, filter: ListFilter): boolean {
  const { since = -Infinity, until = Infinity } = filter;
  return one.t0 >= since && one.t0 < until && isNamed(one, filter);
}

const NAMES = ["instance", "correlationId", "requestSource", "objectType", "objectName", "clientId"] as const;

function isNamed(one: Lifecycle, filter: ListFilter): boolean {
  return NAMES.every((name) => filter[name] === undefined || one[name] === filter[name]);
}

function foldAll(facts: ReadonlyMap<string, readonly Fact[]>, seen: Seen): Map<string, Lifecycle> {
  const folded = new Map<string, Lifecycle>();
  for (const [requestId, all] of facts) {
    if (all.length > 0) folded.set(requestId, foldOne(all, seen));
  }
  return folded;
}

function foldOne(facts: readonly Fact[], seen: Seen): Lifecycle {
  return markGap(foldLifecycle(facts, seen), seen.gaps, seen.now);
}

function factsFor(requestId: string, ...sources: readonly ReadonlyMap<string, Fact[]>[]): Fact[] {
  return sources.flatMap((source) => source.get(requestId) ?? []);
}
