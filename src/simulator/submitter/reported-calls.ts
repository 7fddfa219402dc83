/**
 * Calls to Data Cloud, each told of as a submission: what a program does that has no recorder.
 */
import { Agent } from "undici";
import type { SubmissionInput } from "../../core/submission.ts";
import { type CallNames, type CloudCall, jsonOf, textAt } from "./data-cloud.ts";
import { createReporter } from "./reporter.ts";
import type { Submission } from "./submission.ts";

export interface ReportedCalls {
  readonly call: CloudCall;
  /** Tells of what is left. */
  close(timeoutMs?: number): Promise<void>;
}

export function openReportedCalls(after202Url: string, apiKey: string | undefined): ReportedCalls {
  const dispatcher = new Agent();
  const reporter = createReporter({ after202Url, apiKey, dispatcher });
  return {
    call: reportCalls((submission) => reporter.add(submission as unknown as Submission)),
    async close(timeoutMs = 5_000) {
      let timer: NodeJS.Timeout | undefined;
      const timeout = new Promise<void>((resolve) => (timer = setTimeout(resolve, timeoutMs)));
      await Promise.race([reporter.flushed(), timeout]);
      clearTimeout(timer);
      reporter.close();
      await dispatcher.destroy();
    },
  };
}

/** A fetch that tells of each call, also of one that broke. */
export function reportCalls(report: (submission: SubmissionInput) => void): CloudCall {
  const jobs = new Map<string, Pick<SubmissionInput, "objectName" | "jobCreatedAt">>();

  return async (url, init, names) => {
    const base = { ...commonOf(url, init, names), ...aboutOf(url, init) };
    const told = { ...jobs.get(base.requestId ?? ""), ...base };
    try {
      const response = await fetch(url, init);
      const json = jsonOf(await response.clone().text());
      const created = response.status === 201 ? createdOf(json) : undefined;
      if (created !== undefined)
        jobs.set(created.requestId, { objectName: textAt(json, "object"), ...created });
      report({
        ...told,
        ...created,
        respondedAt: new Date().toISOString(),
        httpStatus: response.status,
        ...(response.ok ? {} : { errorCode: textAt(json, "error"), errorMessage: textAt(json, "message") }),
      });
      return response;
    } catch (error) {
      report({ ...told, errorMessage: error instanceof Error ? error.message : String(error) });
      throw error;
    }
  };
}

function commonOf(url: string, init: RequestInit, { job, submissionId, labels }: CallNames) {
  return {
    submissionId,
    correlationId: job,
    requestSource: new Headers(init.headers).get("x-request-source") ?? "",
    target: "salesforce" as const,
    instance: new URL(url).host,
    bytes: Buffer.byteLength(bodyOf(init)),
    submittedAt: new Date().toISOString(),
    ...(labels === undefined ? {} : { labels }),
  };
}

type About = Pick<SubmissionInput, "objectType" | "operation" | "records"> &
  Partial<Pick<SubmissionInput, "objectName" | "requestId" | "jobState">>;

/** What the call is about: by its address, and by its body. */
function aboutOf(url: string, init: RequestInit): About {
  const body = bodyOf(init);
  const { pathname } = new URL(url);
  const streamed = /\/sources\/[^/]+\/([^/]+)$/.exec(pathname)?.[1];
  if (streamed !== undefined) {
    const { data } = jsonOf(body);
    const records = Array.isArray(data) ? data.length : 0;
    return { objectType: "streaming", objectName: streamed, operation: "upsert", records };
  }
  const [, requestId, batches] = /\/jobs(?:\/([^/]+)(\/batches)?)?$/.exec(pathname) ?? [];
  if (requestId === undefined) {
    const objectName = textAt(jsonOf(body), "object");
    return { objectType: "bulk", objectName, operation: "upsert", records: 0, jobState: "Open" };
  }
  if (batches !== undefined) {
    const records = body.split("\n").length - 1;
    return { objectType: "bulk", requestId, operation: "upload", records };
  }
  return { objectType: "bulk", requestId, operation: "close", records: 0, jobState: "UploadComplete" };
}

function bodyOf({ body }: RequestInit): string {
  return typeof body === "string" ? body : "";
}

function createdOf(json: Readonly<Record<string, unknown>>) {
  const time = textAt(json, "createdDate").replace(/([+-]\d\d)(\d\d)$/, "$1:$2");
  return { requestId: textAt(json, "id"), jobCreatedAt: new Date(time).toISOString() };
}
