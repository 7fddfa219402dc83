/**
 * Cuts a stream of bytes into records that fit on a line each: events, pages, or whatever a broken line holds.
 *
 * Bytes are passed on as they are, broken or not; only line ends inside a document, where JSON takes them for blanks,
 * become blanks. Memory is bounded by the longest record, and that is bounded by MAX_RECORD_BYTES.
 */
import { JsonScanner } from "./json-scanner.ts";
import { firstMark, layoutOf } from "./layout.ts";

/** The service calls anything over 2 MB too large; what is longer than this is cut, since its end says no more. */
const MAX_RECORD_BYTES = 4 * 1_048_576;
const LINE_FEED = 10;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

export class RecordSplitter {
  /** A document broke off or went wrong: from this byte on, the input became one record. -1: none. */
  brokenAt = -1;
  private readonly emit: (record: Buffer) => void;
  private mode: "begin" | "detect" | "lines" | "document" | "broken" = "begin";
  /** What is not yet emitted. */
  private held: Buffer = Buffer.alloc(0);
  /** Bytes dropped before `held`. */
  private passed = 0;
  private scanner = new JsonScanner();
  /** In `document`: bytes of `held` that are scanned, and the scanner's offset of the first of `held`. */
  private scanned = 0;
  private base = 0;
  /** In `lines`: the present line is over the limit, and what it had is emitted. */
  private skipping = false;

  constructor(emit: (record: Buffer) => void) {
    this.emit = emit;
  }

  push(chunk: Buffer): void {
    if (this.mode === "broken" && this.held.length >= MAX_RECORD_BYTES) return;
    this.held = this.held.length === 0 ? chunk : Buffer.concat([this.held, chunk]);
    this.advance(false);
  }

  end(): void {
    this.advance(true);
  }

  private advance(isEnd: boolean): void {
    for (let goOn = true; goOn;) {
      if (this.mode === "begin") goOn = this.skipByteOrderMark(isEnd);
      else if (this.mode === "detect") goOn = this.detect(isEnd);
      else if (this.mode === "lines") goOn = this.readLines(isEnd);
      else if (this.mode === "document") goOn = this.readDocument(isEnd);
      else goOn = this.readBroken(isEnd);
    }
  }

  private skipByteOrderMark(isEnd: boolean): boolean {
    if (this.held.length < BYTE_ORDER_MARK.length && !isEnd) return false;
    if (this.held.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK))
      this.drop(BYTE_ORDER_MARK.length);
    this.mode = "detect";
    return true;
  }

  private detect(isEnd: boolean): boolean {
    this.drop(firstMark(this.held));
    if (this.held.length === 0) return false;
    const layout = layoutOf(this.held, isEnd);
    if (layout === undefined) return false;
    this.mode = layout;
    if (layout === "document") this.openDocument();
    return true;
  }

  private readLines(isEnd: boolean): boolean {
    let from = 0;
    for (let feed = this.held.indexOf(LINE_FEED); feed !== -1; feed = this.held.indexOf(LINE_FEED, from)) {
      this.emitLine(this.held.subarray(from, feed));
      this.skipping = false;
      from = feed + 1;
    }
    this.drop(from);
    if (isEnd || this.held.length > MAX_RECORD_BYTES) {
      this.emitLine(this.held);
      this.skipping = this.held.length > 0;
      this.drop(this.held.length);
    }
    return false;
  }

  private emitLine(line: Buffer): void {
    if (this.skipping || firstMark(line) === line.length) return;
    this.emit(line.subarray(0, MAX_RECORD_BYTES));
  }

  private openDocument(): void {
    this.base = 0;
    this.scanned = 0;
    this.scanner = new JsonScanner({
      onItem: (start, end) => {
        this.emit(oneLine(this.held.subarray(start - this.base, end - this.base)));
      },
    });
  }

  private readDocument(isEnd: boolean): boolean {
    const { scanner } = this;
    this.scanned += scanner.scan(this.held, this.scanned);
    if (scanner.status === "done") {
      if (!scanner.hasItems) this.emit(oneLine(this.held.subarray(0, this.scanned)));
      this.drop(this.scanned);
      this.mode = "detect";
      return true;
    }
    if (scanner.hasItems)
      this.forget(scanner.itemStart === -1 ? this.scanned : scanner.itemStart - this.base);
    if (scanner.status === "open" && !isEnd && this.scanned <= MAX_RECORD_BYTES) return false;
    this.brokenAt = this.passed + this.scanned;
    this.mode = "broken";
    return true;
  }

  /** What follows a fault in a document has no boundaries that could be trusted: all of it is one record. */
  private readBroken(isEnd: boolean): boolean {
    if (this.held.length > MAX_RECORD_BYTES) this.held = this.held.subarray(0, MAX_RECORD_BYTES);
    if (isEnd && firstMark(this.held) < this.held.length) this.emit(oneLine(this.held));
    return false;
  }

  /** Of a document: bytes that are not needed any more. */
  private forget(count: number): void {
    this.drop(count);
    this.scanned -= count;
    this.base += count;
  }

  private drop(count: number): void {
    this.held = this.held.subarray(count);
    this.passed += count;
  }
}

function oneLine(bytes: Buffer): Buffer {
  const feed = bytes.indexOf(LINE_FEED);
  if (feed === -1) return bytes;
  const line = Buffer.from(bytes);
  for (let at = feed; at !== -1; at = line.indexOf(LINE_FEED, at + 1)) line[at] = 32;
  return line;
}
