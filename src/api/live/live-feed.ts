/**
 * The live feed: every lifecycle that changes, to everybody who follows, at least once and in no strict order.
 *
 * It reads arrivals from the store, woken by the change feed of this process, so that what other processes store is told
 * as well. One round folds a bounded number of requests and then rests, so that ingest and status go first; a feed that
 * falls too far behind skips to the present and says so. A follower who does not read is let go.
 */
import type { Ledger } from "../../core/ledger.ts";
import type { Lifecycle } from "../../core/lifecycle.ts";
import { lifecycleJson, timeText } from "../../core/lifecycle-json.ts";
import { After202Error } from "../../core/errors.ts";
import type { ArrivalReader, ChangeFeed, Clock, Logger } from "../../core/ports.ts";
import { ArrivalLine } from "./arrival-line.ts";
import { DueChanges } from "./due-changes.ts";
import type { Follower, LiveEvent } from "./follower.ts";
import { LiveBatch } from "./live-batch.ts";
import { fitsFilter } from "./live-filter.ts";

export interface LiveFeedParts {
  readonly ledger: Ledger;
  readonly arrivals: ArrivalReader;
  readonly changes: ChangeFeed;
  readonly clock: Clock;
  readonly logger: Pick<Logger, "warn">;
  readonly limits: LiveLimits;
}

export interface LiveLimits {
  readonly maxFollowers: number;
  /** What may wait for a follower, in bytes, before it is let go. */
  readonly maxWaitingBytes: number;
  /** Requests folded in one round. */
  readonly foldedAtOnce: number;
  /** Events handed out in one round, to all followers together. */
  readonly sentAtOnce: number;
  /** Behind the newest arrival by more than this, the feed skips; so far back a follower may resume. */
  readonly maxBehindMs: number;
}

export const LIVE_LIMITS: LiveLimits = {
  maxFollowers: 2_000,
  maxWaitingBytes: 1_048_576,
  foldedAtOnce: 500,
  sentAtOnce: 20_000,
  maxBehindMs: 5 * 60_000,
};

export interface LiveFeed {
  /** To be asked before the connection is opened. @throws After202Error TOO_MANY_REQUESTS, SHUTTING_DOWN */
  requireRoom(): void;
  /** @returns a function that ends it */
  follow(follower: Follower): () => void;
  readonly followers: number;
  readonly counts: LiveCounts;
  close(): void;
}

export interface LiveCounts {
  sent: number;
  letGo: number;
  skipped: number;
}

/** Without a sign of a change the store is asked so often: another process may have stored something. */
const POLL_MS = 500;
/** Changes of one moment go together. */
const GATHER_MS = 50;
/** After reading and folding the feed rests for so many times as long as that took. */
const REST_FACTOR = 5;
/** After writing for so many times as long: a thousand followers take a twentieth of a core, and no more. */
const WRITE_REST_FACTOR = 20;

export function createLiveFeed(parts: LiveFeedParts): LiveFeed {
  return new Feed(parts);
}

class Feed implements LiveFeed {
  readonly counts: LiveCounts = { sent: 0, letGo: 0, skipped: 0 };
  private readonly parts: LiveFeedParts;
  private readonly following = new Set<Follower>();
  /** Those who still hear of what they missed. */
  private readonly catchingUp = new Set<Follower>();
  private readonly due = new DueChanges();
  private readonly unsubscribe: () => void;
  private readonly ending = new AbortController();
  private line: ArrivalLine | undefined;
  private running = false;
  private failing = false;
  /** Milliseconds spent writing since the last rest. */
  private wroteMs = 0;
  /** The last round left arrivals over. */
  private hasMore = false;
  private nap = new AbortController();

  constructor(parts: LiveFeedParts) {
    this.parts = parts;
    this.unsubscribe = parts.changes.subscribe(() => this.nap.abort());
  }

  get followers(): number {
    return this.following.size + this.catchingUp.size;
  }

  requireRoom(): void {
    if (this.ending.signal.aborted) {
      throw new After202Error("SHUTTING_DOWN", "The service is stopping; connect again in a few seconds.");
    }
    const { maxFollowers } = this.parts.limits;
    if (this.followers >= maxFollowers) {
      throw new After202Error(
        "TOO_MANY_REQUESTS",
        `${maxFollowers} follow already; poll /v1/requests instead.`,
      );
    }
  }

  follow(follower: Follower): () => void {
    if (follower.after === undefined) this.following.add(follower);
    else void this.catchUp(follower, follower.after);
    if (!this.running) void this.run();
    return () => this.leave(follower);
  }

  close(): void {
    this.ending.abort();
    this.unsubscribe();
    for (const follower of [...this.following, ...this.catchingUp]) {
      this.leave(follower);
      follower.line.end("SHUTTING_DOWN", "The service is stopping; connect again in a few seconds.");
    }
    this.nap.abort();
  }

  private leave(follower: Follower): void {
    this.following.delete(follower);
    this.catchingUp.delete(follower);
    if (this.followers === 0) this.nap.abort();
  }

  private async run(): Promise<void> {
    const { clock, logger } = this.parts;
    this.running = true;
    this.line = undefined;
    this.hasMore = false;
    this.due.clear();
    while (this.followers > 0) {
      const began = clock.now();
      this.nap = new AbortController();
      try {
        this.hasMore = await this.round();
        this.failing = false;
      } catch (err) {
        if (!this.failing) logger.warn({ err }, "the live feed waits for the store");
        this.failing = true;
      }
      const { wroteMs } = this;
      this.wroteMs = 0;
      const foldedMs = clock.now() - began - wroteMs;
      await this.rest(Math.max(GATHER_MS, foldedMs * REST_FACTOR, wroteMs * WRITE_REST_FACTOR));
      if (!this.hasMore && !this.nap.signal.aborted) await this.rest(POLL_MS, this.nap.signal);
    }
    this.running = false;
  }

