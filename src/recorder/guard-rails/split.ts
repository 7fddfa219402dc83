/**
 * Splitting: a body with more records than one request may hold, as several that each may go out.
 *
 * Records keep their order and every part keeps the body's other members; members of programs stay with their program.
 */
import { After202Error } from "../../core/errors.ts";
import { isObject, type JsonObject } from "../../core/json.ts";

export interface SplitLimits {
  readonly maxRecords: number;
  /** Of the part's JSON, in UTF-8. */
  readonly maxBytes: number;
}

/** 1,000 objects and 1 MB. */
export const MARKETO_LIMITS: SplitLimits = { maxRecords: 1_000, maxBytes: 1_000_000 };
/** Streaming to Data Cloud: 200 KB. */
export const SALESFORCE_LIMITS: SplitLimits = { maxRecords: Infinity, maxBytes: 200_000 };

const KEYS = ["persons", "customObjects", "input", "companies", "leads", "data", "ids"];

/**
 * @returns the body itself, alone, where it holds no records that are known
 * @throws After202Error RECORD_TOO_LARGE
 */
export function splitBody(body: JsonObject, limits: SplitLimits = MARKETO_LIMITS): JsonObject[] {
  const { programs } = body;
  if (Array.isArray(programs)) return splitPrograms(body, programs, limits);
  const key = KEYS.find((name) => Array.isArray(body[name]));
  if (key === undefined) return [body];
  const frame = bytesOf({ ...body, [key]: [] });
  return chunk(body[key] as unknown[], limits, frame, bytesOf).map((records) => ({
    ...body,
    [key]: records,
  }));
}

interface Member {
  readonly program: JsonObject;
  readonly member: unknown;
}

function splitPrograms(body: JsonObject, programs: readonly unknown[], limits: SplitLimits): JsonObject[] {
  const members = programs.filter(isObject).flatMap((program): Member[] => {
    const list: unknown = program["members"];
    return Array.isArray(list) ? list.map((member: unknown) => ({ program, member })) : [];
  });
  if (members.length === 0) return [body];
  // the program's own members count with each of its members: a little too much, never too little
  const costOf = ({ program, member }: Member): number => bytesOf({ ...program, members: [member] });
  return chunk(members, limits, bytesOf({ ...body, programs: [] }), costOf).map((part) => ({
    ...body,
    programs: [...new Set(part.map((one) => one.program))].map((program) => ({
      ...program,
      members: part.filter((one) => one.program === program).map((one) => one.member),
    })),
  }));
}

/** @param frame bytes of a part without records */
function chunk<T>(
  records: readonly T[],
  { maxRecords, maxBytes }: SplitLimits,
  frame: number,
  costOf: (record: T) => number,
): T[][] {
  let part: T[] = [];
  let bytes = frame;
  const parts = [part];
  for (const [index, record] of records.entries()) {
    const cost = costOf(record) + 1; // its comma
    if (frame + cost > maxBytes) {
      throw new After202Error("RECORD_TOO_LARGE", `Record ${index} alone is over ${maxBytes} bytes.`);
    }
    if (part.length > 0 && (part.length >= maxRecords || bytes + cost > maxBytes)) {
      part = [];
      parts.push(part);
      bytes = frame;
    }
    part.push(record);
    bytes += cost;
  }
  return parts;
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value) ?? "null");
}
