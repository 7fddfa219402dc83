/**
 * The journal: Adobe I/O Events, pulled page by page, for ever.
 *
 * The cursor never runs ahead of the rows: a page is acknowledged after it and all before it are durable. Pages are
 * read ahead while former ones are being stored. No fault ends it; only the signal does.
 */
import type { Dispatcher } from "undici";
import type {
  Clock,
  CursorStore,
  Intake,
  JournalCursor,
  Logger,
  Source,
  SourceStatus,
} from "../core/ports.ts";
import { backoffMs, DEFAULT_BACKOFF, type Backoff } from "../core/backoff.ts";
import { LONGEST_SILENCE_MS } from "../core/coverage.ts";
import { CursorKeeper } from "./cursor-keeper.ts";
import { firstEventTime, lastEventTime } from "./event-time.ts";
import { FaultBoard } from "./fault-board.ts";
import type { TokenProvider } from "./ims-token.ts";
import { requestPage, type JournalAnswer } from "./journal-request.ts";
import { insist } from "./insist.ts";
import { belongsToJournal, oldestUrl, startingUrl, type JournalStart } from "./journal-url.ts";
import { PageLine } from "./page-line.ts";
import { ReadInterval } from "./read-interval.ts";

export interface JournalOptions {
  readonly name: string;
  readonly url: string;
  readonly token: TokenProvider;
  readonly clientId: string;
  readonly orgId: string;
  readonly intake: Pick<Intake, "accept" | "ready">;
  readonly cursors: CursorStore;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Where to begin without a cursor; default the oldest event. */
  readonly start?: JournalStart;
  /** false: no cursor is looked up, none is saved (backfill). Default true. */
  readonly resume?: boolean;
  /** true: `run` resolves once the end is reached and everything is stored (backfill). Default false. */
  readonly stopAtEnd?: boolean;
  /** `run` also resolves after a page with an event younger than this (backfill), epoch milliseconds. */
  readonly stopAfter?: number;
  /** Without cursors: the position has expired, and reading has begun anew from the oldest event. */
  readonly onExpired?: () => void;
  /** How long the stream may say nothing; see `LONGEST_SILENCE_MS`, the default. */
  readonly longestSilenceMs?: number;
  /** Between polls at the end of the journal, where it does not say when. Default 5 s. */
  readonly idlePollMs?: number;
  /** Pages being stored at once. Default 32, and no more once they are 8 MB together. */
  readonly pagesInFlight?: number;
  /** Shortest time between two saves of the cursor. Default 1 s. */
  readonly cursorIntervalMs?: number;
  /** Default 16 MB; the documented limit is 1.5 MB. */
  readonly maxPageBytes?: number;
  /** For one request, wall-clock time. Default 30 s. */
  readonly timeoutMs?: number;
  readonly backoff?: Backoff;
  readonly dispatcher?: Dispatcher;
  readonly random?: () => number;
}

/** At the end of the journal the cursor is saved again so often: its age then tells how far we are behind. */
const IDLE_SAVE_MS = 60_000;
/** Tries to read a page that looks cut off, before it is handed on as it is. */
const CUT_PAGE_TRIES = 3;
const PAGES_IN_FLIGHT = 32;
const BYTES_IN_FLIGHT = 32 * 1024 * 1024;

export function createJournalSource(options: JournalOptions): Source {
  return new JournalSource(options);
}

class JournalSource implements Source {
  readonly name: string;
  private readonly options: JournalOptions;
  private readonly board: FaultBoard;
  private readonly line: PageLine;
  private readonly keeper: CursorKeeper | undefined;
  private readonly oldest: URL;
  private readonly interval: ReadInterval;
  private position: URL;
  private idleSavedAt = Number.NEGATIVE_INFINITY;
  private failures = 0;
  private cutPages = 0;
  private refusedToken = "";
  private ended = false;

  constructor(options: JournalOptions) {
    this.options = options;
    this.name = options.name;
    this.board = new FaultBoard(options.name, "journal", options.logger);
    this.line = new PageLine(options.pagesInFlight ?? PAGES_IN_FLIGHT, BYTES_IN_FLIGHT);
    this.interval = new ReadInterval(options.longestSilenceMs ?? LONGEST_SILENCE_MS);
    this.oldest = oldestUrl(options.url);
    this.position = startingUrl(options.url, options.start ?? { at: "oldest" });
    if (options.resume !== false) {
      this.keeper = new CursorKeeper({
        source: options.name,
        cursors: options.cursors,
        clock: options.clock,
        board: this.board,
        intervalMs: options.cursorIntervalMs ?? 1_000,
        backoff: options.backoff ?? DEFAULT_BACKOFF,
        random: options.random ?? Math.random,
      });
    }
  }

