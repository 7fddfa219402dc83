/**
 * Link keys: digests of the values by which custom objects point to persons, and of the same field of persons.
 *
 * HMAC-SHA-256 in hexadecimal, under a secret that the service need not know: it compares digests and cannot turn them back.
 */
import { createHmac, createSecretKey, type KeyObject } from "node:crypto";
import type { SubmissionInput } from "../core/submission.ts";
import { isObject } from "../core/json.ts";
import type { Endpoint } from "./endpoint.ts";

/** What the API takes of each kind with one submission. */
const MAX_KEYS = 1_000;
/** What the API takes as one key. */
const MAX_PLAIN = 128;
const PLAIN = "plain_";

export interface LinkKeySettings {
  /** By custom object: its field that points to a person. */
  readonly linkFields: Readonly<Record<string, string>>;
  /** Fields of persons that such a field may name. */
  readonly personFields: readonly string[];
  readonly secret: string | undefined;
  /** Send the values themselves. */
  readonly plain: boolean;
}

export type LinkKeysOfBody = Pick<SubmissionInput, "linkField" | "linkKeys" | "personKeys">;

/** Collects keys from the records of one body. */
export interface LinkKeyReader {
  onRecord(json: string): void;
  keys(): LinkKeysOfBody;
}

/**
 * As Marketo compares: without surrounding white space, and an e-mail address (whatever has an `@`) in lower case. Other
 * values keep their case: of them Marketo does not say how it compares.
 */
export function normaliseLinkValue(value: unknown): string {
  if (typeof value !== "string" && typeof value !== "number") return "";
  const text = String(value).trim();
  return text.includes("@") ? text.toLowerCase() : text;
}

/** @returns the key that stands for a normalised value */
export type LinkDigest = (value: string) => string;

export function createLinkDigest(secret: string): LinkDigest {
  const key: KeyObject = createSecretKey(secret, "utf8");
  return (value) => createHmac("sha256", key).update(value).digest("hex");
}

/**
 * @param remember is told what stands for what
 * @returns undefined where the endpoint has no link values, or nobody may see them
 */
export function createLinkKeyReader(
  endpoint: Endpoint,
  settings: LinkKeySettings,
  digest: LinkDigest | undefined,
  remember: (key: string, value: string) => void,
): LinkKeyReader | undefined {
  if (endpoint.target !== "marketo" || endpoint.operation !== "upsert") return undefined;
  const { objectName = "" } = endpoint;
  const linkField = Object.hasOwn(settings.linkFields, objectName)
    ? settings.linkFields[objectName]
    : undefined;
  const isPerson = endpoint.objectType === "person";
  const fields = isPerson ? settings.personFields : linkField === undefined ? [] : [linkField];
  if (fields.length === 0) return undefined;
  const found = new Set<string>();

  function keyOf(value: string): string | undefined {
    const plain = PLAIN + Buffer.from(value).toString("base64url");
    if (settings.plain && plain.length <= MAX_PLAIN) return plain;
    return digest?.(value);
  }

  return {
    onRecord(json) {
      if (found.size >= MAX_KEYS || (digest === undefined && !settings.plain)) return;
      const record: unknown = JSON.parse(json);
      if (!isObject(record)) return;
      for (const field of fields) {
        const value = normaliseLinkValue(record[field]);
        const key = value === "" ? undefined : keyOf(value);
        if (key === undefined) continue;
        found.add(key);
        remember(key, value);
      }
    },
    keys() {
      const keys = found.size === 0 ? undefined : [...found].slice(0, MAX_KEYS);
      if (isPerson) return keys === undefined ? {} : { personKeys: keys };
      return {
        ...(linkField === undefined ? {} : { linkField }),
        ...(keys === undefined ? {} : { linkKeys: keys }),
      };
    },
  };
}

/** The value of a key that was sent plainly; undefined for a digest. */
export function plainValueOf(key: string): string | undefined {
  return key.startsWith(PLAIN)
    ? Buffer.from(key.slice(PLAIN.length), "base64url").toString("utf8")
    : undefined;
}
