/**
 * Reads a stream of chunks by counts of bytes. Memory: one chunk, and what was asked for.
 */
export class ByteReader {
  /** Bytes read so far. */
  position = 0;
  private readonly chunks: AsyncIterator<Buffer>;
  private held: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncIterable<Buffer>) {
    this.chunks = chunks[Symbol.asyncIterator]();
  }

  /** So many bytes; fewer only at the end of the stream. */
  async read(count: number): Promise<Buffer> {
    if (this.held.length < count) await this.hold(count);
    const bytes = this.held.subarray(0, count);
    this.held = this.held.subarray(bytes.length);
    this.position += bytes.length;
    return bytes;
  }

  /** @returns how many were passed over: fewer only at the end of the stream */
  async skip(count: number): Promise<number> {
    let left = count;
    for (;;) {
      const passed = Math.min(left, this.held.length);
      this.held = this.held.subarray(passed);
      this.position += passed;
      left -= passed;
      if (left === 0) return count;
      const next = await this.chunks.next();
      if (next.done === true) return count - left;
      this.held = next.value;
    }
  }

  private async hold(count: number): Promise<void> {
    const parts = [this.held];
    for (let length = this.held.length; length < count;) {
      const next = await this.chunks.next();
      if (next.done === true) break;
      parts.push(next.value);
      length += next.value.length;
    }
    this.held = Buffer.concat(parts);
  }
}
