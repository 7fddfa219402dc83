/** Joins records into bodies of JSON lines. */

const MAX_BYTES = 1_048_576;
const MAX_LINES = 1_000;
const LINE_FEED = Buffer.from("\n");

export class Chunker {
  private parts: Buffer[] = [];
  private bytes = 0;

  /** @returns the body that the record did not fit into any more */
  add(record: Buffer): Buffer | undefined {
    const full =
      this.parts.length > 0 && this.bytes + record.length + 1 > MAX_BYTES ? this.take() : undefined;
    this.parts.push(record, LINE_FEED);
    this.bytes += record.length + 1;
    if (full !== undefined) return full;
    return this.parts.length >= 2 * MAX_LINES ? this.take() : undefined;
  }

  /** What is left; undefined when nothing is. */
  take(): Buffer | undefined {
    if (this.parts.length === 0) return undefined;
    const body = Buffer.concat(this.parts, this.bytes);
    this.parts = [];
    this.bytes = 0;
    return body;
  }
}
