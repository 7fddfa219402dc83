/**
 * Ports: the types between sources, pipeline, store, API and alerts: the system on one screen.
 *
 * Declared for their consumers. Nothing here has behaviour; app.ts decides who implements what.
 */
import type { CompletenessReader } from "./completeness-ports.ts";
import type { CoveredInterval } from "./coverage.ts";
import type { ErrorCode } from "./errors.ts";
import type { Fact, JobState } from "./fact.ts";
import type { ResultRows } from "./result-rows.ts";
import type { StreamMetric } from "./stream-metric.ts";
import type { StreamStatus } from "./stream-status.ts";
import type { LinkKey } from "./submission.ts";

/** Time, passed in. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** Resolves after `ms`, or rejects as soon as the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Log lines with structured fields; secrets are never among them. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

// ---- source → pipeline -------------------------------------------------------------------------------------

/** The ways in which events arrive. */
export type SourcePath = "journal" | "webhook" | "sse" | "websocket" | "relay" | "replay";

/** The same, and that of a source that asks for what it tells. */
export type SourceWay = SourcePath | "poll";

/** What a source hands over: bytes as they came, and where from. */
export interface Delivery {
  readonly path: SourcePath;
  /** Name of the source, as settings and metrics know it. */
  readonly source: string;
  /** One JSON document (event, batch, page), or, with `lines`, one a line. */
  readonly payload: Uint8Array | string;
  readonly lines?: boolean;
  /** Count duplicates against the store, not only against memory: slower, exact. */
  readonly exact?: boolean;
  /** The one client id whose events are wanted; others' are refused. */
  readonly recipientClientId?: string;
  /** Why the source itself cannot read the payload: then it goes to dead letters as it is. */
  readonly fault?: DeliveryFault;
}

export interface DeliveryFault {
  readonly code: ErrorCode;
  readonly reason: string;
}

/** What became of a delivery, once all of it is durable. */
export interface Receipt {
  readonly read: number;
  readonly fresh: number;
  readonly duplicate: number;
  /** Events (or lines, or pages) of which something went to dead letters. */
  readonly dead: number;
}

/**
 * The pipeline, as sources see it.
 *
 * `accept` resolves when everything in the delivery is stored (rows or dead letters): only then may the source
 * acknowledge. It rejects with STORE_UNAVAILABLE, BUFFER_FULL or SHUTTING_DOWN: then nothing may be acknowledged.
 * A source that can wait (a journal) awaits `ready()` first; one that cannot (a webhook) lets BUFFER_FULL go back.
 */
export interface Intake {
  accept(delivery: Delivery): Promise<Receipt>;
  /** Facts made elsewhere (submissions, job states), on the same way into the store. */
  acceptFacts(facts: readonly Fact[], linkKeys?: readonly LinkKey[]): Promise<void>;
  /** Resolves when there is room again. */
  ready(signal?: AbortSignal): Promise<void>;
}

/** Something that reads from outside until it is told to stop. */
export interface Source {
  readonly name: string;
  /** Runs until the signal aborts; rejects only on a fault of its own making. */
  run(signal: AbortSignal): Promise<void>;
  status(): SourceStatus;
}

export interface SourceStatus {
  readonly name: string;
  readonly path: SourceWay;
  readonly state: "starting" | "reading" | "idle" | "retrying" | "stopped";
  readonly lastReadAt: number | null;
  readonly lastEventAt: number | null;
  /** Up to when the stream has been read and stored; null while unknown, or where a source cannot know. */
  readonly coveredUntil: number | null;
  /** The last fault, in words, while there is one. */
  readonly fault: string | null;
}

// ---- pipeline → store --------------------------------------------------------------------------------------

export interface RawEvent {
  readonly eventId: string;
  readonly type: string;
  /** Epoch milliseconds of the event. */
  readonly time: number;
  readonly instance: string;
  /** The event as it came, JSON text or its bytes; empty when bodies are not kept. */
  readonly body: string | Uint8Array;
  readonly path: SourcePath;
  readonly source: string;
  /** The facts of the event, where they were read straight to rows; they stand nowhere else in the batch then. */
  readonly results?: ResultRows;
}

/** An event that is stored already came from one more source. */
export interface Sighting {
  readonly eventId: string;
  /** Epoch milliseconds of the event. */
  readonly time: number;
  readonly path: SourcePath;
  readonly source: string;
}

