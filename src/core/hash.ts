/**
 * A 64-bit hash for identities within one request, where no adversary gains by a collision.
 *
 * Two lanes of 32 bits with multiply-xor mixing (as in MurmurHash3's finaliser); plain TypeScript,
 * since the recorder runs it in any JavaScript runtime. Not for secrets.
 */

/** @returns the hash as an unsigned decimal, as ClickHouse's UInt64 reads it */
export function hash64(text: string): string {
  const hash = new Hash64();
  hash.begin(text.length);
  for (let i = 0; i < text.length; i++) hash.add(text.charCodeAt(i));
  hash.end();
  return ((BigInt(hash.high) << 32n) | BigInt(hash.low)).toString();
}

/** The same hash, fed unit by unit: of ASCII, bytes give what the text gives. */
export class Hash64 {
  /** Its lower 32 bits, after `end`. */
  low = 0;
  /** Its upper 32 bits, after `end`. */
  high = 0;

  /** @param length of the whole text */
  begin(length: number): void {
    this.low = 0xdeadbeef ^ length;
    this.high = 0x41c6ce57 ^ length;
  }

  add(unit: number): void {
    this.low = Math.imul(this.low ^ unit, 0x9e3779b1);
    this.high = Math.imul(this.high ^ unit, 0x5f356495);
  }

  addBytes(bytes: Uint8Array, from: number, until: number): void {
    let { low, high } = this;
    for (let i = from; i < until; i++) {
      const unit = bytes[i] as number;
      low = Math.imul(low ^ unit, 0x9e3779b1);
      high = Math.imul(high ^ unit, 0x5f356495);
    }
    this.low = low;
    this.high = high;
  }

  end(): void {
    let { low: a, high: b } = this;
    a = Math.imul(a ^ (a >>> 16), 0x85ebca6b) ^ Math.imul(b ^ (b >>> 13), 0xc2b2ae35);
    b = Math.imul(b ^ (b >>> 16), 0x85ebca6b) ^ Math.imul(a ^ (a >>> 13), 0xc2b2ae35);
    this.low = a >>> 0;
    this.high = b >>> 0;
  }
}
