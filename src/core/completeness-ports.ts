/** What judging the stream's completeness asks of the store. Times are epoch milliseconds. */
import type { JudgedWindow, StatedWindow, WindowSums } from "./completeness.ts";

export interface KnownWindow extends JudgedWindow {
  readonly judgedAt: number;
}

export type SummedWindow = Pick<StatedWindow, "instance" | "objectType" | "priority" | "from"> & WindowSums;

/** An hour with results of an instance whose metrics event has not come. */
export interface UnstatedHours {
  readonly instance: string;
  readonly from: number;
  readonly until: number;
}

export interface CompletenessReader {
  /** Windows that ended after `since`, as they were judged last, in the order of time. */
  judgedWindows(since: number): Promise<KnownWindow[]>;
  unstatedHours(since: number, until: number): Promise<UnstatedHours[]>;
}

export interface CompletenessStore extends CompletenessReader {
  /**
   * Windows that ended within (since, until], in their order; with an empty object type those of requests: they say that
   * there was a metrics event.
   */
  statedWindows(since: number, until: number): Promise<StatedWindow[]>;
  /**
   * Results within [since, until), by the window in which they lie or after which they come.
   *
   * @param span `lookBackMs`: how long before its result a request may have begun; `edge`: see WindowSums
   */
  windowSums(span: {
    readonly since: number;
    readonly until: number;
    readonly lookBackMs: number;
    readonly edge: number;
  }): Promise<SummedWindow[]>;
  saveJudged(windows: readonly JudgedWindow[], at: number): Promise<void>;
}
