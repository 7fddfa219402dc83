/**
 * Ids by the hundred thousand, each with a few bits: 20 bytes a place where a map of strings takes a hundred, and nothing
 * for the garbage collector to walk through.
 *
 * An id is kept as 128 bits: those of a UUID as they are, of anything else the first of its SHA-256.
 */
import { createHash, randomInt } from "node:crypto";

const FIRST_PLACES = 1_024;
/** A place that is taken; the 31 bits below are the id's. */
const TAKEN = 2 ** 31;

export class IdTable {
  private count = 0;
  /** Four words a place. */
  private words = new Uint32Array(4 * FIRST_PLACES);
  private marks = new Uint32Array(FIRST_PLACES);

  get size(): number {
    return this.count;
  }

  /** The bits of the id; undefined where it is not in the table. */
  get(id: string): number | undefined {
    digest(id);
    const mark = this.marks[this.placeOf(WORDS)] ?? 0;
    return mark === 0 ? undefined : mark - TAKEN;
  }

  /** Adds bits (31 at most) to those of the id, which is in the table from then on. */
  add(id: string, bits: number): void {
    if (2 * (this.count + 1) > this.marks.length) this.grow();
    digest(id);
    const place = this.placeOf(WORDS);
    const mark = this.marks[place] ?? 0;
    if (mark === 0) {
      this.words.set(WORDS, 4 * place);
      this.count += 1;
    }
    this.marks[place] = mark | TAKEN | bits;
  }

  /** Where the id is, or would be. */
  private placeOf(id: Uint32Array): number {
    const { words, marks } = this;
    const last = marks.length - 1;
    for (let place = mixed(id) & last; ; place = (place + 1) & last) {
      const at = 4 * place;
      if (marks[place] === 0) return place;
      if (
        words[at] === id[0] &&
        words[at + 1] === id[1] &&
        words[at + 2] === id[2] &&
        words[at + 3] === id[3]
      )
        return place;
    }
  }

  private grow(): void {
    const { words, marks } = this;
    this.words = new Uint32Array(2 * words.length);
    this.marks = new Uint32Array(2 * marks.length);
    for (const [place, mark] of marks.entries()) {
      if (mark === 0) continue;
      const id = words.subarray(4 * place, 4 * place + 4);
      const to = this.placeOf(id);
      this.words.set(id, 4 * to);
      this.marks[to] = mark;
    }
  }
}

/** Nobody outside can choose ids that all want one place. */
const SEED = randomInt(2 ** 32);

/** From all four words: some makers of UUIDs give many the same end, or the same beginning. */
function mixed(id: Uint32Array): number {
  let hash = SEED;
  for (let i = 0; i < 4; i++) {
    hash = Math.imul(hash ^ (id[i] ?? 0), 0x85ebca6b);
    hash ^= hash >>> 15;
  }
  return Math.imul(hash, 0xc2b2ae35) >>> 3;
}

/** The digest that was made last, and of what: an id is asked for several times in a row. */
const WORDS = new Uint32Array(4);
let digested: string | undefined;

const DASH = 45;
/** By the code of a character its value as a hexadecimal digit; capitals are none, for they make another id. */
const DIGITS = Int8Array.from({ length: 128 }, (_, code) =>
  "0123456789abcdef".indexOf(String.fromCharCode(code)),
);

function digest(id: string): void {
  if (id === digested) return;
  digested = id;
  if (id.length === 36 && digestUuid(id)) return;
  const hash = createHash("sha256").update(id).digest();
  for (let i = 0; i < 4; i++) WORDS[i] = hash.readUInt32LE(4 * i);
}

/** @returns false where it is no UUID in the usual form */
function digestUuid(id: string): boolean {
  let digits = 0;
  let word = 0;
  for (let i = 0; i < 36; i++) {
    const code = id.charCodeAt(i);
    if (i === 8 || i === 13 || i === 18 || i === 23) {
      if (code !== DASH) return false;
      continue;
    }
    const digit = code < 128 ? (DIGITS[code] ?? -1) : -1;
    if (digit < 0) return false;
    word = (word << 4) | digit;
    digits += 1;
    if (digits % 8 === 0) WORDS[digits / 8 - 1] = word;
  }
  return true;
}
