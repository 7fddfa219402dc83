/**
 * A token that is kept fresh: asked for anew before it expires; while that fails the old one serves until its end.
 *
 * However many ask at once, one request is on its way.
 */
import type { Clock } from "../core/ports.ts";

/** A token as it was issued. */
export interface IssuedToken {
  readonly text: string;
  readonly lifeMs: number;
}

export interface RenewingToken<Issued extends IssuedToken> {
  /** A token that is good as far as is known; rejects when none can be had. */
  get(signal?: AbortSignal): Promise<Issued>;
  /** The other side refused it: the next `get` asks for a new one. */
  invalidate(text: string): void;
}

const RENEW_AT_SHARE = 0.9;
const RENEW_BEFORE_MS = 5 * 60_000;
/** After a renewal that failed, while the old token still serves. */
const RENEW_AGAIN_MS = 10_000;

interface Held<Issued> {
  readonly issued: Issued;
  readonly expiresAt: number;
  renewAt: number;
}

export function createRenewingToken<Issued extends IssuedToken>(
  clock: Clock,
  request: () => Promise<Issued>,
): RenewingToken<Issued> {
  let current: Held<Issued> | undefined;
  let renewal: Promise<Held<Issued>> | undefined;

  function renew(): Promise<Held<Issued>> {
    renewal ??= request()
      .then((issued) => (current = hold(issued, clock.now())))
      .finally(() => {
        renewal = undefined;
      });
    return renewal;
  }

  return {
    async get(signal) {
      signal?.throwIfAborted();
      const known = current;
      const now = clock.now();
      if (known === undefined || known.expiresAt <= now) return (await renew()).issued;
      if (known.renewAt <= now) {
        known.renewAt = now + RENEW_AGAIN_MS;
        renew().catch(() => undefined); // the old token serves on; the next renewal tells if it does not
      }
      return known.issued;
    },
    invalidate(text) {
      if (current?.issued.text === text) current = undefined;
    },
  };
}

/** Renewed five minutes before the end at the latest; a token that lives shorter than that, at nine tenths. */
function hold<Issued extends IssuedToken>(issued: Issued, now: number): Held<Issued> {
  const { lifeMs } = issued;
  const early = lifeMs > 2 * RENEW_BEFORE_MS ? lifeMs - RENEW_BEFORE_MS : lifeMs;
  return { issued, expiresAt: now + lifeMs, renewAt: now + Math.min(lifeMs * RENEW_AT_SHARE, early) };
}
