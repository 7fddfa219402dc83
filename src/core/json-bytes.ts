/**
 * Reading JSON from bytes, token by token, without making strings of it.
 *
 * Strict, and narrower than JSON: what it takes, JSON.parse takes too; what it refuses (an escape, a fraction, a trailing
 * comma) may still be JSON. The bytes are known to be UTF-8. Every method answers whether it could read what was asked.
 */

const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const ZERO = 48;
const NINE = 57;
const BACKSLASH = 92;
const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

const MAX_COUNT = 4_294_967_295;
const MAX_COUNT_DIGITS = 10;
const MAX_DEPTH = 32;
const WORDS = ["null", "true", "false"].map((word) => Buffer.from(word));

export class JsonBytes {
  readonly bytes: Uint8Array;
  /** Where reading stands. */
  at: number;
  /** The last text: without its quotes. */
  from = 0;
  until = 0;
  /** Whether the last text was ASCII. */
  ascii = true;
  /** Whether `textOrNull` found null. */
  wasNull = false;
  /** The last count. */
  count = 0;

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  /** The next byte that is no white space, still to be read; -1 at the end. */
  peek(): number {
    const { bytes } = this;
    let code = bytes[this.at];
    while (code === 32 || code === 10 || code === 13 || code === 9) code = bytes[++this.at];
    return code ?? -1;
  }

  take(code: number): boolean {
    if (this.peek() !== code) return false;
    this.at++;
    return true;
  }

  openObject(): boolean {
    return this.take(OPEN_BRACE);
  }

  closeObject(): boolean {
    return this.take(CLOSE_BRACE);
  }

  openArray(): boolean {
    return this.take(OPEN_BRACKET);
  }

  closeArray(): boolean {
    return this.take(CLOSE_BRACKET);
  }

  comma(): boolean {
    return this.take(COMMA);
  }

  /** A text and the colon behind it. */
  key(): boolean {
    return this.text() && this.take(COLON);
  }

  /** A text without escapes. */
  text(): boolean {
    if (this.peek() !== QUOTE) return false;
    const { bytes } = this;
    const end = bytes.length;
    const from = this.at + 1;
    let all = 0;
    for (let i = from; i < end; i++) {
      const code = bytes[i] as number;
      if (code === QUOTE) {
        this.from = from;
        this.until = i;
        this.ascii = all < 128;
        this.at = i + 1;
        return true;
      }
      if (code === BACKSLASH || code < 32) return false;
      all |= code;
    }
    return false;
  }

  /** A text, or null: then an empty one. */
  textOrNull(): boolean {
    this.wasNull = this.peek() !== QUOTE;
    if (!this.wasNull) return this.text();
    this.from = this.at;
    this.until = this.at;
    this.ascii = true;
    return this.word(0);
  }

  /** A whole number that fits into 32 bits, without sign. */
  wholeNumber(): boolean {
    this.peek();
    const { bytes } = this;
    const from = this.at;
    let value = 0;
    let i = from;
    for (let code = bytes[i] ?? 0; code >= ZERO && code <= NINE; code = bytes[++i] ?? 0) {
      value = value * 10 + code - ZERO;
    }
    const digits = i - from;
    if (digits === 0 || digits > MAX_COUNT_DIGITS || value > MAX_COUNT) return false;
    if (digits > 1 && bytes[from] === ZERO) return false;
    this.count = value;
    this.at = i;
    return true;
  }

  /** Any value. */
  skip(depth = 0): boolean {
    const code = this.peek();
    if (code === QUOTE) return this.text();
    if (code === OPEN_BRACE) return depth < MAX_DEPTH && this.skipObject(depth);
    if (code === OPEN_BRACKET) return depth < MAX_DEPTH && this.skipArray(depth);
    return this.wholeNumber() || WORDS.some((_, index) => this.word(index));
  }

  /** Whether the last text is this one. */
  is(word: Uint8Array): boolean {
    const { bytes, from } = this;
    const length = word.length;
    if (this.until - from !== length) return false;
    for (let i = 0; i < length; i++) if (bytes[from + i] !== word[i]) return false;
    return true;
  }

  endsWith(word: Uint8Array): boolean {
    const { bytes } = this;
    const from = this.until - word.length;
    if (from < this.from) return false;
    for (let i = 0; i < word.length; i++) if (bytes[from + i] !== word[i]) return false;
    return true;
  }

  private skipObject(depth: number): boolean {
    this.at++;
    if (this.closeObject()) return true;
    do {
      if (!this.key() || !this.skip(depth + 1)) return false;
    } while (this.comma());
    return this.closeObject();
  }

  private skipArray(depth: number): boolean {
    this.at++;
    if (this.closeArray()) return true;
    do {
      if (!this.skip(depth + 1)) return false;
    } while (this.comma());
    return this.closeArray();
  }

  private word(index: number): boolean {
    const word = WORDS[index] as Uint8Array;
    for (let i = 0; i < word.length; i++) if (this.bytes[this.at + i] !== word[i]) return false;
    this.at += word.length;
    return true;
  }
}