  status(): SourceStatus {
    return this.board.status();
  }

  async run(signal: AbortSignal): Promise<void> {
    try {
      if (this.keeper !== undefined) await this.loadCursor(signal);
      while (!this.ended) {
        await this.line.room();
        await this.options.intake.ready(signal);
        await this.take(await this.read(signal), signal);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      await this.line.settled();
      await this.keeper?.close();
      this.board.state = "stopped";
    }
  }

  private async loadCursor(signal: AbortSignal): Promise<void> {
    const cursor = await this.insist(signal, () => this.options.cursors.loadCursor(this.name));
    if (cursor === undefined) return;
    if (!belongsToJournal(cursor.next, this.options.url)) {
      this.options.logger.warn(
        { source: this.name, saved: cursor.next, journal: this.oldest.href },
        "the saved cursor is of another journal: ignored",
      );
      return;
    }
    this.position = new URL(cursor.next);
    this.resumeFrom(cursor);
  }

  private resumeFrom(cursor: JournalCursor): void {
    this.board.noteEvents(cursor.lastEventAt);
    this.board.coveredUntil = cursor.coveredUntil ?? cursor.lastEventAt ?? cursor.savedAt;
    this.interval.begin(this.board.coveredUntil);
    this.interval.from = cursor.coveredFrom;
  }

  /** One request with a good token; a token that is refused is renewed at once, but only once in a row. */
  private async read(signal: AbortSignal): Promise<JournalAnswer> {
    const { token: provider, clock } = this.options;
    let token: string;
    try {
      token = await provider.get(signal);
      this.board.clear("token");
    } catch (error) {
      signal.throwIfAborted();
      this.board.raise("token", error instanceof Error ? error.message : String(error));
      return { kind: "failed", reason: "there is no access token", retryAfterMs: undefined };
    }
    const answer = await requestPage(
      {
        url: this.position,
        token,
        clientId: this.options.clientId,
        orgId: this.options.orgId,
        timeoutMs: this.options.timeoutMs ?? 30_000,
        maxPageBytes: this.options.maxPageBytes ?? 16 * 1024 * 1024,
        dispatcher: this.options.dispatcher,
        now: () => clock.now(),
      },
      signal,
    );
    if (answer.kind !== "unauthorized") {
      this.refusedToken = "";
      return answer;
    }
    provider.invalidate(token);
    if (this.refusedToken === "") {
      this.refusedToken = token;
      return this.read(signal);
    }
    return {
      kind: "failed",
      reason: "the journal answered 401, to a new token too",
      retryAfterMs: undefined,
    };
  }

  private async take(answer: JournalAnswer, signal: AbortSignal): Promise<void> {
    if (answer.kind === "page") return this.takePage(answer, signal);
    if (answer.kind === "end") return this.takeEnd(answer, signal);
    if (answer.kind === "expired" && this.position.href !== this.oldest.href) return this.startOver(signal);
    const reason = answer.kind === "failed" ? answer.reason : "the journal answered 410 without a position";
    this.board.raise("journal", reason);
    await this.backOff(signal, answer.kind === "failed" ? answer.retryAfterMs : undefined);
  }

  private async takePage(
    { body, next, linkFault }: Extract<JournalAnswer, { kind: "page" }>,
    signal: AbortSignal,
  ): Promise<void> {
    if (!looksWhole(body) && ++this.cutPages < CUT_PAGE_TRIES) {
      this.board.raise("journal", "a page is cut off");
      return this.backOff(signal);
    }
    this.cutPages = 0;
    this.noteAnswer("reading");
    const pageEndsAt = lastEventTime(body);
    this.board.noteEvents(pageEndsAt);
    this.interval.note(firstEventTime(body) ?? this.options.clock.now());
    const lastEventAt = this.board.lastEventAt;
    const coveredFrom = this.interval.from;
    const stored = this.deliver(body, signal);
    if (next === undefined) {
      // its rows are taken, but where it goes on is unknown: the same page is asked for again, later
      this.line.push(stored, body.length, () => undefined);
      this.board.raise("link", linkFault);
      return this.backOff(signal);
    }
    this.board.clear("link");
    this.failures = 0;
    this.line.push(stored, body.length, () => {
      this.board.coveredUntil = lastEventAt ?? this.board.coveredUntil;
      const { coveredUntil } = this.board;
      this.keeper?.advance({ next: next.href, lastEventAt, coveredUntil, coveredFrom });
    });
    const stands = next.href === this.position.href;
    this.position = next;
    this.ended = pageEndsAt !== null && pageEndsAt > (this.options.stopAfter ?? Infinity);
    if (stands && !this.ended) await this.rest(undefined, signal);
  }

  private async takeEnd(
    { next, retryAfterMs }: Extract<JournalAnswer, { kind: "end" }>,
    signal: AbortSignal,
  ): Promise<void> {
    this.noteAnswer("idle");
    this.failures = 0;
    this.position = next ?? this.position;
    const now = this.options.clock.now();
    this.interval.note(now);
    if (this.line.isEmpty) {
      this.board.coveredUntil = now;
      if (next !== undefined && now - this.idleSavedAt >= IDLE_SAVE_MS) {
        this.idleSavedAt = now;
        this.keeper?.advance({
          next: next.href,
          lastEventAt: this.board.lastEventAt,
          coveredUntil: this.board.coveredUntil,
          coveredFrom: this.interval.from,
        });
      }
    }
    await this.rest(retryAfterMs, signal);
  }

  /** At the end: wait for more, or stop there if that was asked for. */
  private async rest(retryAfterMs: number | undefined, signal: AbortSignal): Promise<void> {
    if (this.options.stopAtEnd === true) {
      this.ended = true;
      return;
    }
    this.board.state = "idle";
    await this.options.clock.sleep(retryAfterMs ?? this.options.idlePollMs ?? 5_000, signal);
  }

  /** The position has expired: what lay between is a gap, and the journal goes on from its oldest event. */
  private async startOver(signal: AbortSignal): Promise<void> {
    await this.line.settled();
    signal.throwIfAborted();
    this.position = this.oldest;
    if (this.keeper === undefined) {
      this.options.onExpired?.();
      return;
    }
    const { coveredUntil: from, lastEventAt } = this.board;
    if (from !== null) await this.recordGap(from, signal);
    this.interval.begin(from);
    this.idleSavedAt = Number.NEGATIVE_INFINITY; // an empty journal, too, tells how far it is read
    this.keeper.advance({ next: this.oldest.href, lastEventAt, coveredUntil: from, coveredFrom: null });
  }

  private async recordGap(from: number, signal: AbortSignal): Promise<void> {
    const { cursors, clock, logger } = this.options;
    const until = clock.now();
    if (from >= until) return;
    const gap = { source: this.name, from, until, reason: "position_expired" } as const;
    logger.warn(
      gap,
      "the journal's position has expired: the gap is recorded, reading from the oldest event",
    );
    await this.insist(signal, () => cursors.recordGap(gap));
    const begun = this.interval.from;
    if (begun === null || begun >= from) return;
    const former = { source: this.name, from: begun, until: from, by: "reading", readAt: until } as const;
    await this.insist(signal, () => cursors.recordCovered(former));
  }

  /** Hands a page to the intake until it is stored; rejects only when the signal aborts. */
  private async deliver(payload: Buffer, signal: AbortSignal): Promise<void> {
    const { intake } = this.options;
    await this.insist(signal, () => intake.accept({ path: "journal", source: this.name, payload }));
  }

  private insist<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    return insist({ ...this.options, board: this.board }, signal, work);
  }

  private noteAnswer(state: SourceStatus["state"]): void {
    this.board.state = state;
    this.board.lastReadAt = this.options.clock.now();
    this.board.clear("journal");
  }

  private async backOff(signal: AbortSignal, retryAfterMs = 0): Promise<void> {
    const { clock, backoff = DEFAULT_BACKOFF, random = Math.random } = this.options;
    this.failures++;
    await clock.sleep(Math.max(backoffMs(backoff, this.failures, random()), retryAfterMs), signal);
  }
}

/** Whether a page ends as JSON does; one that was cut off on its way hardly ever does. */
function looksWhole(body: Buffer): boolean {
  return body
    .toString("latin1", Math.max(0, body.length - 16))
    .trimEnd()
    .endsWith("}");
}
