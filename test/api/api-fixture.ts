/**
 * The API over real sockets, on a port of its own, over the memory store and a clock that tests move.
 */
import type { FastifyInstance } from "fastify";
import type { AddressInfo } from "node:net";
import { Writable } from "node:stream";
import { pino } from "pino";
import { Registry } from "prom-client";
import { onTestFinished } from "vitest";
import { createApiKey } from "../../src/api/api-key.ts";
import type { ApiParts } from "../../src/api/parts.ts";
import { openApi } from "../../src/api/server.ts";
import { createLedger } from "../../src/core/ledger.ts";
import { createMissingPersonsReader } from "../../src/core/missing-persons.ts";
import { lifecycleSettings } from "../../src/core/lifecycle-settings.ts";
import type { Scope } from "../../src/core/ports.ts";
import { createMemoryDesk } from "./alert-desk.ts";
import { type Document, operationOf, requireDocumented } from "./documented.ts";
import { START } from "./facts.ts";
import { createManualClock, type ManualClock } from "./manual-clock.ts";
import { createMemoryStore, type MemoryStore } from "./memory-store.ts";

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // oxlint-disable-next-line typescript/no-explicit-any -- tests read whatever came
  readonly body: any;
  readonly text: string;
}

export interface Api {
  readonly url: string;
  readonly app: FastifyInstance;
  readonly store: MemoryStore;
  readonly clock: ManualClock;
  readonly document: Document;
  /** Everything that was logged. */
  readonly log: string[];
  /** Calls with an admin key unless headers say otherwise; fails when the answer is not documented. */
  call(path: string, init?: RequestInit): Promise<Answer>;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** A new key with the scopes. */
  key(...scopes: Scope[]): Promise<string>;
}

export const ADMIN_KEY = "admin-key-of-this-test";

export async function startApi(over: Partial<ApiParts> = {}): Promise<Api> {
  const settings = new Map([["", lifecycleSettings()]]);
  const store = createMemoryStore(settings);
  const clock = createManualClock(START);
  const log: string[] = [];
  const sink = new Writable({ write: (chunk, _encoding, done) => (log.push(String(chunk)), done()) });
  const ledger = createLedger(store, settings, clock);
  const app = await openApi({
    arrivals: store,
    ledger,
    persons: createMissingPersonsReader(store, ledger),
    intake: store,
    changes: store,
    stream: store,
    traffic: store,
    repairs: store,
    deadLetters: store,
    history: store,
    keys: store,
    health: store,
    sources: async () => [],
    alerts: createMemoryDesk(),
    registry: new Registry(),
    clock,
    logger: pino({ level: "trace" }, sink),
    auth: "keys",
    adminKey: ADMIN_KEY,
    version: "0.0.0-test",
    roles: ["ingest", "api"],
    ...over,
  });
  await app.listen({ port: 0, host: "127.0.0.1" });
  onTestFinished(() => app.close());
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  const document = (await (await fetch(`${url}/openapi.json`)).json()) as Document;

  async function call(path: string, init: RequestInit = {}): Promise<Answer> {
    const headers = { authorization: `Bearer ${ADMIN_KEY}`, ...(init.headers as Record<string, string>) };
    const response = await fetch(url + path, { ...init, headers });
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.includes("json") === true;
    const body: unknown = isJson ? JSON.parse(text) : text;
    const operation = operationOf(document, init.method ?? "GET", path);
    if (operation !== undefined) requireDocumented(document, operation, response.status, body);
    return { status: response.status, headers: response.headers, body, text };
  }

  return {
    url,
    app,
    store,
    clock,
    document,
    log,
    call,
    post: (path, body, headers = {}) =>
      call(path, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: typeof body === "string" || body instanceof Uint8Array ? body : JSON.stringify(body),
      }),
    async key(...scopes) {
      const { key, plain } = createApiKey("test", scopes, clock);
      await store.saveKey(key);
      return plain;
    },
  };
}
