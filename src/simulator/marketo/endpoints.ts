/**
 * The seven endpoints of the Data Ingestion API: their paths, and where their bodies keep the records.
 */
import { Refusal } from "./error-codes.ts";

export type RecordBody = Readonly<Record<string, unknown>>;

export interface Endpoint {
  /** Below `/subscriptions/:munchkinId`. */
  readonly path: string;
  readonly objectType: "person" | "customObject" | "company" | "programMember" | "list";
  readonly operation: "upsert" | "delete" | "remove";
  /**
   * The records of a body, each with what the body says for all (list or program).
   *
   * @throws {Refusal} when the documented array is missing
   */
  records(body: RecordBody): RecordBody[];
}

export const ENDPOINTS: readonly Endpoint[] = [
  {
    path: "/persons",
    objectType: "person",
    operation: "upsert",
    records: (body) => arrayOf(body, "persons"),
  },
  {
    path: "/customobjects/:apiName",
    objectType: "customObject",
    operation: "upsert",
    records: (body) => arrayOf(body, "customObjects"),
  },
  {
    path: "/companies",
    objectType: "company",
    operation: "upsert",
    records: (body) => arrayOf(body, "input", "companies"),
  },
  { path: "/programmembers", objectType: "programMember", operation: "upsert", records: programMembers },
  {
    path: "/programmembers/delete",
    objectType: "programMember",
    operation: "delete",
    records: programMembers,
  },
  { path: "/lists", objectType: "list", operation: "upsert", records: listMembers },
  { path: "/lists/remove", objectType: "list", operation: "remove", records: listMembers },
];

function arrayOf(body: RecordBody, ...keys: string[]): RecordBody[] {
  for (const key of keys) {
    const value = body[key];
    if (value === undefined) continue;
    if (!Array.isArray(value) || value.length === 0) {
      throw new Refusal("4000802", `"${key}" must be an array with at least one object`);
    }
    if (!value.every(isRecord)) throw new Refusal("4000802", `"${key}" must hold objects only`);
    return value;
  }
  throw new Refusal("4000802", `"${keys[0]}" is missing`);
}

function programMembers(body: RecordBody): RecordBody[] {
  if (body["programs"] === undefined) return arrayOf(body, "input");
  return arrayOf(body, "programs").flatMap((program) =>
    arrayOf(program, "members").map((member) => ({
      ...member,
      programId: program["programId"],
      programStatus: program["status"],
    })),
  );
}

function listMembers(body: RecordBody): RecordBody[] {
  return arrayOf(body, "leads", "input").map((lead) => ({ ...lead, listId: body["listId"] }));
}

export function isRecord(value: unknown): value is RecordBody {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
