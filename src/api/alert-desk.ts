/**
 * What the routes of alerts and silences share.
 */
import { After202Error } from "../core/errors.ts";
import { readJson, readUtf8, bytesOf } from "./body-parser.ts";
import { type Fault, inputInvalid } from "./schema-check.ts";

export function alertUnknown(): After202Error {
  return new After202Error("ALERT_UNKNOWN", "No alert has this id; GET /v1/alerts lists those there are.");
}

/**
 * The body of a call, checked.
 *
 * @param ifEmpty what no body at all stands for; undefined: a body is needed
 */
export function readOrder<T>(body: unknown, check: (value: unknown) => readonly Fault[], ifEmpty?: T): T {
  const bytes = bytesOf(body);
  if (bytes.byteLength === 0 && ifEmpty !== undefined) return ifEmpty;
  const order = readJson(readUtf8(bytes));
  const faults = check(order);
  if (faults.length > 0) throw inputInvalid(faults);
  return order as T;
}