export interface DeadLetter {
  /** Hash of path-independent content: the same broken input twice is one dead letter. */
  readonly deadLetterId: string;
  /** Epoch milliseconds at which it arrived. */
  readonly at: number;
  readonly path: SourcePath;
  readonly source: string;
  readonly code: ErrorCode;
  /** What is wrong, and where. */
  readonly reason: string;
  /** The event's id, where it could be read. */
  readonly eventId: string;
  /** The input; where it is not UTF-8, in base64. */
  readonly body: string;
  readonly encoding: "utf-8" | "base64";
}

export interface StoreBatch {
  readonly facts: readonly Fact[];
  readonly events: readonly RawEvent[];
  readonly sightings: readonly Sighting[];
  readonly metrics: readonly StreamMetric[];
  readonly statuses: readonly StreamStatus[];
  readonly deadLetters: readonly DeadLetter[];
  readonly linkKeys: readonly LinkKey[];
}

/** The store, as the pipeline sees it: `append` resolves when every row is durable; repeating it changes nothing. */
export interface FactWriter {
  append(batch: StoreBatch): Promise<void>;
  /** Those of the ids whose events are stored already. */
  knownEventIds(eventIds: readonly string[]): Promise<Set<string>>;
}

/** Tells which requests have new facts, after these are durable; of this process only. */
export interface ChangeFeed {
  /** @returns a function that ends the subscription */
  subscribe(listener: (requestIds: () => ReadonlySet<string>) => void): () => void;
}

// ---- cursors and coverage ----------------------------------------------------------------------------------

export interface JournalCursor {
  readonly source: string;
  /** The URL of the next page, as the `Link` header gave it. */
  readonly next: string;
  /** Epoch milliseconds at which the cursor was stored. */
  readonly savedAt: number;
  /** Time of the newest event read, epoch milliseconds; null before the first. */
  readonly lastEventAt: number | null;
  /** Up to when the stream has been read and stored; null while unknown. */
  readonly coveredUntil: number | null;
  /** From when on it has been read without a gap; null while unknown. */
  readonly coveredFrom: number | null;
}

/** An interval in which the stream may have lost something on its way to us. */
export interface CoverageGap {
  readonly source: string;
  readonly from: number;
  readonly until: number;
  /** `position_expired`: the journal answered 410. */
  readonly reason: "position_expired";
}

/** A bulk job that is not seen to have ended, or whose rows that failed are not counted yet. */
export interface KnownJob {
  readonly requestId: string;
  readonly objectName: string;
  /** When it was created, as far as is known, epoch milliseconds. */
  readonly t0: number;
  /** The furthest state seen, and when it was. */
  readonly jobState: JobState;
  readonly at: number;
}

/** Bulk jobs, as the source that watches them asks for them: newest first. */
export interface JobReader {
  /** Created since then (epoch milliseconds), not seen to have ended, and not gone. */
  openJobs(instance: string, since: number, limit: number): Promise<KnownJob[]>;
  /** Created since then, complete or failed, and without a result: the rows of these objects that failed are not counted. */
  endedJobs(
    instance: string,
    objectNames: readonly string[],
    since: number,
    limit: number,
  ): Promise<KnownJob[]>;
}

export interface CursorStore {
  loadCursor(source: string): Promise<JournalCursor | undefined>;
  saveCursor(cursor: JournalCursor): Promise<void>;
  recordGap(gap: CoverageGap): Promise<void>;
  /** An interval that was read and that no cursor tells of. */
  recordCovered(interval: CoveredInterval): Promise<void>;
}

// ---- store → API and alerts --------------------------------------------------------------------------------

export interface RequestFilter {
  readonly state?: string;
  readonly instance?: string;
  readonly correlationId?: string;
  readonly requestSource?: string;
  readonly objectType?: string;
  readonly objectName?: string;
  readonly clientId?: string;
  readonly linkBearing?: boolean;
  /** Epoch milliseconds, inclusive. */
  readonly since?: number;
  /** Epoch milliseconds, exclusive. */
  readonly until?: number;
}

export interface ListFilter extends RequestFilter {
  /** Of requests that began before, only jobs, and what no upstream tells of, can still be in the state: epoch milliseconds. */
  readonly openSince?: number;
}

/** A place in a list that runs from new to old. */
export interface ListPosition {
  readonly t0: number;
  readonly requestId: string;
}

/** A request with new facts, and when they were stored, by ClickHouse's clock: epoch milliseconds. */
export interface Arrival {
  readonly requestId: string;
  readonly at: number;
}

