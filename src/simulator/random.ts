/**
 * Seeded randomness: the same seed gives the same ids, delays and faults.
 *
 * Every part forks its own sequence by name, so that what one part draws never shifts what another one sees,
 * however the sockets and timers interleave.
 */

export interface Random {
  /** A number in [0, 1). */
  next(): number;
  /** True with the given probability; draws even for 0 and 1, so that changing a rate does not shift the rest. */
  chance(probability: number): boolean;
  /** A whole number in [0, below). */
  integer(below: number): number;
  pick<T>(items: readonly T[]): T;
  /** An RFC 4122 version 4 UUID. */
  uuid(): string;
  /** Letters and digits, such as the documented request id that is no UUID. */
  token(length: number): string;
  /** An independent sequence; its content depends on the seed and the name only. */
  fork(name: string): Random;
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

export function createRandom(seed: number | string): Random {
  const origin = String(seed);
  let state = hash(origin);

  /** mulberry32 */
  function next(): number {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  const integer = (below: number): number => Math.floor(next() * below);
  const word = (): string => integer(4_294_967_296).toString(16).padStart(8, "0");

  return {
    next,
    integer,
    chance: (probability) => next() < probability,
    pick(items) {
      const item = items[integer(items.length)];
      if (item === undefined) throw new RangeError("cannot pick from an empty list");
      return item;
    },
    uuid() {
      const hex = word() + word() + word() + word();
      const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
      return [
        hex.slice(0, 8),
        hex.slice(8, 12),
        `4${hex.slice(13, 16)}`,
        variant + hex.slice(17, 20),
        hex.slice(20),
      ].join("-");
    },
    token: (length) => Array.from({ length }, () => ALPHABET.charAt(integer(ALPHABET.length))).join(""),
    fork: (name) => createRandom(`${origin}/${name}`),
  };
}

/** xmur3's mixing of a string into 32 bits. */
function hash(text: string): number {
  let mixed = 1_779_033_703 ^ text.length;
  for (let index = 0; index < text.length; index++) {
    mixed = Math.imul(mixed ^ text.charCodeAt(index), 3_432_918_353);
    mixed = (mixed << 13) | (mixed >>> 19);
  }
  mixed = Math.imul(mixed ^ (mixed >>> 16), 2_246_822_507);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 3_266_489_909);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
