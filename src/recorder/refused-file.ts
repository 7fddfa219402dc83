/**
 * Submissions that the service called wrong: written down beside the spool, with its reasons, for somebody to look at.
 */
import { appendFile, stat } from "node:fs/promises";
import { join } from "node:path";

export interface RefusedLine {
  /** The submission as it was sent. */
  readonly line: string;
  readonly error: unknown;
}

const NAME = "refused.ndjson";
/** Beyond that they are only counted: something is wrong with all of them. */
const MAX_BYTES = 16 * 1_048_576;

/** Never rejects: what cannot be written is counted all the same. */
export async function writeRefused(directory: string, refused: readonly RefusedLine[]): Promise<void> {
  const path = join(directory, NAME);
  const at = new Date().toISOString();
  try {
    const size = await stat(path).then(
      (found) => found.size,
      () => 0,
    );
    if (size >= MAX_BYTES) return;
    const text = refused.map(
      ({ line, error }) => `${JSON.stringify({ at, error, submission: readLine(line) })}\n`,
    );
    await appendFile(path, text.join(""), { mode: 0o600 });
  } catch {
    // the count says so
  }
}

function readLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return line;
  }
}
