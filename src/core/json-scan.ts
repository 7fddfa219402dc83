/**
 * Where things stand in a JSON text: its values by their paths, and the place at which it stops being JSON.
 *
 * Strict, but for trailing commas, which the reading of events forgives, too. Keeps its own stack: depth is no danger.
 */

/** A key of an object, or an index of an array. */
export type JsonStep = string | number;

const OPEN_ARRAY = 91;
const CLOSE_ARRAY = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;
const QUOTE = 34;
const BACKSLASH = 92;
const COMMA = 44;
const COLON = 58;

const SPACE = /[ \t\n\r]*/y;
const LITERAL = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/** Hears of every value when its end is reached; the path is the scanner's own and changes afterwards. */
export type OnJsonValue = (path: readonly JsonStep[], from: number, until: number) => void;

interface Container {
  readonly from: number;
  readonly isArray: boolean;
}

/** @returns where the text stops being JSON, its length if it breaks off; -1: all of it is JSON */
export function scanJson(text: string, onValue: OnJsonValue = () => undefined): number {
  const stack: Container[] = [];
  const path: JsonStep[] = [];
  let expected: "value" | "element" | "key" | "end" = "value";
  for (let at = 0; ;) {
    at = skip(SPACE, text, at);
    const code = text.charCodeAt(at);
    const top = stack.at(-1);
    if (expected !== "value" && top !== undefined && code === (top.isArray ? CLOSE_ARRAY : CLOSE_OBJECT)) {
      stack.pop();
      path.pop();
      onValue(path, top.from, ++at);
      expected = "end";
    } else if (expected === "end") {
      if (top === undefined) return at === text.length ? -1 : at;
      if (code !== COMMA) return at;
      at++;
      if (top.isArray) path.push((path.pop() as number) + 1);
      expected = top.isArray ? "element" : "key";
    } else if (expected === "key") {
      const end = endOfString(text, at);
      if (end < 0) return placeOf(end);
      path[path.length - 1] = JSON.parse(text.slice(at, end)) as string;
      at = skip(SPACE, text, end);
      if (text.charCodeAt(at) !== COLON) return at;
      at++;
      expected = "value";
    } else if (code === OPEN_ARRAY || code === OPEN_OBJECT) {
      const isArray = code === OPEN_ARRAY;
      stack.push({ from: at++, isArray });
      path.push(isArray ? 0 : "");
      expected = isArray ? "element" : "key";
    } else {
      const end = code === QUOTE ? endOfString(text, at) : endOfLiteral(text, at);
      if (end < 0) return placeOf(end);
      onValue(path, at, end);
      at = end;
      expected = "end";
    }
  }
}

/** Faults travel as numbers below 0. */
const faultAt = (at: number): number => -at - 1;
const placeOf = faultAt;

function endOfLiteral(text: string, at: number): number {
  const end = skip(LITERAL, text, at);
  return end > at ? end : faultAt(at);
}

function endOfString(text: string, at: number): number {
  if (text.charCodeAt(at) !== QUOTE) return faultAt(at);
  for (let i = at + 1; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) return i + 1;
    if (code < 32) return faultAt(i);
    if (code !== BACKSLASH) continue;
    const end = skip(ESCAPE, text, i);
    if (end === i) return faultAt(i);
    i = end - 1;
  }
  return faultAt(text.length);
}

function skip(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}
