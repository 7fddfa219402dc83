/**
 * The time of the newest event in a payload, without parsing it: for displays and gaps, not for facts.
 */

const KEY = '"time"';
const AFTER_KEY = /^"time"\s*:\s*"([^"]{10,40})"/;
const LONGEST = 64;
const MAX_TRIES = 50;

/** @returns epoch milliseconds of the last event that names its time; null if none does */
export function lastEventTime(payload: Uint8Array): number | null {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  let at = bytes.lastIndexOf(KEY);
  for (let tries = 0; at !== -1 && tries < MAX_TRIES; tries++) {
    const match = AFTER_KEY.exec(bytes.toString("latin1", at, at + LONGEST));
    const time = Date.parse(match?.[1] ?? "");
    if (!Number.isNaN(time)) return time;
    at = at === 0 ? -1 : bytes.lastIndexOf(KEY, at - 1);
  }
  return null;
}