/** What has changed, by whatever process, in the order in which it was stored. */
export interface ArrivalReader {
  /** Behind `after`, oldest first, some twice; what is stored at the same time may become visible in another order. */
  arrivalsAfter(after: Arrival, limit: number): Promise<Arrival[]>;
  /** The time of the newest arrival; undefined when there is none. */
  lastArrivalAt(): Promise<number | undefined>;
}

/** A submission without a response, or a request of the stream that nobody submitted: who could adopt whom. */
export interface AdoptionCandidate {
  readonly correlationId: string;
  readonly requestId: string;
  /** When it began, as far as its facts there know: epoch milliseconds. */
  readonly t0: number;
}

/** That a bulk job was taken up: closed, or being processed. */
export interface JobStart {
  readonly instance: string;
  readonly objectName: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** A request under a correlation id, and when it began as far as its facts there know: epoch milliseconds. */
export interface CorrelatedRequest {
  readonly requestId: string;
  readonly since: number;
  readonly until: number;
}

export interface FactReader {
  /** Bulk jobs of these objects that were taken up in [since, until]. */
  jobStarts(objectNames: readonly string[], since: number, until: number): Promise<JobStart[]>;
  /** All facts of the requests, duplicates possible. */
  factsOf(requestIds: readonly string[]): Promise<Map<string, Fact[]>>;
  /** Requests without a response under these correlation ids, and the stream's requests near them in time. */
  adoptionCandidates(correlationIds: readonly string[], windowMs: number): Promise<AdoptionCandidate[]>;
  /**
   * The same without what only a timeline tells, read in one stretch of time: of requests that began in [since, until],
   * epoch milliseconds. Undefined where that does not answer, or is not worth it.
   */
  shortFactsOf(
    requestIds: readonly string[],
    since: number,
    until: number,
  ): Promise<Map<string, Fact[]> | undefined>;
  /** Requests that carry the correlation id or one below it, in the order of their ids, after `after`. */
  requestsOfCorrelation(correlationId: string, after: string, limit: number): Promise<CorrelatedRequest[]>;
  /**
   * Requests that may fit, newest first: all that do are among them. Whether one does only its fold tells.
   */
  listRequests(filter: ListFilter, after: ListPosition | undefined, limit: number): Promise<ListPosition[]>;
  /** What of the stream was never read, of gaps that reach beyond `since`. */
  unreadGaps(since: number): Promise<readonly CoverageGap[]>;
  /** The newest lag of each queue, in milliseconds, keyed `instance\npriority`, as of `now`. */
  queueLags(now: number): Promise<Map<string, number>>;
}

export interface StreamReport {
  readonly cursors: readonly JournalCursor[];
  /** As they were recorded; see coverage.ts for what became of them. */
  readonly gaps: readonly CoverageGap[];
  /** What was read, of each journal, by cursors and besides. */
  readonly covered: readonly CoveredInterval[];
  /** The newest status of each instance and queue. */
  readonly statuses: readonly StreamStatus[];
  readonly deadLetters: number;
  readonly lastResultAt: number | null;
}

/** What a source has brought of all events that are known. */
export interface PathShare {
  readonly path: SourcePath;
  readonly source: string;
  /** Events that it brought before every other. */
  readonly first: number;
  /** Events that another had brought already. */
  readonly late: number;
  /** Events that only others brought. */
  readonly never: number;
  /** By how many milliseconds it came after the first, of its late ones; null: it had none. */
  readonly delayMs: { readonly median: number; readonly p99: number } | null;
}

/** Shares of the sources in the events of an interval of their own time. */
export interface PathReport {
  readonly since: number;
  readonly until: number;
  /** Events that any source brought. */
  readonly events: number;
  /** One in so many events was looked at; the counts are scaled up. */
  readonly sampled: number;
  readonly shares: readonly PathShare[];
}

export interface StreamReader extends CompletenessReader {
  streamReport(now: number): Promise<StreamReport>;
  /** @param since and @param until epoch milliseconds of the events' own time, whole minutes */
  pathReport(since: number, until: number): Promise<PathReport>;
}

export type Scope = "submit" | "read" | "admin";

export interface ApiKey {
  readonly keyId: string;
  readonly name: string;
  /** SHA-256 of the secret part, hex. */
  readonly hash: string;
  readonly scopes: readonly Scope[];
  readonly createdAt: number;
  readonly revokedAt: number | null;
}

export interface KeyStore {
  saveKey(key: ApiKey): Promise<void>;
  findKey(keyId: string): Promise<ApiKey | undefined>;
  listKeys(): Promise<ApiKey[]>;
}

export interface StoreHealth {
  ping(): Promise<boolean>;
}
