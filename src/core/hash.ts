/**
 * A 64-bit hash for identities within one request, where no adversary gains by a collision.
 *
 * Two lanes of 32 bits with multiply-xor mixing (as in MurmurHash3's finaliser); plain TypeScript,
 * since the recorder runs it in any JavaScript runtime. Not for secrets.
 */

/** @returns the hash as an unsigned decimal, as ClickHouse's UInt64 reads it */
export function hash64(text: string): string {
  let a = 0xdeadbeef ^ text.length;
  let b = 0x41c6ce57 ^ text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x9e3779b1);
    b = Math.imul(b ^ unit, 0x5f356495);
  }
  a = Math.imul(a ^ (a >>> 16), 0x85ebca6b) ^ Math.imul(b ^ (b >>> 13), 0xc2b2ae35);
  b = Math.imul(b ^ (b >>> 16), 0x85ebca6b) ^ Math.imul(a ^ (a >>> 13), 0xc2b2ae35);
  return ((BigInt(b >>> 0) << 32n) | BigInt(a >>> 0)).toString();
}
