/**
 * From a body to submissions: one, an array, or one a line. What does not read is told item by item.
 */
import { After202Error } from "../core/errors.ts";
import type { SubmissionInput } from "../core/submission.ts";
import { isLines, readJson, readUtf8 } from "./body-parser.ts";
import { MAX_SUBMISSIONS } from "./limits.ts";
import { inputInvalid } from "./schema-check.ts";
import { checkSubmission } from "./submission-check.ts";

/** A submission, or why it is none. */
export type SubmissionItem = SubmissionInput | After202Error;

/** @throws After202Error INPUT_UNREADABLE or INPUT_INVALID when the body as a whole cannot be read */
export function readSubmissions(bytes: Uint8Array, contentType: string | undefined): SubmissionItem[] {
  const text = readUtf8(bytes);
  const items = isLines(contentType) ? readLines(text) : [readJson(text)].flat();
  if (items.length === 0) {
    throw inputInvalid([{ field: "", message: "holds no submission" }]);
  }
  if (items.length > MAX_SUBMISSIONS) {
    throw inputInvalid([
      { field: "", message: `holds ${items.length} submissions; send at most ${MAX_SUBMISSIONS} at once` },
    ]);
  }
  return items.map((item) => {
    if (item instanceof After202Error) return item;
    const { input, faults } = checkSubmission(item);
    return input ?? inputInvalid(faults);
  });
}

function readLines(text: string): unknown[] {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  if (lines.length > MAX_SUBMISSIONS) return lines;
  return lines.map((line) => {
    try {
      return readJson(line);
    } catch (error) {
      return error;
    }
  });
}
