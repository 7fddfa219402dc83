/**
 * Reads arrivals in their order, each once: forward from a position, and from time to time a little back, since what is
 * stored at the same time may become visible in another order than it bears.
 */
import type { Arrival, ArrivalReader } from "../../core/ports.ts";

/** An insert takes no longer than this between its stamp and its being seen, or it is missed here (never in the store). */
const LOOK_BACK_MS = 5_000;
const LOOK_BACK_EVERY_MS = 2_000;
/** Beyond so many arrivals within the look back it costs more than it is worth. */
const MOST_REMEMBERED = 50_000;

export class ArrivalLine {
  private position: Arrival;
  private readonly reader: ArrivalReader;
  /** Arrivals of the last seconds that were handed out, in their order. */
  private readonly seen = new Map<string, number>();
  private lookedBackAt: number;
  /** Behind the newest arrivals there is nothing to look back for: all that is as old has become visible. */
  private isBehind = false;

  /** @param at epoch milliseconds by ClickHouse's clock; what arrived later is read */
  constructor(reader: ArrivalReader, at: number, now: number) {
    this.reader = reader;
    this.position = { at, requestId: "" };
    this.lookedBackAt = now;
  }

  /** The time of the newest arrival that was handed out. */
  get at(): number {
    return this.position.at;
  }

  /** Forgets everything up to `at`. */
  skipTo(at: number): void {
    this.position = { at, requestId: "" };
    this.seen.clear();
  }

  /** What is visible by now before the position is no news when it is looked back at; what becomes visible later is. */
  async startHere(): Promise<void> {
    const { at } = this.position;
    const rows = await this.lookBack();
    this.take(
      rows.filter((row) => row.at < at),
      new Set(),
    );
  }

  /** @returns request ids, and whether there may be more at once */
  async read(limit: number, now: number): Promise<{ requestIds: Set<string>; more: boolean }> {
    const requestIds = new Set<string>();
    const looksBack = !this.isBehind && this.seen.size < MOST_REMEMBERED;
    if (looksBack && now - this.lookedBackAt >= LOOK_BACK_EVERY_MS) {
      this.lookedBackAt = now;
      this.take(await this.lookBack(), requestIds);
    }
    const rows = await this.reader.arrivalsAfter(this.position, limit);
    this.take(rows, requestIds);
    this.forget();
    this.isBehind = rows.length === limit;
    return { requestIds, more: this.isBehind };
  }

  private lookBack(): Promise<Arrival[]> {
    return this.reader.arrivalsAfter({ at: this.position.at - LOOK_BACK_MS, requestId: "" }, MOST_REMEMBERED);
  }

  private take(rows: readonly Arrival[], into: Set<string>): void {
    for (const row of rows) {
      const key = `${row.at} ${row.requestId}`;
      if (this.seen.has(key)) continue;
      this.seen.set(key, row.at);
      into.add(row.requestId);
      if (isBefore(this.position, row)) this.position = row;
    }
  }

  private forget(): void {
    for (const [key, at] of this.seen) {
      if (at >= this.position.at - LOOK_BACK_MS && this.seen.size <= 2 * MOST_REMEMBERED) break;
      this.seen.delete(key);
    }
  }
}

function isBefore(one: Arrival, other: Arrival): boolean {
  return other.at > one.at || (other.at === one.at && other.requestId > one.requestId);
}
