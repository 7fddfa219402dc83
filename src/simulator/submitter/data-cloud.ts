/**
 * A program's way into Data Cloud: every call is made over HTTP, and told of as a submission.
 *
 * Never throws for what the service answers, or does not: that is what the submission says.
 */
import { request, type Dispatcher } from "undici";
import { withDirective } from "../directives.ts";
import type { JobDirective } from "../salesforce/directives.ts";
import type { Submission } from "./submission.ts";

export interface DataCloudParts {
  /** The org, which is the tenant, too. */
  readonly salesforceUrl: string;
  /** Of the core org. */
  readonly token: string;
  readonly dispatcher: Dispatcher;
  readonly timeoutMs: number;
  newSubmissionId(): string;
  report(submission: Submission): void;
}

/** What all calls of one load have in common. */
export type Load = Pick<Submission, "correlationId" | "requestSource"> & {
  readonly object: string;
  readonly connector: string;
  readonly labels: Readonly<Record<string, string>>;
};

export interface OpenedJob {
  readonly id: string;
  readonly createdAt: string;
}

export interface DataCloud {
  /** @returns undefined when none was made */
  create(load: Load, directive?: JobDirective): Promise<OpenedJob | undefined>;
  /** @returns whether it was taken */
  upload(load: Load, job: OpenedJob, csv: string, rows: number): Promise<boolean>;
  close(load: Load, job: OpenedJob): Promise<boolean>;
  stream(load: Load, records: readonly object[]): Promise<boolean>;
  /** The job's state as the service tells it; empty when it does not. Not a submission. */
  stateOf(job: OpenedJob): Promise<string>;
}

interface Call {
  readonly method: "GET" | "POST" | "PUT" | "PATCH";
  readonly path: string;
  readonly body?: string;
  readonly isCsv?: true;
}

interface Answer {
  readonly status: number;
  readonly date: string | undefined;
  readonly json: Readonly<Record<string, unknown>>;
}

export function openDataCloud(parts: DataCloudParts): DataCloud {
  const { salesforceUrl, dispatcher, timeoutMs } = parts;
  const instance = new URL(salesforceUrl).host;
  let token = "";

  async function send(call: Call, isAgain = false): Promise<Answer> {
    if (token === "") token = await exchangeToken(parts);
    const { method, path, body, isCsv } = call;
    const response = await request(salesforceUrl + path, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { "content-type": isCsv === true ? "text/csv" : "application/json" }),
      },
      ...(body === undefined ? {} : { body }),
      dispatcher,
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await response.body.text();
    if (response.statusCode === 401 && !isAgain) {
      token = "";
      return send(call, true);
    }
    const date = response.headers["date"];
    return {
      status: response.statusCode,
      date: typeof date === "string" ? date : undefined,
      json: jsonOf(text),
    };
  }

  /** Makes the call, tells of it, and gives the answer back if it was taken. */
  async function record(
    call: Call,
    load: Load,
    about: Pick<Submission, "objectType" | "operation" | "records"> &
      Partial<Pick<Submission, "requestId" | "jobState" | "jobCreatedAt">>,
  ): Promise<Answer | undefined> {
    const base = {
      submissionId: parts.newSubmissionId(),
      correlationId: load.correlationId,
      requestSource: load.requestSource,
      target: "salesforce",
      instance,
      objectName: load.object,
      labels: load.labels,
      priority: "",
      bytes: Buffer.byteLength(call.body ?? ""),
      submittedAt: new Date().toISOString(),
      ...about,
    } as const;
    try {
      const answer = await send(call);
      const { status, date, json } = answer;
      const taken = status >= 200 && status < 300;
      const created = call.method === "POST" && taken && about.objectType === "bulk";
      parts.report({
        ...base,
        ...(created ? { requestId: textAt(json, "id"), jobCreatedAt: timeAt(json) } : {}),
        respondedAt: new Date().toISOString(),
        ...(date === undefined ? {} : { serverTime: new Date(date).toISOString() }),
        httpStatus: status,
        ...(taken ? {} : { errorCode: textAt(json, "error"), errorMessage: textAt(json, "message") }),
      });
      return taken ? answer : undefined;
    } catch (error) {
      parts.report({ ...base, errorMessage: error instanceof Error ? error.message : String(error) });
      return undefined;
    }
  }

  const callTo = (job: OpenedJob) => ({ requestId: job.id, jobCreatedAt: job.createdAt, objectType: "bulk" });
  const jobPath = (job: OpenedJob): string => `/api/v1/ingest/jobs/${job.id}`;

  return {
    async create(load, directive) {
      const job = { object: load.object, sourceName: load.connector, operation: "upsert" };
      const body = JSON.stringify(directive === undefined ? job : withDirective(job, directive));
      const answer = await record({ method: "POST", path: "/api/v1/ingest/jobs", body }, load, {
        objectType: "bulk",
        operation: "upsert",
        records: 0,
        jobState: "Open",
      });
      return answer === undefined
        ? undefined
        : { id: textAt(answer.json, "id"), createdAt: timeAt(answer.json) };
    },
    async upload(load, job, csv, rows) {
      const call: Call = { method: "PUT", path: `${jobPath(job)}/batches`, body: csv, isCsv: true };
      return (await record(call, load, { ...callTo(job), operation: "upload", records: rows })) !== undefined;
    },
    async close(load, job) {
      const body = JSON.stringify({ state: "UploadComplete" });
      const about = { ...callTo(job), operation: "close", records: 0, jobState: "UploadComplete" } as const;
      return (await record({ method: "PATCH", path: jobPath(job), body }, load, about)) !== undefined;
    },
    async stream(load, records) {
      const path = `/api/v1/ingest/sources/${load.connector}/${load.object}`;
      const about = { objectType: "streaming", operation: "upsert", records: records.length };
      const body = JSON.stringify({ data: records });
      return (await record({ method: "POST", path, body }, load, about)) !== undefined;
    },
    async stateOf(job) {
      const answer = await send({ method: "GET", path: jobPath(job) }).catch(() => undefined);
      const { json = {} } = answer ?? {};
      return textAt(json, "state") || textAt(json, "states");
    },
  };
}

async function exchangeToken({
  salesforceUrl,
  token,
  dispatcher,
  timeoutMs,
}: DataCloudParts): Promise<string> {
  const response = await request(`${salesforceUrl}/services/a360/token`, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({
      grant_type: "urn:salesforce:grant-type:external:cdp",
      subject_token: token,
      subject_token_type: "urn:ietf:params:oauth:token-type:access_token",
    }).toString(),
    dispatcher,
    signal: AbortSignal.timeout(timeoutMs),
  });
  return textAt(jsonOf(await response.body.text()), "access_token");
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

function timeAt(json: Readonly<Record<string, unknown>>): string {
  const text = textAt(json, "createdDate").replace(/([+-]\d\d)(\d\d)$/, "$1:$2");
  return new Date(text).toISOString();
}
