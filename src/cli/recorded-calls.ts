/** The simulator's calls to Data Cloud with the real recorder around them. */
import { recordedFetch } from "../recorder/recorder.ts";
import type { RecordedCall } from "../simulator/submitter/recording.ts";
import { openThrowawayRecorder } from "./throwaway-recorder.ts";

export interface RecordedCalls {
  readonly call: RecordedCall;
  /** Tells of what is left. @returns calls that could not be told of */
  close(timeoutMs?: number): Promise<number>;
}

export function openRecordedCalls(
  after202Url: string,
  apiKey: string | undefined,
  salesforceUrl: string,
): RecordedCalls {
  const salesforceHosts = [new URL(salesforceUrl).host];
  const recorder = openThrowawayRecorder({ url: after202Url, apiKey, salesforceHosts });
  return { call: recordedFetch(fetch, recorder), close: (timeoutMs) => recorder.close(timeoutMs) };
}
