/**
 * Calls to the service over connections that stay open, as a program makes them.
 */
import { Pool } from "undici";

export interface HttpCalls {
  /** The body as text; @throws Error unless the answer is 2xx */
  get(path: string): Promise<string>;
  getJson<T>(path: string): Promise<T>;
  /** The status and the body, whatever they are. */
  tryGet(path: string): Promise<{ status: number; text: string }>;
  post(path: string, body: string, headers?: Readonly<Record<string, string>>): Promise<string>;
  close(): Promise<void>;
}

/** An answer that takes longer than half a minute is none. */
const TIMEOUT_MS = 30_000;

export function openCalls(origin: string, connections = 1): HttpCalls {
  const pool = new Pool(origin, { connections, pipelining: 1, headersTimeout: TIMEOUT_MS });

  async function call(
    path: string,
    init: { method: "GET" | "POST"; body?: string; headers?: Record<string, string> },
  ) {
    const answer = await pool.request({ path, ...init });
    return { status: answer.statusCode, text: await answer.body.text() };
  }

  async function get(path: string): Promise<string> {
    const { status, text } = await call(path, { method: "GET" });
    if (status >= 300) throw new Error(`GET ${path}: ${status} ${text.slice(0, 500)}`);
    return text;
  }

  return {
    get,
    getJson: async <T>(path: string) => JSON.parse(await get(path)) as T,
    tryGet: (path) => call(path, { method: "GET" }),
    async post(path, body, headers = { "content-type": "application/json" }) {
      const { status, text } = await call(path, { method: "POST", body, headers: { ...headers } });
      if (status >= 300) throw new Error(`POST ${path}: ${status} ${text.slice(0, 500)}`);
      return text;
    },
    close: () => pool.destroy(),
  };
}

export function requestPath(requestId: string): string {
  return `/v1/requests/${encodeURIComponent(requestId)}`;
}
