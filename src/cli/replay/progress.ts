/** A progress bar on a terminal; elsewhere nothing. */
import type { EventReceipt } from "../service-answers.ts";

export interface Progress {
  bytes(count: number): void;
  receipt(sum: EventReceipt): void;
  close(): void;
}

const SILENT: Progress = { bytes: () => undefined, receipt: () => undefined, close: () => undefined };

/** @param totalBytes 0: unknown, then only what has been counted is shown */
export async function openProgress(totalBytes: number): Promise<Progress> {
  if (!process.stderr.isTTY) return SILENT;
  const { default: cliProgress } = await import("cli-progress");
  const counts = "read {read}, new {new}, duplicate {duplicate}, dead {dead}";
  const bar = new cliProgress.SingleBar({
    stream: process.stderr,
    format: totalBytes > 0 ? `{bar} {percentage}%  ${counts}` : counts,
    barCompleteChar: "█",
    barIncompleteChar: "░",
    barsize: 30,
    hideCursor: true,
    clearOnComplete: true,
    stopOnComplete: false,
  });
  bar.start(totalBytes || 1, 0, { read: 0, new: 0, duplicate: 0, dead: 0 });
  return {
    bytes: (count) => bar.increment(count),
    receipt: (sum) => bar.update({ ...sum }),
    close: () => bar.stop(),
  };
}
