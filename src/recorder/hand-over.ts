/**
 * The handing over: attempts that are over become submissions, behind the caller's back.
 *
 * Of an attempt only the counting is done at once. Calls to bulk jobs are told in their order: what a job's creation tells is
 * needed for the calls that follow it.
 */
import type { SubmissionInput } from "../core/submission.ts";
import type { OverAttempt } from "./attempt.ts";
import type { Background } from "./background.ts";

export interface HandOver {
  /** So many were handed over. */
  recorded(): number;
  /** Of these, so many had no room. */
  dropped(): number;
  take(attempt: OverAttempt): void;
  /** What is a submission already. */
  add(submission: SubmissionInput): void;
  /** Resolves when everything handed over so far is appended, or dropped. */
  settled(): Promise<unknown>;
}

/** @param append takes a submission; false: there is no room */
export function createHandOver(
  background: Background,
  append: (submission: SubmissionInput) => boolean,
): HandOver {
  const waiting: OverAttempt[] = [];
  const completing = new Set<Promise<void>>();
  let lastJobCall: Promise<unknown> = Promise.resolve();
  let recorded = 0;
  let dropped = 0;

  function begin(): void {
    for (const attempt of waiting.splice(0)) {
      const { answerBody, isJobCall } = attempt;
      const ready = isJobCall ? lastJobCall.then(() => answerBody) : Promise.resolve(answerBody);
      const submission = ready.then((body) => background.run(attempt.complete(body ?? "")));
      if (isJobCall) lastJobCall = submission.catch(() => undefined);
      hold(submission);
    }
  }

  function hold(submission: Promise<SubmissionInput>): void {
    const done = submission
      .then((one) => append(one))
      .then(
        (taken) => void (dropped += taken ? 0 : 1),
        () => void (dropped += 1),
      );
    completing.add(done);
    void done.finally(() => completing.delete(done));
  }

  return {
    recorded: () => recorded,
    dropped: () => dropped,
    take(attempt) {
      recorded += 1;
      if (waiting.push(attempt) === 1) setImmediate(begin);
    },
    add(submission) {
      recorded += 1;
      hold(Promise.resolve(submission));
    },
    settled() {
      begin();
      return Promise.all(completing);
    },
  };
}
