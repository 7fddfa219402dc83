/**
 * Reading submissions: what the schema cannot say, and all faults of each, by field.
 */
import type { SubmissionInput } from "../core/submission.ts";
import { parseTraceparent } from "../core/traceparent.ts";
import { compileCheck, type Fault } from "./schema-check.ts";
import { submission } from "./schemas/submission.ts";
import { parseHttpDate, parseTime } from "./time-input.ts";

const faultsOfShape = compileCheck(submission);
const MAX_LABEL_LENGTH = 256;

/** The submission, or everything that is wrong with it. */
export type CheckedSubmission =
  | { readonly input: SubmissionInput; readonly faults?: never }
  | { readonly input?: never; readonly faults: readonly Fault[] };

/** A field that is null is one that was left out: many clients write it so. */
export function checkSubmission(given: unknown): CheckedSubmission {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    return { faults: faultsOfShape(given) };
  }
  const value = Object.fromEntries(Object.entries(given).filter(([, content]) => content !== null));
  const shape = faultsOfShape(value);
  const told = new Set(shape.map((fault) => fault.field));
  const faults = [...shape, ...faultsOfMeaning(value).filter((fault) => !told.has(fault.field))];
  return faults.length > 0 ? { faults } : { input: value as unknown as SubmissionInput };
}

function faultsOfMeaning(value: Partial<Record<keyof SubmissionInput, unknown>>): Fault[] {
  const faults: Fault[] = [];
  for (const field of ["submittedAt", "respondedAt", "jobCreatedAt"] as const) {
    const text = value[field];
    if (typeof text === "string" && parseTime(text) === undefined) {
      faults.push({ field, message: "must be an RFC 3339 time such as 2026-11-22T02:00:00.000Z" });
    }
  }
  for (const field of ["jobState", "jobCreatedAt"] as const) {
    if (value[field] !== undefined && value.target !== "salesforce") {
      faults.push({ field, message: "is of bulk jobs: it needs the target salesforce" });
    }
  }
  const { serverTime } = value;
  if (typeof serverTime === "string" && (parseTime(serverTime) ?? parseHttpDate(serverTime)) === undefined) {
    faults.push({
      field: "serverTime",
      message: "must be the response's Date (Sun, 22 Nov 2026 02:00:00 GMT), or an RFC 3339 time",
    });
  }
  const { traceparent } = value;
  if (typeof traceparent === "string" && parseTraceparent(traceparent) === undefined) {
    faults.push({
      field: "traceparent",
      message: "must be a traceparent such as 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    });
  }
  return [...faults, ...faultsOfLabels(value.labels), ...brokenTexts(value)];
}

function faultsOfLabels(labels: unknown): Fault[] {
  if (typeof labels !== "object" || labels === null) return [];
  return Object.keys(labels)
    .filter((name) => name === "" || name === "__proto__" || name.length > MAX_LABEL_LENGTH)
    .map((name) => ({
      field: `labels.${name.slice(0, 40)}`,
      message: `must have a name of 1 to ${MAX_LABEL_LENGTH} characters, other than __proto__`,
    }));
}

/** Half of a surrogate pair has no UTF-8 form, and the store could not take it. */
function brokenTexts(value: object, path = ""): Fault[] {
  return Object.entries(value).flatMap(([name, part]: [string, unknown]) => {
    const field = path === "" ? name : `${path}.${name}`;
    if (typeof part === "object" && part !== null && path === "") return brokenTexts(part, field);
    const broken = !name.isWellFormed() || (typeof part === "string" && !part.isWellFormed());
    return broken ? [{ field, message: "holds half of a surrogate pair, which is no character" }] : [];
  });
}
