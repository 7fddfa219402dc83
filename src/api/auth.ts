/**
 * Who may call what. Every route names its scope in its config; a route that names none does not start.
 *
 * `open` routes take no key. Attempts with keys that are not known to be good are limited by address, so that
 * guessing cannot keep the store busy; good keys are never limited.
 */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { After202Error } from "../core/errors.ts";
import type { ApiKey, Clock, KeyStore, Scope } from "../core/ports.ts";
import { equalInConstantTime, fitsKey, parseApiKey } from "./api-key.ts";
import { createKeyCache } from "./key-cache.ts";

/** `open`: no key is asked for. */
export type RouteScope = Scope | "open";

/** The caller, as far as the key tells. */
export interface Caller {
  readonly keyId: string;
  readonly scopes: readonly Scope[];
}

declare module "fastify" {
  interface FastifyContextConfig {
    scope?: RouteScope;
  }
  interface FastifyRequest {
    caller: Caller | null;
  }
}

interface AuthParts {
  readonly keys: KeyStore;
  readonly clock: Clock;
  readonly auth: "keys" | "off";
  readonly adminKey?: string | undefined;
  readonly readKey?: string | undefined;
}

/** Takes one from the address's allowance for doubtful keys; rejects when there is none left. */
type Doubt = (request: FastifyRequest) => Promise<void>;

const EVERYONE: Caller = { keyId: "off", scopes: ["admin"] };
const ADMIN: Caller = { keyId: "admin", scopes: ["admin"] };
const READER: Caller = { keyId: "reader", scopes: ["read"] };

/** Guards every route that is registered after this call. */
export function guardRoutes(app: FastifyInstance, parts: AuthParts, doubt: Doubt): void {
  const identify = parts.auth === "off" ? async () => EVERYONE : keyIdentifier(parts, doubt);
  app.decorateRequest("caller", null);
  app.addHook("onRoute", (route) => {
    if (route.config?.scope === undefined) throw new Error(`route ${route.url} names no scope`);
  });
  app.addHook("onRequest", async (request) => {
    const scope = request.routeOptions.config.scope ?? "open";
    if (scope === "open" || request.is404) return;
    request.caller = await identify(request);
    if (!mayUse(request.caller, scope)) {
      throw new After202Error(
        "SCOPE_MISSING",
        `This route needs the scope ${scope}; create a key with it: after202 keys create --scopes ${scope}.`,
      );
    }
  });
}

/** The scope admin includes every other. */
export function mayUse(caller: Caller | null, scope: Scope): boolean {
  return caller !== null && (caller.scopes.includes(scope) || caller.scopes.includes("admin"));
}

function keyIdentifier(parts: AuthParts, doubt: Doubt): (request: FastifyRequest) => Promise<Caller> {
  const cache = createKeyCache(parts.keys, parts.clock);
  const isGood = (key: ApiKey): boolean => key.revokedAt === null || key.revokedAt > parts.clock.now();

  return async (request) => {
    const text = sentKey(request);
    if (parts.adminKey !== undefined && equalInConstantTime(text, parts.adminKey)) return ADMIN;
    if (parts.readKey !== undefined && equalInConstantTime(text, parts.readKey)) return READER;
    const plain = parseApiKey(text);
    const cold = plain !== undefined && cache.isCold(plain.keyId);
    if (cold) await doubt(request);
    const key = plain === undefined ? undefined : await cache.find(plain.keyId);
    if (plain !== undefined && key !== undefined && fitsKey(plain, key) && isGood(key)) return key;
    if (!cold) await doubt(request);
    throw new After202Error("KEY_INVALID", "This API key is unknown or revoked; ask for a new one.");
  };
}

function sentKey(request: FastifyRequest): string {
  const bearer = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? "")?.[1];
  const header = request.headers["x-api-key"];
  const text = bearer ?? (typeof header === "string" ? header.trim() : undefined);
  if (text !== undefined && text !== "") return text;
  throw new After202Error(
    "KEY_MISSING",
    "Send an API key, as Authorization: Bearer a202_… or as X-Api-Key: a202_….",
  );
}
