/**
 * The times of the first and the last event in a payload, without parsing it: for displays and gaps, not for facts.
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
    const time = timeAt(bytes, at);
    if (time !== null) return time;
    at = at === 0 ? -1 : bytes.lastIndexOf(KEY, at - 1);
  }
  return null;
}

/** @returns epoch milliseconds of the first event that names its time; null if none does */
export function firstEventTime(payload: Uint8Array): number | null {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  let at = bytes.indexOf(KEY);
  for (let tries = 0; at !== -1 && tries < MAX_TRIES; tries++) {
    const time = timeAt(bytes, at);
    if (time !== null) return time;
    at = bytes.indexOf(KEY, at + KEY.length);
  }
  return null;
}

function timeAt(bytes: Buffer, at: number): number | null {
  const match = AFTER_KEY.exec(bytes.toString("latin1", at, at + LONGEST));
  const time = Date.parse(match?.[1] ?? "");
  return Number.isNaN(time) ? null : time;
}
