/**
 * An id, looked up: a request first, else a correlation.
 */
import { After202Error, type ErrorCode } from "../core/errors.ts";
import type { LifecycleJson } from "../core/lifecycle-json.ts";
import { exitCodeOfCorrelation, exitCodeOfRequest } from "./exit-code.ts";
import type { CorrelationJson } from "./service-answers.ts";
import type { ServiceCall, ServiceClient } from "./service-client.ts";

export type Finding =
  | { readonly kind: "request"; readonly json: LifecycleJson }
  | { readonly kind: "correlation"; readonly json: CorrelationJson };

/** @throws After202Error REQUEST_UNKNOWN when it is neither, SERVICE_UNREACHABLE, and what the service answers */
export async function lookUp(client: ServiceClient, id: string, call: ServiceCall = {}): Promise<Finding> {
  const request = await unlessUnknown("REQUEST_UNKNOWN", client.ask<LifecycleJson>(requestPath(id), call));
  if (request !== undefined) return { kind: "request", json: request };
  const rollup = await unlessUnknown(
    "CORRELATION_UNKNOWN",
    client.ask<CorrelationJson>(correlationPath(id), call),
  );
  if (rollup !== undefined) return { kind: "correlation", json: rollup };
  throw new After202Error(
    "REQUEST_UNKNOWN",
    `No request and no correlation has the id ${JSON.stringify(id)}: check it, or ask again, it may still be under way.`,
  );
}

export function requestPath(id: string): string {
  return `/v1/requests/${encodeURIComponent(id)}`;
}

export function missingPersonsPath(requestId: string): string {
  return `${requestPath(requestId)}/missing-persons`;
}

export function correlationPath(id: string): string {
  return `/v1/correlations/${encodeURIComponent(id)}`;
}

/** What can never be verified is settled, too: there is nothing to wait for. */
export function isSettled(found: Finding): boolean {
  return found.kind === "request" ? found.json.terminal || !found.json.verifiable : found.json.settled;
}

export function exitCodeOf(found: Finding): number {
  return found.kind === "request" ? exitCodeOfRequest(found.json) : exitCodeOfCorrelation(found.json);
}

async function unlessUnknown<T>(code: ErrorCode, asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof After202Error && error.code === code) return undefined;
    throw error;
  }
}
