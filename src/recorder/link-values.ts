/**
 * What keys of link values stand for, so that the submitter gets its own values back: the service never has them.
 *
 * In memory, bounded, the oldest going first; on request also in a file, each batch encrypted (AES-256-GCM) under a key
 * derived from the secret: who has the file alone learns nothing, who has the secret could test guesses anyway.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { appendFile, readFile, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { isObject } from "../core/json.ts";
import { plainValueOf } from "./link-keys.ts";

/** Of each of two generations: the older one goes when the younger is full. */
const MAX_IN_MEMORY = 100_000;
const FILE = "link-values.sealed";
const OLDER_FILE = "link-values.1.sealed";
/** The file and one before it: so much twice. */
const MAX_FILE_BYTES = 32 * 1_048_576;
const WRITE_AFTER_MS = 200;

export interface LinkValues {
  add(key: string, value: string): void;
  /** Values by key, of those that are known. */
  resolve(keys: readonly string[]): Promise<Map<string, string>>;
  /** Writes what is not in the file yet. */
  save(): Promise<void>;
}

/** @param file where to keep them, or undefined: in memory only */
export function createLinkValues(file?: { directory: string; secret: string }): LinkValues {
  let young = new Map<string, string>();
  let old: ReadonlyMap<string, string> = new Map();
  let fresh: Record<string, string> = {};
  let timer: NodeJS.Timeout | undefined;

  async function save(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    const batch = fresh;
    fresh = {};
    if (file === undefined || Object.keys(batch).length === 0) return;
    const path = join(file.directory, FILE);
    const size = await stat(path).then(
      (found) => found.size,
      () => 0,
    );
    if (size > MAX_FILE_BYTES) await rename(path, join(file.directory, OLDER_FILE));
    await appendFile(path, `${seal(JSON.stringify(batch), file.secret)}\n`, { mode: 0o600 });
  }

  return {
    add(key, value) {
      if (young.has(key)) return;
      const isKnown = old.has(key);
      if (young.size >= MAX_IN_MEMORY) {
        old = young;
        young = new Map();
      }
      young.set(key, value);
      if (isKnown) return;
      if (file === undefined) return;
      fresh[key] = value;
      timer ??= setTimeout(() => void save().catch(() => undefined), WRITE_AFTER_MS);
    },
    async resolve(keys) {
      const found = new Map<string, string>();
      const missing = new Set<string>();
      for (const key of keys) {
        const value = young.get(key) ?? old.get(key) ?? plainValueOf(key);
        if (value === undefined) missing.add(key);
        else found.set(key, value);
      }
      if (file === undefined || missing.size === 0) return found;
      for (const [key, value] of await readLinkValues(file.directory, file.secret, missing))
        found.set(key, value);
      return found;
    },
    save: () => save().catch(() => undefined),
  };
}

/** The same from the files alone, for a process that did not record. What another secret sealed is passed over. */
export async function readLinkValues(
  directory: string,
  secret: string,
  wanted: ReadonlySet<string>,
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const name of [FILE, OLDER_FILE]) {
    const text = await readFile(join(directory, name), "utf8").catch(() => "");
    for (const line of text.split("\n")) {
      if (found.size === wanted.size) return found;
      for (const [key, value] of Object.entries(unseal(line, secret))) {
        if (wanted.has(key) && typeof value === "string") found.set(key, value);
      }
    }
  }
  return found;
}

const derived = new Map<string, Buffer>();

function keyOf(secret: string): Buffer {
  let key = derived.get(secret);
  if (key === undefined) {
    key = Buffer.from(hkdfSync("sha256", secret, "", "after202 link values", 32));
    derived.set(secret, key);
  }
  return key;
}

function seal(text: string, secret: string): string {
  const iv = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", keyOf(secret), iv);
  const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString("base64");
}

function unseal(line: string, secret: string): Readonly<Record<string, unknown>> {
  const bytes = Buffer.from(line, "base64");
  if (bytes.length < 28) return {};
  try {
    const decipher = createDecipheriv("aes-256-gcm", keyOf(secret), bytes.subarray(0, 12), {
      authTagLength: 16,
    });
    decipher.setAuthTag(bytes.subarray(12, 28));
    const text = Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString("utf8");
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}
