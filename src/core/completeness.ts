/**
 * Completeness: what the stream states of itself, window by window, against what of it has arrived.
 *
 * The hourly metrics events count records by instance, object type and priority; the results of the same time are summed
 * beside them. A result may be stated in one window and bear a time just within its neighbour: what one window has too much,
 * near their common edge, is taken as what the other lacks. Pure.
 */

/** A window of a metrics event, of one object type and priority. Times are epoch milliseconds, counts are records. */
export interface StatedWindow {
  readonly instance: string;
  readonly objectType: string;
  readonly priority: string;
  /** Inclusive. */
  readonly from: number;
  /** Exclusive. */
  readonly until: number;
  /** Created, updated and failed, as the stream says. */
  readonly stated: number;
}

/** What has arrived of a window, by the times of the results events. */
export interface WindowSums {
  readonly seen: number;
  /** Of these: near its beginning, and near its end. */
  readonly head: number;
  readonly tail: number;
  /** Just after its end, as long as nothing is stated of that time. */
  readonly after: number;
}

export interface JudgedWindow extends StatedWindow {
  readonly seen: number;
  /** What is stated and has not arrived. */
  readonly missing: number;
}

export const NOTHING_SEEN: WindowSums = { seen: 0, head: 0, tail: 0, after: 0 };

/** So far from an edge a result may belong to the neighbour: what an event waits before it is sent, and seconds cut off. */
export function edgeMs(speed: number): number {
  return 1_000 + Math.round(10_000 / speed);
}

/** How long after a window's end what belongs to it may still be under way. */
export function settleMs(speed: number): number {
  return Math.round((10 * 60_000) / speed);
}

/**
 * @param windows of one instance, object type and priority, in their order
 * @param sums of each, in the same order
 */
export function judgeWindows(windows: readonly StatedWindow[], sums: readonly WindowSums[]): JudgedWindow[] {
  const sumsAt = (at: number): WindowSums => sums[at] ?? NOTHING_SEEN;
  const lacking = windows.map(({ stated }, at) => stated - sumsAt(at).seen);
  windows.forEach((window, at) => {
    const [before, next] = [windows[at - 1], windows[at + 1]];
    if (before?.until === window.from) give(lacking, at - 1, at, sumsAt(at - 1).tail);
    if (next?.from === window.until) give(lacking, at + 1, at, sumsAt(at + 1).head);
    else lacking[at] = afterEnd(lacking[at] ?? 0, sumsAt(at).after);
  });
  return windows.map((window, at) => ({
    ...window,
    seen: sumsAt(at).seen,
    missing: Math.max(0, lacking[at] ?? 0),
  }));
}

/** What one window has too much, near the edge, is what its neighbour lacks. */
function give(lacking: number[], from: number, to: number, nearEdge: number): void {
  const [surplus, lack] = [-(lacking[from] ?? 0), lacking[to] ?? 0];
  const given = Math.max(0, Math.min(surplus, lack, nearEdge));
  lacking[from] = -surplus + given;
  lacking[to] = lack - given;
}

/** The benefit of the doubt, until the next window is stated. */
function afterEnd(lack: number, after: number): number {
  return lack > 0 ? Math.max(0, lack - after) : lack;
}

/** Records that are there of those stated, 0 to 1; 1 where nothing is stated. */
export function completenessOf(windows: readonly Pick<JudgedWindow, "stated" | "missing">[]): number {
  const stated = windows.reduce((sum, one) => sum + one.stated, 0);
  const missing = windows.reduce((sum, one) => sum + one.missing, 0);
  return stated === 0 ? 1 : 1 - missing / stated;
}
