/**
 * One attempt over HTTP: submits a planned request to the Marketo API, recorded or not, and says what came of it.
 */
import { fetch as undiciFetch, type Dispatcher } from "undici";
import type { PlannedRequest } from "./planned-request.ts";
import type { AttemptNames, Recording, SubmitFetch } from "./recording.ts";

export interface AttemptParts {
  readonly marketoUrl: string;
  readonly userToken: string;
  readonly instance: string;
  readonly dispatcher: Dispatcher;
  readonly timeoutMs: number;
  readonly recording: Recording | undefined;
}

export type AttemptIds = Pick<AttemptNames, "submissionId" | "previousSubmissionId" | "attempt">;

/** @returns submits a request; resolves with the status, or with undefined when no answer came */
export function createAttempts(
  parts: AttemptParts,
): (planned: PlannedRequest, ids: AttemptIds) => Promise<number | undefined> {
  const { marketoUrl, instance, userToken, dispatcher, timeoutMs, recording } = parts;
  const plain: SubmitFetch = (url, init) =>
    undiciFetch(url, { ...init, dispatcher } as Parameters<
      typeof undiciFetch
    >[1]) as unknown as Promise<Response>;
  const recorded = recording?.wrap(plain);

  return async (planned, ids) => {
    const { job, chunk, labels } = planned;
    const url = `${marketoUrl}/subscriptions/${instance}${planned.path}`;
    const headers = {
      "content-type": "application/json",
      "x-mkto-user-token": userToken,
      "x-request-source": planned.requestSource,
    };
    const init = {
      method: "POST",
      headers,
      body: JSON.stringify(planned.body),
      signal: AbortSignal.timeout(timeoutMs),
    };
    try {
      const response =
        recorded !== undefined && planned.reported
          ? await recorded(url, init, { job, chunk, labels, ...ids })
          : await plain(url, {
              ...init,
              headers: { ...headers, "x-correlation-id": `${job}/${chunk ?? 1}` },
            });
      await response.arrayBuffer();
      return response.status;
    } catch {
      return undefined;
    }
  };
}
