/**
 * Waiting for requests to settle, any number of waiters under one loop.
 *
 * The loop sleeps until something may have changed, then folds all candidates at once:
 *   a change     the feed names a request that somebody waits for
 *   the clock    the next retry, the end of the link window or the deadline of one is reached
 *   the poll     once a second all are looked at: another process may have stored the change
 * While the store is away waiters keep waiting; only one whose time is up is told.
 */
import type { Ledger } from "../core/ledger.ts";
import { isTerminal, type Lifecycle } from "../core/lifecycle.ts";
import { After202Error } from "../core/errors.ts";
import type { ChangeFeed, Clock } from "../core/ports.ts";
import { WAIT_POLL_MS } from "./limits.ts";

export interface SettlementWatch {
  /**
   * The request once it is settled, or as it stands after `timeoutMs`; undefined when it is unknown even then.
   * Rejects with TOO_MANY_REQUESTS beyond the bound of waiters, with SHUTTING_DOWN on close.
   */
  settled(requestId: string, timeoutMs: number, signal: AbortSignal): Promise<Lifecycle | undefined>;
  readonly waiting: number;
  close(): void;
}

interface Waiter {
  readonly until: number;
  resolve(one: Lifecycle | undefined): void;
  reject(error: unknown): void;
}

interface Watched {
  readonly waiters: Set<Waiter>;
  /** When to look again without a sign of a change. */
  lookAt: number;
}

interface WatchParts {
  readonly ledger: Ledger;
  readonly changes: ChangeFeed;
  readonly clock: Clock;
  readonly maxWaiters: number;
}

export function createSettlementWatch({ ledger, changes, clock, maxWaiters }: WatchParts): SettlementWatch {
  const watched = new Map<string, Watched>();
  let waiting = 0;
  let running = false;
  let closed = false;
  let nap = new AbortController();

  const unsubscribe = changes.subscribe((changed) => {
    if (watched.size === 0) return;
    const requestIds = changed();
    let hit = false;
    for (const [requestId, entry] of watched) {
      if (!requestIds.has(requestId)) continue;
      entry.lookAt = 0;
      hit = true;
    }
    if (hit) nap.abort();
  });

  async function run(): Promise<void> {
    running = true;
    while (watched.size > 0) {
      await look();
      const next = Math.min(...[...watched.values()].map(nextLook));
      nap = new AbortController();
      const restMs = next - clock.now();
      if (restMs > 0 && watched.size > 0) await clock.sleep(restMs, nap.signal).catch(() => undefined);
    }
    running = false;
  }

  async function look(): Promise<void> {
    const now = clock.now();
    const due = [...watched].filter(([, entry]) => nextLook(entry) <= now);
    for (const [, entry] of due) entry.lookAt = now + WAIT_POLL_MS;
    if (due.length === 0) return;
    // whoever comes while the store answers is not told what was true before
    const asking = new Map(due.map(([, entry]) => [entry, [...entry.waiters]]));
    try {
      const found = await ledger.getMany(due.map(([requestId]) => requestId));
      for (const [requestId, entry] of due) {
        judge(entry, asking.get(entry) ?? [], found.get(requestId), clock.now());
      }
    } catch (error) {
      for (const waiter of [...asking.values()].flat()) if (waiter.until <= now) waiter.reject(error);
    }
  }

  return {
    settled(requestId, timeoutMs, signal) {
      if (closed) return Promise.reject(stopping());
      if (signal.aborted) return Promise.resolve(undefined);
      if (waiting >= maxWaiters) return Promise.reject(tooMany(maxWaiters));
      return new Promise<Lifecycle | undefined>((resolve, reject) => {
        const entry = watched.get(requestId) ?? { waiters: new Set(), lookAt: 0 };
        entry.lookAt = 0;
        const leave = (): void => {
          if (!entry.waiters.delete(waiter)) return;
          waiting -= 1;
          signal.removeEventListener("abort", gone);
          if (entry.waiters.size === 0) watched.delete(requestId);
          if (watched.size === 0) nap.abort();
        };
        const gone = (): void => waiter.resolve(undefined);
        const waiter: Waiter = {
          until: clock.now() + timeoutMs,
          resolve: (one) => (leave(), resolve(one)),
          reject: (error: Error) => (leave(), reject(error)),
        };
        entry.waiters.add(waiter);
        watched.set(requestId, entry);
        waiting += 1;
        signal.addEventListener("abort", gone);
        if (running) nap.abort();
        else void run();
      });
    },
    get waiting() {
      return waiting;
    },
    close() {
      closed = true;
      unsubscribe();
      for (const entry of watched.values()) for (const waiter of entry.waiters) waiter.reject(stopping());
      nap.abort();
    },
  };
}

/** Answers those whose request is settled or whose time is up, and notes when the clock changes the rest. */
function judge(entry: Watched, waiters: readonly Waiter[], one: Lifecycle | undefined, now: number): void {
  const settled = one !== undefined && (isTerminal(one.state) || !one.verifiable);
  for (const waiter of waiters) if (settled || waiter.until <= now) waiter.resolve(one);
  const { nextAt = null, windowEndsAt = null, deadlineAt = null } = one?.retry ?? {};
  for (const at of [nextAt, windowEndsAt, deadlineAt]) {
    if (at !== null && at > now && at < entry.lookAt) entry.lookAt = at;
  }
}

function nextLook(entry: Watched): number {
  return Math.min(entry.lookAt, ...[...entry.waiters].map((waiter) => waiter.until));
}

function stopping(): After202Error {
  return new After202Error("SHUTTING_DOWN", "The service is stopping; ask again in a few seconds.");
}

function tooMany(maxWaiters: number): After202Error {
  return new After202Error(
    "TOO_MANY_REQUESTS",
    `${maxWaiters} calls wait already; poll GET /v1/requests/{requestId} instead.`,
  );
}
