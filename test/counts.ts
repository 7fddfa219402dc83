import type { RecordCounts } from "../src/core/record-counts.ts";

/** Records by code, as one writes them: `counts({ "1004": 7 })`. */
export function counts(byCode: Readonly<Record<string, number>>): RecordCounts {
  return new Map(Object.entries(byCode));
}
