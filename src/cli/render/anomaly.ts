/** What does not add up, explained. */
import { printable } from "../terminal/printable.ts";

const MEANINGS: Readonly<Record<string, string>> = {
  accounted_exceeds_expected:
    "more records are accounted for than were submitted: the sender counted wrong, or the stream did",
  received_exceeds_submitted:
    "the stream says that more records were received than the submission says were sent: check the sender's count",
  result_precedes_request: "a result is older than the request itself: the clocks do not agree",
  result_after_rejection:
    "a result came for a request that was refused: two requests may share an id, or a proxy answered in between",
  job_gone:
    "Data Cloud knows the bulk job no longer: it removes jobs that were left open, or queued, for 7 days; its rows were most likely never loaded",
  gap: "this is inferred, and the stream had a gap meanwhile that has not been read since: what would tell may be lost (see /v1/stream)",
  refresh_cancelled_by_job:
    "a bulk job of the same object was taken up just then, and cancels the streaming refresh that carries these records: Data Cloud may show it as Failed / Cancelled, which is usually benign",
};

export function anomalyText(code: string): string {
  const meaning = MEANINGS[code];
  return meaning === undefined ? printable(code) : `${printable(code)}: ${meaning}`;
}
