/**
 * The simulator's submitter with the real recorder around it: what a customer's program looks like that uses both.
 */
import type { Fetch } from "../recorder/recorded-call.ts";
import { recordedFetch } from "../recorder/recorder.ts";
import { openSubmitter, type Submitter, type SubmitterOptions } from "../simulator/submitter.ts";
import { openThrowawayRecorder } from "./throwaway-recorder.ts";

export interface RecordedSubmitterOptions extends Omit<SubmitterOptions, "recording"> {
  /** Without it nobody is told. */
  readonly after202Url?: string;
  readonly apiKey?: string;
  /** With it link values and persons are told by digests. */
  readonly linkKeySecret?: string;
}

/** Purchases name their buyers by e-mail address. */
const LINK_FIELDS = { purchases: "email" };
export function openRecordedSubmitter(options: RecordedSubmitterOptions): Submitter {
  const { after202Url, apiKey, linkKeySecret, ...submitting } = options;
  if (after202Url === undefined) return openSubmitter(submitting);
  const recorder = openThrowawayRecorder({
    url: after202Url,
    apiKey,
    linkKeySecret,
    linkFields: LINK_FIELDS,
    marketoHosts: [new URL(submitting.marketoUrl).host],
  });
  return openSubmitter({
    ...submitting,
    recording: {
      wrap: (fetch) => recordedFetch(fetch as Fetch, recorder),
      pending: () => recorder.stats().pending,
      refused: () => recorder.stats().refused,
      flush: (timeoutMs) => recorder.flush(timeoutMs),
      close: (timeoutMs) => recorder.close(timeoutMs),
    },
  });
}