  private async rest(ms: number, signal = this.ending.signal): Promise<void> {
    await this.parts.clock.sleep(ms, signal).catch(() => undefined);
  }

  /** @returns whether there is more to do at once */
  private async round(): Promise<boolean> {
    const { clock, limits } = this.parts;
    const now = clock.now();
    this.line ??= await this.lineFromNow(now);
    if (this.hasMore) await this.skipIfBehind(this.line);
    const limit = Math.max(1, Math.min(limits.foldedAtOnce, limits.sentAtOnce / Math.max(1, this.followers)));
    const { requestIds, more } = await this.line.read(Math.floor(limit), now);
    const byTime = this.due.due(now, limits.foldedAtOnce).filter((id) => !requestIds.has(id));
    if (requestIds.size + byTime.length === 0) return false;
    const found = await this.fold([...requestIds, ...byTime]);
    const foldedAt = clock.now();
    this.due.forget(byTime.filter((id) => !found.has(id)));
    const told: Lifecycle[] = [];
    for (const [requestId, one] of found) {
      const changed = this.due.note(one, foldedAt);
      if (changed || requestIds.has(requestId)) told.push(one);
    }
    this.tell(told, foldedAt, this.line.at, this.following);
    return more;
  }

  private async lineFromNow(now: number): Promise<ArrivalLine> {
    const { arrivals } = this.parts;
    const line = new ArrivalLine(arrivals, (await arrivals.lastArrivalAt()) ?? 0, now);
    await line.startHere();
    return line;
  }

  /** A look back may find many. */
  private async fold(requestIds: readonly string[]): Promise<Map<string, Lifecycle>> {
    const { ledger, limits } = this.parts;
    const found = new Map<string, Lifecycle>();
    for (let from = 0; from < requestIds.length; from += limits.foldedAtOnce) {
      const some = await ledger.getMany(requestIds.slice(from, from + limits.foldedAtOnce));
      for (const [requestId, one] of some) found.set(requestId, one);
    }
    return found;
  }

  private async skipIfBehind(line: ArrivalLine): Promise<void> {
    const last = await this.parts.arrivals.lastArrivalAt();
    if (last === undefined || last - line.at <= this.parts.limits.maxBehindMs || line.at === 0) return;
    this.counts.skipped += 1;
    const gap = new LiveBatch([gapEvent(line.at, last)]);
    line.skipTo(last);
    await line.startHere();
    for (const follower of this.following) this.send(follower, gap);
  }

  /** What a follower has missed, in turns; then it follows with the others. */
  private async catchUp(follower: Follower, after: number): Promise<void> {
    const { arrivals, clock, limits, logger } = this.parts;
    this.catchingUp.add(follower);
    try {
      const last = (await arrivals.lastArrivalAt()) ?? 0;
      const oldest = last - limits.maxBehindMs;
      if (after < oldest) this.send(follower, new LiveBatch([gapEvent(after, oldest)]));
      const line = new ArrivalLine(arrivals, Math.max(after, oldest) - 1, clock.now());
      while (this.catchingUp.has(follower)) {
        const began = clock.now();
        const { requestIds, more } = await line.read(limits.foldedAtOnce, began);
        const found = await this.fold([...requestIds]);
        this.tell([...found.values()], clock.now(), line.at, [follower]);
        if (!more && line.at >= (this.line?.at ?? 0)) break;
        await this.rest(Math.max(GATHER_MS, (clock.now() - began) * REST_FACTOR));
      }
      if (this.catchingUp.delete(follower)) this.following.add(follower);
    } catch (err) {
      logger.warn({ err }, "a follower could not be told what it missed");
      this.leave(follower);
      follower.line.end("STORE_UNAVAILABLE", "ClickHouse does not answer; connect again in a few seconds.");
    }
  }

  /** Each lifecycle becomes text once, each filter's share of them a batch once. */
  private tell(told: readonly Lifecycle[], now: number, at: number, to: Iterable<Follower>): void {
    const began = performance.now();
    const events = new Map<Lifecycle, LiveEvent>();
    const eventOf = (one: Lifecycle): LiveEvent => {
      const event = events.get(one) ?? lifecycleEvent(one, now, at);
      events.set(one, event);
      return event;
    };
    const batches = new Map<string, LiveBatch>();
    for (const follower of to) {
      const key = JSON.stringify(follower.filter);
      let batch = batches.get(key);
      if (batch === undefined) {
        batch = new LiveBatch(told.filter((one) => fitsFilter(one, follower.filter)).map(eventOf));
        batches.set(key, batch);
      }
      if (batch.events.length > 0) this.send(follower, batch);
    }
    this.wroteMs += performance.now() - began;
  }

  private send(follower: Follower, batch: LiveBatch): void {
    if (follower.line.waitingBytes > this.parts.limits.maxWaitingBytes) {
      this.leave(follower);
      this.counts.letGo += 1;
      follower.line.end(
        "FOLLOWER_TOO_SLOW",
        "You did not read what was sent; connect again, and read faster.",
      );
      return;
    }
    this.counts.sent += batch.events.length;
    follower.line.send(batch);
  }
}

function lifecycleEvent(one: Lifecycle, now: number, at: number): LiveEvent {
  return { event: "lifecycle", id: String(at), data: JSON.stringify(lifecycleJson(one, now)) };
}

function gapEvent(from: number, until: number): LiveEvent {
  const data = JSON.stringify({ from: timeText(from), until: timeText(until) });
  return { event: "gap", id: String(until), data };
}
