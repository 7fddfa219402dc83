/**
 * Rows as bytes: RowBinary, ClickHouse's own form, in a buffer that grows.
 *
 * The engine reads it four times as fast as JSON, and texts from outside are copied into it without becoming strings.
 */

const LONGEST_VARINT = 5;
const TWO_32 = 4_294_967_296;

export class RowWriter {
  bytes: Buffer;
  length = 0;

  /** @param capacity bytes to begin with */
  constructor(capacity: number) {
    this.bytes = Buffer.allocUnsafeSlow(Math.max(64, capacity));
  }

  /** What was written, not copied: valid until more is. */
  written(): Buffer {
    return this.bytes.subarray(0, this.length);
  }

  /** Makes sure that so many bytes more have room: `byte`, `copy` and the numbers do not ask. */
  reserve(bytes: number): void {
    const needed = this.length + bytes;
    if (needed <= this.bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length * 2));
    this.bytes.copy(grown, 0, 0, this.length);
    this.bytes = grown;
  }

  byte(value: number): void {
    this.bytes[this.length++] = value;
  }

  uint16(value: number): void {
    this.bytes[this.length++] = value;
    this.bytes[this.length++] = value >>> 8;
  }

  uint32(value: number): void {
    const { bytes } = this;
    let at = this.length;
    bytes[at++] = value;
    bytes[at++] = value >>> 8;
    bytes[at++] = value >>> 16;
    bytes[at++] = value >>> 24;
    this.length = at;
  }

  /** A whole number below 2^53, in eight bytes: Int64, DateTime64. */
  int64(value: number): void {
    const high = Math.floor(value / TWO_32);
    this.uint32((value - high * TWO_32) >>> 0);
    this.uint32(high);
  }

  varint(value: number): void {
    let rest = value;
    while (rest > 127) {
      this.bytes[this.length++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    this.bytes[this.length++] = rest;
  }

  /** Bytes of another buffer as they are. Short texts: a loop is faster than a call into the runtime. */
  copy(source: Uint8Array, from: number, until: number): void {
    const { bytes } = this;
    let at = this.length;
    if (until - from > 128) {
      bytes.set(source.subarray(from, until), at);
      at += until - from;
    } else {
      for (let i = from; i < until; i++) bytes[at++] = source[i] as number;
    }
    this.length = at;
  }

  /** A String: its length, then these bytes. */
  text(source: Uint8Array, from: number, until: number): void {
    this.varint(until - from);
    this.copy(source, from, until);
  }

  /** A String; makes its own room. */
  string(text: string): void {
    const most = text.length * 3;
    this.reserve(most + LONGEST_VARINT);
    if (text.length < 43) {
      // at most 127 bytes: the length takes one
      const written = this.bytes.write(text, this.length + 1);
      this.bytes[this.length] = written;
      this.length += written + 1;
      return;
    }
    this.varint(Buffer.byteLength(text));
    this.length += this.bytes.write(text, this.length);
  }

  /** A String of these bytes; makes its own room. */
  blob(bytes: Uint8Array): void {
    this.reserve(bytes.length + LONGEST_VARINT);
    this.varint(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }
}
