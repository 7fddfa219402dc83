/**
 * Ids of submissions, drawn ahead: every 128th random UUID costs the drawing of fresh random bytes, 40 us, and would do so
 * on the caller's path.
 */
import { randomUUID } from "node:crypto";

const AHEAD = 256;
const LOW = 128;

/** @returns a UUID that nobody has got before */
export function createSubmissionIds(): () => string {
  const ids: string[] = [];
  let filling = false;

  function fill(): void {
    filling = false;
    while (ids.length < AHEAD) ids.push(randomUUID());
  }

  return () => {
    if (ids.length < LOW && !filling) {
      filling = true;
      setImmediate(fill);
    }
    return ids.pop() ?? randomUUID();
  };
}
