/**
 * One attempt over HTTP: submits a planned request to the Marketo API and writes down what came of it.
 */
import { request, type Dispatcher } from "undici";
import type { PlannedRequest } from "./planned-request.ts";
import type { Submission } from "./submission.ts";

export interface AttemptParts {
  readonly marketoUrl: string;
  readonly userToken: string;
  readonly instance: string;
  readonly dispatcher: Dispatcher;
  readonly timeoutMs: number;
}

type Answer = Pick<
  Submission,
  "requestId" | "respondedAt" | "serverTime" | "httpStatus" | "errorCode" | "errorMessage"
>;

/** Never throws: a request without an answer is an answer, too. */
export async function attempt(
  planned: PlannedRequest,
  submissionId: string,
  previousSubmissionId: string | undefined,
  parts: AttemptParts,
): Promise<Submission> {
  const body = JSON.stringify(planned.body);
  const submittedAt = new Date().toISOString();
  const answer = await submit(planned, body, parts);
  return {
    submissionId,
    ...answer,
    correlationId: planned.correlationId,
    requestSource: planned.requestSource,
    target: "marketo",
    instance: parts.instance,
    objectType: planned.objectType,
    ...(planned.objectName === undefined ? {} : { objectName: planned.objectName }),
    operation: planned.operation,
    priority: planned.priority,
    records: planned.records,
    bytes: Buffer.byteLength(body),
    submittedAt,
    ...(previousSubmissionId === undefined ? {} : { previousSubmissionId }),
    ...(planned.linkField === undefined ? {} : { linkField: planned.linkField }),
    ...(planned.labels === undefined ? {} : { labels: planned.labels }),
  };
}

async function submit(planned: PlannedRequest, body: string, parts: AttemptParts): Promise<Answer> {
  try {
    const response = await request(`${parts.marketoUrl}/subscriptions/${parts.instance}${planned.path}`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "x-mkto-user-token": parts.userToken,
        "x-correlation-id": planned.correlationId,
        "x-request-source": planned.requestSource,
      },
      body,
      dispatcher: parts.dispatcher,
      signal: AbortSignal.timeout(parts.timeoutMs),
    });
    const text = await response.body.text();
    const requestId = response.headers["x-request-id"];
    const date = response.headers["date"];
    return {
      ...(typeof requestId === "string" ? { requestId } : {}),
      respondedAt: new Date().toISOString(),
      ...(typeof date === "string" ? { serverTime: new Date(date).toISOString() } : {}),
      httpStatus: response.statusCode,
      ...errorOf(text),
    };
  } catch (error) {
    return { errorMessage: error instanceof Error ? error.message : String(error) };
  }
}

function errorOf(text: string): Pick<Answer, "errorCode" | "errorMessage"> {
  if (text === "") return {};
  try {
    const { error_code: errorCode, message: errorMessage } = JSON.parse(text) as Record<string, string>;
    return {
      ...(errorCode === undefined ? {} : { errorCode }),
      ...(errorMessage === undefined ? {} : { errorMessage }),
    };
  } catch {
    return { errorMessage: text.slice(0, 200) };
  }
}
