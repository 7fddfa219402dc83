/**
 * The desk that routes of alerts and silences go to, and the faults that they share.
 */
import { After202Error } from "../core/errors.ts";
import { readJson, readUtf8, bytesOf } from "./body-parser.ts";
import type { AlertDesk, ApiParts } from "./parts.ts";
import { type Fault, inputInvalid } from "./schema-check.ts";

/** @throws After202Error ALERTS_OFF */
export function deskOf({ alerts }: Pick<ApiParts, "alerts">): AlertDesk {
  if (alerts !== undefined) return alerts;
  throw new After202Error(
    "ALERTS_OFF",
    "This process has no alerting: ask one that runs with the role alerts, or start it with that role.",
  );
}

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
