/**
 * Walking JSON text without building its values: where members and elements begin and end.
 *
 * Strings are jumped over by search, so that a body is walked at the speed of memory; generators pause between records, so
 * that nobody waits for a large one. Text that is not JSON ends the walk with a SyntaxError.
 */

/** Elements between two pauses. */
const STRIDE = 32;

const QUOTE = 34;
const BACKSLASH = 92;
const COMMA = 44;
const COLON = 58;

/** @param visit is told key and beginning, and returns the value's end; undefined: it did not look */
export function* walkObject(
  text: string,
  from: number,
  visit: (key: string, at: number) => Generator<void, number | undefined>,
): Generator<void, number> {
  let at = skipSpace(text, open(text, from, "{"));
  while (text[at] !== "}") {
    if (text.charCodeAt(at) !== QUOTE) throw unreadable(at);
    const keyEnd = skipString(text, at);
    const key: unknown = JSON.parse(text.slice(at, keyEnd));
    const colon = skipSpace(text, keyEnd);
    if (text.charCodeAt(colon) !== COLON) throw unreadable(colon);
    const valueAt = skipSpace(text, colon + 1);
    const end = (yield* visit(String(key), valueAt)) ?? skipValue(text, valueAt);
    at = afterComma(text, end, "}");
  }
  return at + 1;
}

/** @param visit is told beginning and end of each element */
export function* walkArray(
  text: string,
  from: number,
  visit: (at: number, end: number) => void,
): Generator<void, number> {
  let at = skipSpace(text, open(text, from, "["));
  for (let seen = 1; text[at] !== "]"; seen++) {
    const end = skipValue(text, at);
    visit(at, end);
    if (seen % STRIDE === 0) yield;
    at = afterComma(text, end, "]");
  }
  return at + 1;
}

/** @returns the first character that is no white space, from `at` on */
function skipSpace(text: string, at: number): number {
  let here = at;
  while (isSpace(text.charCodeAt(here))) here++;
  return here;
}

/** @returns the position after the value that begins at `from` */
function skipValue(text: string, from: number): number {
  let at = from;
  let depth = 0;
  while (at < text.length) {
    const unit = text.charCodeAt(at);
    if (unit === QUOTE) at = skipString(text, at);
    else if (isOpening(unit)) {
      depth += 1;
      at += 1;
      continue;
    } else if (isClosing(unit)) {
      if (depth === 0) break;
      depth -= 1;
      at += 1;
    } else if (depth === 0) {
      while (at < text.length && !isEnd(text.charCodeAt(at))) at++;
    } else {
      at += 1;
      continue;
    }
    if (depth === 0) break;
  }
  if (at === from || depth > 0) throw unreadable(at);
  return at;
}

function isEnd(unit: number): boolean {
  return unit === COMMA || isClosing(unit) || isSpace(unit);
}

function isOpening(unit: number): boolean {
  return unit === 123 || unit === 91;
}

function isClosing(unit: number): boolean {
  return unit === 125 || unit === 93;
}

function isSpace(unit: number): boolean {
  return unit === 32 || unit === 10 || unit === 13 || unit === 9;
}

function skipString(text: string, from: number): number {
  for (let at = text.indexOf('"', from + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let slashes = 0;
    while (text.charCodeAt(at - 1 - slashes) === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return at + 1;
  }
  throw unreadable(text.length);
}

function open(text: string, from: number, bracket: string): number {
  const at = skipSpace(text, from);
  if (text[at] !== bracket) throw unreadable(at);
  return at + 1;
}

/** @returns where the next member or element begins, or the closing bracket */
function afterComma(text: string, from: number, bracket: string): number {
  const at = skipSpace(text, from);
  if (text[at] === bracket) return at;
  if (text.charCodeAt(at) !== COMMA) throw unreadable(at);
  return skipSpace(text, at + 1);
}

function unreadable(at: number): SyntaxError {
  return new SyntaxError(`not JSON at position ${at}`);
}
