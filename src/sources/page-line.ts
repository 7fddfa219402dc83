/**
 * Pages on their way into the store, in the order of the journal: several at once, acknowledged one after the other.
 *
 * How many at once decides how large appends get in a backlog: so their bytes are bounded rather than their number.
 */
export class PageLine {
  private readonly ends: Promise<void>[] = [];
  private last: Promise<void> = Promise.resolve();
  private broken = false;
  private bytes = 0;
  private readonly maxPages: number;
  private readonly maxBytes: number;

  constructor(maxPages: number, maxBytes: number) {
    this.maxPages = maxPages;
    this.maxBytes = maxBytes;
  }

  get isEmpty(): boolean {
    return this.ends.length === 0;
  }

  /**
   * @param stored resolves when the page's rows are durable; if it rejects, no later page is acknowledged
   * @param acknowledge called after this page and all before it are stored
   */
  push(stored: Promise<void>, bytes: number, acknowledge: () => void): void {
    const former = this.last;
    const end = this.follow(former, stored, acknowledge).finally(() => {
      void this.ends.shift();
      this.bytes -= bytes;
    });
    this.bytes += bytes;
    this.ends.push(end);
    this.last = end;
  }

  get isFull(): boolean {
    return this.ends.length >= this.maxPages || this.bytes >= this.maxBytes;
  }

  /** Resolves when another page may enter. */
  async room(): Promise<void> {
    while (this.isFull) await this.ends[0];
  }

  /** Resolves when no page is under way. */
  async settled(): Promise<void> {
    await this.last;
  }

  private async follow(former: Promise<void>, stored: Promise<void>, acknowledge: () => void): Promise<void> {
    const outcome = await Promise.allSettled([stored, former]);
    if (outcome[0].status === "rejected") this.broken = true;
    if (!this.broken) acknowledge();
  }
}
