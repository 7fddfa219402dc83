/**
 * Public keys of webhook signatures: loaded from one fixed origin, cached by their whole URL for at most a day.
 *
 * The path comes from the request, so only Adobe's form of it is taken, and it is never joined to the origin as text:
 * `@evil.example/k.pem` appended to an origin is another host.
 */
import { createPublicKey, type KeyObject } from "node:crypto";
import type { Dispatcher } from "undici";
import type { Clock } from "../core/ports.ts";
import { exchange } from "./http-exchange.ts";

const KEY_PATH = /^\/(?:prod|stage)\/keys\/[A-Za-z0-9._-]{1,128}\.pem$/;
const MIN_MODULUS_BITS = 2_048;
const MAX_KEY_BYTES = 16 * 1024;
const MAX_LOADED = 32;
const MAX_FAILED = 256;
const FRESH_MS = 24 * 60 * 60_000;
/** So long a key that could not be loaded is not asked for again. */
const FAILED_MS = 10_000;

/** Loads the PEM text at a URL; rejects when it cannot be had. */
export type FetchKey = (url: URL) => Promise<string>;

export interface PublicKeys {
  /** Whether the path is one of Adobe's; others are never asked for. */
  accepts(path: string): boolean;
  /** The key at an accepted path; undefined when it cannot be loaded now. */
  load(path: string): Promise<KeyObject | undefined>;
}

export interface PublicKeysOptions {
  readonly origin: string;
  readonly clock: Clock;
  readonly fetchKey: FetchKey;
}

interface Loaded {
  readonly key: KeyObject;
  readonly until: number;
}

export function createPublicKeys({ origin, clock, fetchKey }: PublicKeysOptions): PublicKeys {
  const loaded = new Map<string, Loaded>();
  const failedUntil = new Map<string, number>();
  const loading = new Map<string, Promise<KeyObject | undefined>>();

  async function fetchAndKeep(url: URL): Promise<KeyObject | undefined> {
    try {
      const key = readKey(await fetchKey(url));
      loaded.delete(url.href);
      keep(loaded, url.href, { key, until: clock.now() + FRESH_MS }, MAX_LOADED);
      return key;
    } catch {
      keep(failedUntil, url.href, clock.now() + FAILED_MS, MAX_FAILED);
      return undefined;
    } finally {
      loading.delete(url.href);
    }
  }

  return {
    accepts: (path) => KEY_PATH.test(path),
    async load(path) {
      const url = new URL(origin);
      url.pathname = path;
      const known = loaded.get(url.href);
      if (known !== undefined && known.until > clock.now()) {
        loaded.delete(url.href); // the one used last is forgotten last
        loaded.set(url.href, known);
        return known.key;
      }
      if ((failedUntil.get(url.href) ?? 0) > clock.now()) return undefined;
      const underWay = loading.get(url.href) ?? fetchAndKeep(url);
      loading.set(url.href, underWay);
      return underWay;
    },
  };
}

function keep<T>(map: Map<string, T>, name: string, value: T, limit: number): void {
  map.set(name, value);
  for (const oldest of map.keys()) {
    if (map.size <= limit) return;
    map.delete(oldest);
  }
}

function readKey(pem: string): KeyObject {
  if (!pem.includes("PUBLIC KEY")) throw new Error("not a public key");
  const key = createPublicKey(pem);
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (key.asymmetricKeyType !== "rsa" || bits < MIN_MODULUS_BITS)
    throw new Error("not an RSA key of 2048 bits or more");
  return key;
}

/** Fetches a key over HTTP within 3 s; redirects are not followed. */
export function httpFetchKey(dispatcher?: Dispatcher): FetchKey {
  return async (url) => {
    const answer = await exchange(url, { timeoutMs: 3_000, maxBytes: MAX_KEY_BYTES, dispatcher });
    if (answer.status !== 200) throw new Error(`the key's origin answered ${answer.status}`);
    return answer.body.toString("utf8");
  };
}
