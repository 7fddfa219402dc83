/** Which dead letters a call is about: those named, or those that filters let through. */
import type { DeadLetterFilter } from "../core/dead-letter-ports.ts";
import { type Fault, inputInvalid } from "./schema-check.ts";
import { readBound } from "./time-bound.ts";

/** As queries and bodies give it. */
export interface FilterInput {
  readonly code?: string;
  readonly path?: string;
  readonly since?: string;
}

export interface DeadLetterOrder extends FilterInput {
  readonly ids?: readonly string[];
  readonly all?: true;
}

/** @throws After202Error INPUT_INVALID */
export function readFilter({ code, path, since }: FilterInput, now: number): DeadLetterFilter {
  return { code, path, since: since === undefined ? undefined : readBound("since", since, now) };
}

/**
 * @returns ids, or a filter
 * @throws After202Error INPUT_INVALID when it says both
 */
export function readWhich(
  { ids, all, ...filter }: DeadLetterOrder,
  now: number,
): readonly string[] | DeadLetterFilter {
  const ways = Number(ids !== undefined) + Number(all === true) + Number(Object.keys(filter).length > 0);
  if (ways > 1) throw inputInvalid([BOTH]);
  return ids ?? readFilter(filter, now);
}

const BOTH: Fault = { field: "", message: "names ids, filters or all; only one of them may be given" };
