/**
 * A recorder for the demo and the simulator: its spool lies in a directory of its own that goes when it is closed.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openRecorder, type Recorder } from "../recorder/recorder.ts";
import type { RecorderOptions } from "../recorder/recorder-options.ts";

/** So that what happened is soon to be seen. */
const LINGER_MS = 20;
/** A service that was away is soon found again: here seconds are minutes. */
const BACKOFF = { baseMs: 50, capMs: 2_000 };

/** Nothing is taken from the environment. */
export function openThrowawayRecorder(
  options: Omit<RecorderOptions, "spoolDir" | "url"> & { readonly url: string },
): Recorder {
  const spoolDir = mkdtempSync(join(tmpdir(), "after202-demo-spool-"));
  const { apiKey = "", linkKeySecret = "", ...others } = options;
  const recorder = openRecorder({
    lingerMs: LINGER_MS,
    backoff: BACKOFF,
    ...others,
    apiKey,
    linkKeySecret,
    spoolDir,
  });
  return {
    ...recorder,
    async close(timeoutMs) {
      const left = await recorder.close(timeoutMs);
      rmSync(spoolDir, { recursive: true, force: true });
      return left;
    },
  };
}
