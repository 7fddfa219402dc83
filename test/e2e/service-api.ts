/**
 * What a user of the service asks over HTTP, for tests that know the service from outside only.
 */
import type { CorrelationJson } from "../../src/cli/service-answers.ts";
import type { LifecycleJson } from "../../src/core/lifecycle-json.ts";

export interface Answer<T> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
}

export interface Rollup {
  readonly settled: boolean;
  readonly requests: { readonly total: number; readonly byState: Record<string, number> };
  readonly records: {
    readonly expected: number;
    readonly created: number;
    readonly updated: number;
    readonly failed: Record<string, number>;
    readonly outstanding: number;
  };
  readonly unverifiable: { readonly requests: number; readonly records: number };
  readonly backfill: CorrelationJson["backfill"];
  readonly items?: LifecycleJson[];
}

export interface EventReceipt {
  readonly read: number;
  readonly new: number;
  readonly duplicate: number;
  readonly dead: number;
}

export interface DeadLetterJson {
  readonly deadLetterId: string;
  readonly path: string;
  readonly code: string;
  readonly reason: string;
  readonly eventId: string;
  readonly body?: string;
}

interface Page<T> {
  readonly items: T[];
  readonly nextCursor: string | null;
}

export interface ServiceApi {
  get<T>(path: string): Promise<Answer<T>>;
  post<T>(path: string, body: unknown, contentType?: string): Promise<Answer<T>>;
  /** undefined: the service does not know it. */
  lifecycle(requestId: string): Promise<LifecycleJson | undefined>;
  /** All pages. */
  list(query?: Record<string, string>, limit?: number): Promise<LifecycleJson[]>;
  correlation(correlationId: string): Promise<Rollup>;
  deadLetters(): Promise<DeadLetterJson[]>;
}

export function serviceApi(url: string): ServiceApi {
  async function call<T>(path: string, init?: RequestInit): Promise<Answer<T>> {
    const response = await fetch(url + path, { signal: AbortSignal.timeout(30_000), ...init });
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.includes("json") === true;
    const body = (isJson ? JSON.parse(text) : text) as T;
    return { status: response.status, headers: response.headers, body };
  }

  /** @throws Error unless the answer is 2xx */
  async function read<T>(path: string): Promise<T> {
    const { status, body } = await call<T>(path);
    if (status >= 300) throw new Error(`${path}: ${status} ${JSON.stringify(body)}`);
    return body;
  }

  async function readAll<T>(path: string, query: Record<string, string>, limit: number): Promise<T[]> {
    const items: T[] = [];
    for (let cursor: string | null = ""; cursor !== null;) {
      const asked = new URLSearchParams({
        ...query,
        limit: String(limit),
        ...(cursor === "" ? {} : { cursor }),
      });
      const page: Page<T> = await read(`${path}?${asked.toString()}`);
      items.push(...page.items);
      cursor = page.nextCursor;
    }
    return items;
  }

  return {
    get: (path) => call(path),
    post: (path, body, contentType = "application/json") =>
      call(path, {
        method: "POST",
        headers: { "content-type": contentType },
        body: typeof body === "string" || body instanceof Uint8Array ? body : JSON.stringify(body),
      }),
    async lifecycle(requestId) {
      const { status, body } = await call<LifecycleJson>(`/v1/requests/${encodeURIComponent(requestId)}`);
      if (status === 404) return undefined;
      if (status !== 200) throw new Error(`${requestId}: ${status} ${JSON.stringify(body)}`);
      return body;
    },
    list: (query = {}, limit = 500) => readAll("/v1/requests", query, limit),
    correlation: (correlationId) => read(`/v1/correlations/${encodeURIComponent(correlationId)}`),
    deadLetters: () => readAll("/v1/dead-letters", {}, 500),
  };
}
