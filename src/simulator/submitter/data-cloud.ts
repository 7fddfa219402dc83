/**
 * A program's way into Data Cloud, over HTTP: by a fetch that somebody may have put a recorder around.
 *
 * Never throws for what the service answers, or does not: the caller learns whether it was taken.
 */
import { withDirective } from "../directives.ts";
import type { JobDirective } from "../salesforce/directives.ts";
import type { AttemptNames, RecordedCall } from "./recording.ts";

export interface DataCloudParts {
  /** The org, which is the tenant, too. */
  readonly salesforceUrl: string;
  /** Of the core org. */
  readonly token: string;
  readonly call: RecordedCall;
  readonly timeoutMs: number;
  newSubmissionId(): string;
}

/** What all calls of one load have in common. */
export interface Load {
  readonly correlationId: string;
  readonly requestSource: string;
  readonly object: string;
  readonly connector: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface DataCloud {
  /** @returns the job's id; undefined when none was made */
  create(load: Load, directive?: JobDirective): Promise<string | undefined>;
  /** @returns whether it was taken */
  upload(load: Load, jobId: string, csv: string): Promise<boolean>;
  close(load: Load, jobId: string): Promise<boolean>;
  stream(load: Load, records: readonly object[]): Promise<boolean>;
  /** The job's state as the service tells it; empty when it does not. */
  stateOf(jobId: string): Promise<string>;
}

const JOBS = "/api/v1/ingest/jobs";

export function openDataCloud(parts: DataCloudParts): DataCloud {
  const { salesforceUrl, call, timeoutMs } = parts;
  let token = "";

  async function request(
    method: string,
    path: string,
    body: string | undefined,
    load?: Load,
  ): Promise<Response> {
    if (token === "") token = await exchangeToken(parts);
    const headers = new Headers({ authorization: `Bearer ${token}` });
    if (load !== undefined) headers.set("x-request-source", load.requestSource);
    if (body !== undefined) {
      headers.set("content-type", path.endsWith("/batches") ? "text/csv" : "application/json");
    }
    const init = {
      method,
      headers,
      ...(body === undefined ? {} : { body }),
      signal: AbortSignal.timeout(timeoutMs),
    };
    const response =
      load === undefined
        ? await fetch(salesforceUrl + path, init)
        : await call(salesforceUrl + path, init, namesOf(load, parts.newSubmissionId()));
    if (response.status === 401) token = ""; // the next call has a new one
    return response;
  }

  /** What the service answers to what it takes; undefined where it does not. */
  async function send(
    method: string,
    path: string,
    body: string,
    load: Load,
  ): Promise<Readonly<Record<string, unknown>> | undefined> {
    try {
      const response = await request(method, path, body, load);
      const text = await response.text();
      return response.ok ? jsonOf(text) : undefined;
    } catch {
      return undefined;
    }
  }

  return {
    async create(load, directive) {
      const job = { object: load.object, sourceName: load.connector, operation: "upsert" };
      const body = directive === undefined ? job : withDirective(job, directive);
      const made = await send("POST", JOBS, JSON.stringify(body), load);
      return made === undefined ? undefined : textAt(made, "id");
    },
    async upload(load, jobId, csv) {
      return (await send("PUT", `${JOBS}/${jobId}/batches`, csv, load)) !== undefined;
    },
    async close(load, jobId) {
      const body = JSON.stringify({ state: "UploadComplete" });
      return (await send("PATCH", `${JOBS}/${jobId}`, body, load)) !== undefined;
    },
    async stream(load, records) {
      const path = `/api/v1/ingest/sources/${load.connector}/${load.object}`;
      return (await send("POST", path, JSON.stringify({ data: records }), load)) !== undefined;
    },
    async stateOf(jobId) {
      try {
        const response = await request("GET", `${JOBS}/${jobId}`, undefined);
        const json = jsonOf(await response.text());
        return textAt(json, "state") || textAt(json, "states");
      } catch {
        return "";
      }
    },
  };
}

function namesOf({ correlationId, labels }: Load, submissionId: string): AttemptNames {
  const chunk = labels["chunk"];
  return { job: correlationId, chunk, attempt: 1, submissionId, previousSubmissionId: undefined, labels };
}

async function exchangeToken({ salesforceUrl, token, timeoutMs }: DataCloudParts): Promise<string> {
  const response = await fetch(`${salesforceUrl}/services/a360/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "urn:salesforce:grant-type:external:cdp",
      subject_token: token,
      subject_token_type: "urn:ietf:params:oauth:token-type:access_token",
    }),
    signal: AbortSignal.timeout(timeoutMs),
  });
  return textAt(jsonOf(await response.text()), "access_token");
}

function jsonOf(text: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}

function textAt(json: Readonly<Record<string, unknown>>, name: string): string {
  const value = json[name];
  return typeof value === "string" ? value : "";
}
