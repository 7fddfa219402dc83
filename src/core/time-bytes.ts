/** Times in bytes: the RFC 3339 form in which the stream writes them, `2026-11-22T01:02:03.004Z` or without milliseconds. */

const ZERO = 48;
const DASH = 45;
const COLON = 58;
const LETTER_T = 84;
const LETTER_Z = 90;
const POINT = 46;
const DAY_MS = 86_400_000;

/** @returns epoch milliseconds; NaN if it is written otherwise, or no day that every month has, or out of the years 2000 to 2099 */
export function parseTimeBytes(bytes: Uint8Array, from: number, until: number): number {
  const length = until - from;
  if (length !== 24 && length !== 20) return Number.NaN;
  const year = digits2(bytes, from) * 100 + digits2(bytes, from + 2);
  const month = digits2(bytes, from + 5);
  const day = digits2(bytes, from + 8);
  const hour = digits2(bytes, from + 11);
  const minute = digits2(bytes, from + 14);
  const second = digits2(bytes, from + 17);
  const marks =
    bytes[from + 4] === DASH &&
    bytes[from + 7] === DASH &&
    bytes[from + 10] === LETTER_T &&
    bytes[from + 13] === COLON &&
    bytes[from + 16] === COLON &&
    bytes[until - 1] === LETTER_Z;
  const inRange =
    year >= 2000 && year < 2100 && month >= 1 && month <= 12 && day >= 1 && day <= daysOf(year, month);
  if (!marks || !inRange || !(hour < 24 && minute < 60 && second < 60)) return Number.NaN;
  let millis = 0;
  if (length === 24) {
    if (bytes[from + 19] !== POINT) return Number.NaN;
    millis = digits2(bytes, from + 20) * 10 + digit(bytes, from + 22);
  }
  return dayNumber(year, month, day) * DAY_MS + ((hour * 60 + minute) * 60 + second) * 1_000 + millis;
}

/** NaN where a byte is no digit. */
function digits2(bytes: Uint8Array, at: number): number {
  return digit(bytes, at) * 10 + digit(bytes, at + 1);
}

function digit(bytes: Uint8Array, at: number): number {
  const value = (bytes[at] as number) - ZERO;
  return value >= 0 && value <= 9 ? value : Number.NaN;
}

function daysOf(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 ? 29 : 28; // 2000 is a leap year, and no other century is in range
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Days since 1970-01-01, for the years 2000 to 2099: every fourth of them has a day more. */
function dayNumber(year: number, month: number, day: number): number {
  const years = year - 2000;
  const before = DAYS_BEFORE[month] as number;
  const leapDay = years % 4 === 0 && month > 2 ? 1 : 0;
  return 10_957 + years * 365 + ((years + 3) >> 2) + before + leapDay + day - 1;
}

const DAYS_BEFORE = [0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
