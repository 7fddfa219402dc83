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

/**
 * @param attempt which attempt at the same records this is, from 1
 * @param submissionId its last twelve hexadecimal digits make the id unique
 */
export function attemptCorrelationId(path: CorrelationPath, attempt: number, submissionId: string): string {
  const last = `${attempt}-${submissionId.slice(-12)}`;
  const group = groupCorrelationId(path);
  return group === "" ? last : `${group.slice(0, MAX_LENGTH - last.length - 1)}/${last}`;
}

/** Where nothing is to be found again by it: job and chunk alone; empty when there are none. */
export function groupCorrelationId({ job, chunk }: CorrelationPath): string {
  return [job, chunk]
    .map((part) => headerText(String(part ?? "")))
    .filter((part) => part !== "")
    .join("/")
    .slice(0, MAX_LENGTH);
}

/** What may stand in a header, and in an id that is typed into a terminal: visible ASCII. */
export function headerText(text: string): string {
  return text.replace(/[^\x21-\x7e]/g, "_");
}
