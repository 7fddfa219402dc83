/**
 * Keeps a journal's cursor in the store: only ever a position all rows before which are durable.
 *
 * Saves the first at once and later ones at intervals, always the newest; a save that fails is tried again.
 */
import type { Clock, CursorStore } from "../core/ports.ts";
import { backoffMs, type Backoff } from "../core/backoff.ts";
import type { FaultBoard } from "./fault-board.ts";

export interface CursorKeeperOptions {
  readonly source: string;
  readonly cursors: Pick<CursorStore, "saveCursor">;
  readonly clock: Clock;
  readonly board: FaultBoard;
  readonly intervalMs: number;
  readonly backoff: Backoff;
  readonly random: () => number;
}

interface Position {
  readonly next: string;
  readonly lastEventAt: number | null;
  readonly coveredUntil: number | null;
  readonly coveredFrom: number | null;
}

export class CursorKeeper {
  private latest: Position | undefined;
  private saved: Position | undefined;
  private saving: Promise<void> | undefined;
  private readonly closing = new AbortController();
  private readonly options: CursorKeeperOptions;

  constructor(options: CursorKeeperOptions) {
    this.options = options;
  }

  /** All rows before this position are durable. */
  advance(position: Position): void {
    this.latest = position;
    this.saving ??= this.saveAll();
  }

  /** Saves what is not saved yet, trying once. */
  async close(): Promise<void> {
    this.closing.abort();
    await this.saving;
  }

  private async saveAll(): Promise<void> {
    const { source, cursors, clock, board, intervalMs, backoff, random } = this.options;
    let failures = 0;
    while (this.latest !== undefined && this.latest !== this.saved) {
      const position = this.latest;
      const closing = this.closing.signal.aborted;
      try {
        await cursors.saveCursor({ source, ...position, savedAt: clock.now() });
        this.saved = position;
        failures = 0;
        board.clear("cursor");
      } catch (error) {
        failures++;
        board.raise("cursor", `the cursor could not be saved: ${String(error)}`);
        if (closing) break; // rows are read again after the restart, and fall together
      }
      await this.pause(failures === 0 ? intervalMs : backoffMs(backoff, failures, random()));
    }
    this.saving = undefined;
  }

  private async pause(ms: number): Promise<void> {
    await this.options.clock.sleep(ms, this.closing.signal).catch(() => undefined);
  }
}
