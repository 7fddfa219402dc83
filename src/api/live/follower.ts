/**
 * A follower: somebody who wants to hear of every lifecycle that changes, over whatever connection.
 */
import type { ErrorCode } from "../../core/errors.ts";
import type { LiveBatch } from "./live-batch.ts";
import type { LiveFilter } from "./live-filter.ts";

/** What a follower is sent. `lifecycle`: a request as it is now; `gap`: changes in a time that it will not hear of. */
export interface LiveEvent {
  readonly event: "lifecycle" | "gap";
  /** Where to go on after a break: the `Last-Event-ID` of the next connection. */
  readonly id: string;
  /** JSON text, one line. */
  readonly data: string;
}

/** The connection's end of it. */
export interface LiveLine {
  send(batch: LiveBatch): void;
  /** Bytes that were sent and not yet taken. */
  readonly waitingBytes: number;
  /** Says why, and ends the connection. */
  end(code: ErrorCode, reason: string): void;
}

export interface Follower {
  readonly filter: LiveFilter;
  readonly line: LiveLine;
  /** Epoch milliseconds of the last arrival that it has heard of; absent: from now on. */
  readonly after?: number | undefined;
}
