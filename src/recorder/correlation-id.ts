/**
 * Correlation ids of attempts: a path from the general to the particular, `job/chunk/attempt`.
 *
 * The last part is unique, so that an attempt without an answer can be found again in the stream; every part before it
 * groups: after202 rolls up a path with all that lies below it.
 */

/** Upstream's limit of `X-Correlation-Id`. */
const MAX_LENGTH = 255;

export interface CorrelationPath {
  readonly job?: string | undefined;
  readonly chunk?: string | number | undefined;
}

export interface CorrelationIds {
  /**
   * @param attempt which attempt at the same records this is, from 1
   * @param submissionId its last twelve hexadecimal digits make the id unique
   */
  ofAttempt(
    job: CorrelationPath["job"],
    chunk: CorrelationPath["chunk"],
    attempt: number,
    submissionId: string,
  ): string;
  /** Where nothing is to be found again by it: job and chunk alone; empty when there are none. */
  ofGroup(job: CorrelationPath["job"], chunk: CorrelationPath["chunk"]): string;
}

/** Remembers the group made last: call follows call for the same one, and making it costs more than all the rest. */
export function createCorrelationIds(): CorrelationIds {
  let lastJob: CorrelationPath["job"];
  let lastChunk: CorrelationPath["chunk"];
  let lastGroup = "";

  function ofGroup(job: CorrelationPath["job"], chunk: CorrelationPath["chunk"]): string {
    if (job === lastJob && chunk === lastChunk) return lastGroup;
    lastGroup = [job, chunk]
      .map((part) => headerText(String(part ?? "")))
      .filter((part) => part !== "")
      .join("/")
      .slice(0, MAX_LENGTH);
    lastJob = job;
    lastChunk = chunk;
    return lastGroup;
  }

  return {
    ofAttempt(job, chunk, attempt, submissionId) {
      const last = `${attempt}-${submissionId.slice(-12)}`;
      const group = ofGroup(job, chunk);
      if (group === "") return last;
      const room = MAX_LENGTH - last.length - 1;
      return `${group.length > room ? group.slice(0, room) : group}/${last}`;
    },
    ofGroup,
  };
}

/** What may stand in a header, and in an id that is typed into a terminal: visible ASCII. */
export function headerText(text: string): string {
  return text.replace(/[^\x21-\x7e]/g, "_");
}
