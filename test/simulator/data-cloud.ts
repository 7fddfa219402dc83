/** A client of the simulated Data Cloud, over the wire: logs in, exchanges the token, calls. */
import { createSign } from "node:crypto";
import { SIMULATED } from "../../src/simulator/options.ts";
import type { Simulator } from "../../src/simulator/simulator.ts";

export interface DataCloudJob {
  readonly id: string;
  readonly state?: string;
  readonly states?: string;
  readonly retries: number;
  readonly apiVersion: number | string;
}

export interface DataCloud {
  call(
    method: string,
    path: string,
    body?: object | string,
    headers?: Record<string, string>,
  ): Promise<Response>;
  create(object: string, directive?: object, headers?: Record<string, string>): Promise<DataCloudJob>;
  upload(id: string, csv: string): Promise<Response>;
  close(id: string): Promise<Response>;
  stateOf(id: string): Promise<string>;
}

export function assertion(simulator: Simulator, claims: Record<string, unknown> = {}): string {
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString("base64url");
  const text = `${encode({ alg: "RS256" })}.${encode({
    iss: SIMULATED.salesforceClientId,
    sub: SIMULATED.salesforceUsername,
    aud: simulator.salesforceUrl,
    exp: Math.floor(Date.now() / 1_000) + 180,
    ...claims,
  })}`;
  const signature = createSign("RSA-SHA256").update(text).sign(simulator.salesforcePrivateKey(), "base64url");
  return `${text}.${signature}`;
}

export function login(simulator: Simulator, text: string): Promise<Response> {
  return fetch(`${simulator.salesforceUrl}/services/oauth2/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
      assertion: text,
    }),
  });
}

export function exchangeToken(simulator: Simulator, subject: string): Promise<Response> {
  return fetch(`${simulator.salesforceUrl}/services/a360/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "urn:salesforce:grant-type:external:cdp",
      subject_token: subject,
      subject_token_type: "urn:ietf:params:oauth:token-type:access_token",
    }),
  });
}

/** Rows below a header, of about so many bytes in all. */
export function csvOf(rows: number, bytes = 0): string {
  const padding = "x".repeat(Math.max(1, Math.floor(bytes / Math.max(1, rows)) - 8));
  return [
    "id,note",
    ...Array.from({ length: rows }, (_, n) => `${String(n).padStart(6, "0")},${padding}`),
  ].join("\n");
}

export async function openDataCloud(simulator: Simulator): Promise<DataCloud> {
  const answer = await exchangeToken(simulator, SIMULATED.salesforceToken);
  const { access_token: token } = (await answer.json()) as { access_token: string };

  const call: DataCloud["call"] = (method, path, body, headers = {}) =>
    fetch(`${simulator.salesforceUrl}/api/${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        "content-type": typeof body === "string" ? "text/csv" : "application/json",
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
  return {
    call,
    async create(object, directive = {}, headers = {}) {
      const job = { object, sourceName: "nightly", operation: "upsert", _simulate: directive };
      const response = await call("POST", "v1/ingest/jobs", job, headers);
      if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`);
      return (await response.json()) as DataCloudJob;
    },
    upload: (id, csv) => call("PUT", `v1/ingest/jobs/${id}/batches`, csv),
    close: (id) => call("PATCH", `v1/ingest/jobs/${id}`, { state: "UploadComplete" }),
    async stateOf(id) {
      const response = await call("GET", `v1/ingest/jobs/${id}`);
      if (response.status !== 200) return String(response.status);
      const { state, states } = (await response.json()) as DataCloudJob;
      return state ?? states ?? "";
    },
  };
}
