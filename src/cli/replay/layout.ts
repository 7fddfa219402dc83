/**
 * How a file is laid out: JSON lines, or documents that span lines (pretty-printed, or too long for one line).
 *
 * In lines every broken line counts by itself, so they must be told from a pretty-printed document even when their first
 * line is broken: a document goes on over line ends without a fault, and no line of it at the margin is whole.
 */
import { JsonScanner } from "./json-scanner.ts";

export type Layout = "lines" | "document";

const LINE_FEED = 10;
/** So much is looked at; what is still one document by then is read as one. */
const SAMPLE_BYTES = 1_048_576;

/**
 * @param sample what is there from the beginning of a record, without blanks before it
 * @param isEnd there is no more
 * @returns undefined when more has to be seen
 */
export function layoutOf(sample: Buffer, isEnd: boolean): Layout | undefined {
  const feed = sample.indexOf(LINE_FEED);
  const lineEnd = feed === -1 ? sample.length : feed;
  const hasLine = feed !== -1 || isEnd;
  const whole = isEnd || sample.length >= SAMPLE_BYTES;
  if (!opensContainer(sample[0])) return "lines";

  const scanner = new JsonScanner();
  const length = scanner.scan(sample);
  if (scanner.status === "done") {
    if (length > lineEnd) return "document";
    if (!hasLine && !whole) return undefined;
    const rest = sample.subarray(length, lineEnd);
    return opensContainer(rest[firstMark(rest)]) ? "document" : "lines";
  }
  if (scanner.status === "open" && !isEnd) return whole ? "document" : undefined;
  if (hasWholeLine(sample, isEnd)) return "lines";
  if (!whole) return undefined;
  return goesOn(sample, lineEnd) ? "document" : "lines";
}

function opensContainer(byte: number | undefined): boolean {
  return byte === 123 || byte === 91;
}

/** Some line begins at the margin and is a document by itself. */
function hasWholeLine(sample: Buffer, isEnd: boolean): boolean {
  for (let from = 0; from < sample.length;) {
    const feed = sample.indexOf(LINE_FEED, from);
    if (feed === -1 && !isEnd) return false;
    const until = feed === -1 ? sample.length : feed;
    if (opensContainer(sample[from])) {
      const scanner = new JsonScanner();
      const length = scanner.scan(sample, from, until);
      const rest = sample.subarray(from + length, until);
      if (scanner.status === "done" && firstMark(rest) === rest.length) return true;
    }
    from = until + 1;
  }
  return false;
}

/** The second line looks as the inside of a document does: indented, a key, an end. */
function goesOn(sample: Buffer, lineEnd: number): boolean {
  return /^[\s"}\]]/.test(sample.subarray(lineEnd + 1, lineEnd + 2).toString("latin1"));
}

/** Where the first byte is that is no blank; the length when all are. */
export function firstMark(bytes: Uint8Array, from = 0): number {
  let at = from;
  while (at < bytes.length && (bytes[at] as number) <= 32) at++;
  return at;
}
