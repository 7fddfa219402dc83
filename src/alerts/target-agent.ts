/**
 * The connections of a hook: a name is resolved once, and the address that was judged is the one that is connected.
 *
 * Checking first and connecting by name afterwards would let a name change in between (DNS rebinding).
 */
import { lookup as lookupAll } from "node:dns/promises";
import { isIP, type LookupFunction } from "node:net";
import { callbackify } from "node:util";
import { Agent, buildConnector } from "undici";
import { bareHost, isPublicAddress } from "./target.ts";

export interface Address {
  readonly address: string;
  readonly family: number;
}

/** All addresses of a name; rejects where it has none. */
export type Resolve = (hostname: string) => Promise<readonly Address[]>;

const systemResolve: Resolve = (hostname) => lookupAll(hostname, { all: true });

/** Told apart from network faults: trying again does not help. */
export class PrivateTargetError extends Error {
  constructor() {
    super("the receiver has no public address");
    this.name = "PrivateTargetError";
  }
}

export interface TargetAgentOptions {
  readonly allowPrivate: boolean;
  readonly connectTimeoutMs: number;
  readonly resolve?: Resolve;
}

/** Idle connections hold no process open; closing the agent is for tests. */
export function createTargetAgent(options: TargetAgentOptions): Agent {
  const { allowPrivate, connectTimeoutMs, resolve = systemResolve } = options;
  const permitted = (address: string): boolean => allowPrivate || isPublicAddress(address);
  const connect = buildConnector({ timeout: connectTimeoutMs, lookup: guardedLookup(resolve, permitted) });
  return new Agent({
    connections: 8,
    connect(target, callback) {
      // an address written into the URL is connected without a lookup
      const host = bareHost(target.hostname);
      if (isIP(host) !== 0 && !permitted(host)) callback(new PrivateTargetError(), null);
      else connect(target, callback);
    },
  });
}

/** A lookup, as `net.connect` asks for it, that answers only with permitted addresses. */
export function guardedLookup(resolve: Resolve, permitted: (address: string) => boolean): LookupFunction {
  const find = callbackify(async (hostname: string, family: number | string | undefined) => {
    const found = await resolve(hostname);
    const wanted = found.filter((one) => !family || String(family).endsWith(String(one.family)));
    if (wanted.length === 0) throw notFound();
    const open = wanted.filter((one) => permitted(one.address));
    if (open.length === 0) throw new PrivateTargetError();
    return open;
  });
  return (hostname, options, callback) => {
    find(hostname, options.family, (error, open) => {
      const [first] = open ?? [];
      if (error !== null || first === undefined) callback(error ?? notFound(), "");
      else if (options.all === true) callback(null, [...open]);
      else callback(null, first.address, first.family);
    });
  };
}

function notFound(): NodeJS.ErrnoException {
  return Object.assign(new Error("the receiver's name has no address"), { code: "ENOTFOUND" });
}
