/**
 * Asynchronous validation of a webhook: Adobe posts a URL, and we prove that we read it by asking for it.
 *
 * The URL comes from whoever posts, so it is asked for only at the one documented host.
 */
import type { Dispatcher } from "undici";
import { After202Error } from "../core/errors.ts";
import { isObject } from "../core/json.ts";
import { exchange } from "./http-exchange.ts";

const HOST = "csm.adobe.io";
const TIMEOUT_MS = 5_000;
const LONGEST_BODY = 8 * 1024;
const MAX_ANSWER_BYTES = 256 * 1024;

export interface ValidationOptions {
  /** One more origin, for tests and the simulator. */
  readonly extraOrigin?: string | undefined;
  readonly dispatcher?: Dispatcher | undefined;
}

/** @returns the URL, if the body is a request for validation and nothing else */
export function readValidationUrl(rawBody: Uint8Array): string | undefined {
  if (rawBody.byteLength > LONGEST_BODY) return undefined;
  const text = Buffer.from(rawBody.buffer, rawBody.byteOffset, rawBody.byteLength).toString("utf8");
  if (!text.includes('"validationUrl"')) return undefined;
  try {
    const body: unknown = JSON.parse(text);
    const isOther = !isObject(body) || "type" in body || "event" in body || "events" in body;
    return !isOther && typeof body["validationUrl"] === "string" ? body["validationUrl"] : undefined;
  } catch {
    return undefined;
  }
}

/** @throws After202Error VALIDATION_URL_REFUSED, or VALIDATION_FAILED when the URL does not answer with 2xx */
export async function validateRegistration(validationUrl: string, options: ValidationOptions): Promise<void> {
  if (!isAllowed(validationUrl, options.extraOrigin)) {
    throw new After202Error("VALIDATION_URL_REFUSED", `Only https://${HOST} is asked for a validation.`);
  }
  let status: number;
  try {
    const limits = { timeoutMs: TIMEOUT_MS, maxBytes: MAX_ANSWER_BYTES, dispatcher: options.dispatcher };
    status = (await exchange(validationUrl, limits)).status;
  } catch (cause) {
    throw new After202Error("VALIDATION_FAILED", "The validation URL does not answer.", { cause });
  }
  if (status < 200 || status > 299) {
    throw new After202Error("VALIDATION_FAILED", `The validation URL answered ${status}.`);
  }
}

function isAllowed(validationUrl: string, extraOrigin: string | undefined): boolean {
  if (!URL.canParse(validationUrl)) return false;
  const url = new URL(validationUrl);
  if (url.username !== "" || url.password !== "") return false;
  return (
    url.origin === `https://${HOST}` ||
    (extraOrigin !== undefined && url.origin === new URL(extraOrigin).origin)
  );
}
