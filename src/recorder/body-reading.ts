/**
 * Reading a body for what a submission tells of it: how many records, their link values, what a job is.
 *
 * In steps, each a fraction of a millisecond; nothing of the body is kept but counts, digests and names.
 */
import { isObject } from "../core/json.ts";
import type { BodyShape } from "./endpoint.ts";
import { walkArray, walkObject } from "./json-walk.ts";

/** A body that can be read without consuming it. */
export type ReadableBody = string | Uint8Array;

export interface BodyContent {
  readonly records: number;
  readonly bytes: number;
  readonly priority?: string;
  /** Of a job's creation or change: the members of its body that are texts. */
  readonly job?: Readonly<Record<string, string>>;
}

/** Bodies of jobs are small; whatever is larger is none. */
const MAX_JOB_BYTES = 65_536;
const SLICE = 65_536;
const MEMBERS = "programs[].members";

/** @param onRecord is told the JSON text of each record, where somebody wants it */
export function* readBody(
  body: ReadableBody,
  shape: BodyShape,
  onRecord?: (json: string) => void,
): Generator<void, BodyContent> {
  const bytes = typeof body === "string" ? Buffer.byteLength(body) : body.byteLength;
  yield;
  switch (shape.kind) {
    case "counted":
      return { records: shape.records, bytes };
    case "rows":
      return { records: yield* countRows(body), bytes };
    case "job":
      return { records: 0, bytes, job: bytes > MAX_JOB_BYTES ? {} : textsOf(textOf(body)) };
    case "records":
      return { bytes, ...(yield* readRecords(textOf(body), shape.keys, onRecord)) };
  }
}

function* readRecords(
  text: string,
  keys: readonly string[],
  onRecord: ((json: string) => void) | undefined,
): Generator<void, Pick<BodyContent, "records" | "priority">> {
  const counts = new Map<string, number>();
  let priority: string | undefined;
  const countIn = (key: string) => (at: number, end: number) => {
    counts.set(key, (counts.get(key) ?? 0) + 1);
    onRecord?.(text.slice(at, end));
  };
  try {
    yield* walkObject(text, 0, function* (key, at) {
      if (keys.includes(key) && text[at] === "[") return yield* walkArray(text, at, countIn(key));
      if (key === "programs" && keys.includes(MEMBERS) && text[at] === "[") {
        return yield* walkPrograms(text, at, countIn(MEMBERS));
      }
      if (key === "priority" && text[at] === '"') priority = String(JSON.parse(wordAt(text, at)));
      return undefined;
    });
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    // what is no JSON the upstream refuses: it says why, and no record is expected
  }
  const records = keys.map((key) => counts.get(key)).find((count) => count !== undefined) ?? 0;
  return { records, ...(priority === undefined ? {} : { priority: priority.slice(0, 50) }) };
}

/** All members of all programs; each program is walked as it is met. */
function* walkPrograms(
  text: string,
  from: number,
  visit: (at: number, end: number) => void,
): Generator<void, number> {
  const programs: number[] = [];
  const end = yield* walkArray(text, from, (at) => void programs.push(at));
  for (const program of programs) {
    if (text[program] !== "{") continue;
    yield* walkObject(text, program, function* (key, at) {
      return key === "members" && text[at] === "[" ? yield* walkArray(text, at, visit) : undefined;
    });
  }
  return end;
}

/** A text of JSON that is short, from its first quote on. */
function wordAt(text: string, at: number): string {
  return /^"[^"\\]{0,200}"/.exec(text.slice(at, at + 202))?.[0] ?? '""';
}

/** Rows of a CSV below its head; line breaks within quotes do not count. */
export function* countRows(body: ReadableBody): Generator<void, number> {
  let rows = 0;
  let quoted = false;
  let started = false;
  const { length } = body;
  const unitAt =
    typeof body === "string" ? (at: number) => body.charCodeAt(at) : (at: number) => body[at] ?? 0;
  for (let from = 0; from < length; from += SLICE) {
    const to = Math.min(length, from + SLICE);
    for (let at = from; at < to; at++) {
      const unit = unitAt(at);
      if (unit === 34) quoted = !quoted;
      else if (unit === 10 && !quoted) {
        if (started) rows += 1;
        started = false;
        continue;
      }
      if (unit !== 13) started = true;
    }
    yield;
  }
  return Math.max(0, rows + (started ? 1 : 0) - 1);
}

function textsOf(text: string): Record<string, string> {
  try {
    const value: unknown = JSON.parse(text);
    if (!isObject(value)) return {};
    const texts = Object.entries(value).filter(
      (entry): entry is [string, string] => typeof entry[1] === "string",
    );
    return Object.fromEntries(texts);
  } catch {
    return {};
  }
}

function textOf(body: ReadableBody): string {
  return typeof body === "string" ? body : new TextDecoder().decode(body);
}
