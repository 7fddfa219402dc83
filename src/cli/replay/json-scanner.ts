/**
 * Finds where JSON documents end, byte by byte, whatever pieces they come in, without parsing values.
 *
 * Forgiving where the service is (trailing commas, any bytes in strings), strict where it helps to see that something
 * is cut: a raw line end in a string, a value where a comma should be.
 */

export interface ScannerListener {
  /** An item of the top-level array, or of the top-level object's `events`. Offsets count from the scanner's first byte. */
  onItem(start: number, end: number): void;
}

export type ScanStatus = "open" | "done" | "broken";

const VALUE = 0;
const VALUE_OR_END = 1;
const KEY_OR_END = 2;
const COLON = 3;
const AFTER = 4;
const STRING = 5;
const ESCAPE = 6;
const LITERAL = 7;

const OBJECT = 123; // {
const ARRAY = 91; // [
const MAX_DEPTH = 512;
const ITEMS_KEY = "events";

export class JsonScanner {
  status: ScanStatus = "open";
  /** Bytes scanned so far. */
  offset = 0;
  /** Where the item under way began; -1 between items. */
  itemStart = -1;
  /** Depth of the array whose items are told; 0 while, or once, there is none. */
  itemsDepth = 0;
  /** An array of items was found. */
  hasItems = false;
  private readonly stack = new Uint8Array(MAX_DEPTH);
  private readonly listener: ScannerListener;
  private depth = 0;
  private state = VALUE;
  private inKey = false;
  /** Text of the key that is being read at depth 1, as far as it matters. */
  private key = "";

  constructor(listener: ScannerListener = { onItem: () => undefined }) {
    this.listener = listener;
  }

  /** @returns how many of the bytes belong to the document: all while it is open */
  scan(bytes: Uint8Array, from = 0, until = bytes.length): number {
    for (let at = from; at < until; at++) {
      this.take(bytes[at] as number);
      if (this.status === "broken") return at - from;
      this.offset++;
      if (this.status === "done") return at - from + 1;
    }
    return until - from;
  }

  private take(byte: number): void {
    if (this.state === STRING) this.takeInString(byte);
    else if (this.state === ESCAPE) this.state = byte < 32 ? this.fail() : STRING;
    else if (this.state === LITERAL) this.takeInLiteral(byte);
    else if (byte !== 32 && byte !== 10 && byte !== 13 && byte !== 9) this.takeMark(byte);
  }

  private takeInString(byte: number): void {
    if (byte === 34) {
      if (this.inKey) this.state = COLON;
      else this.endValue();
    } else if (byte === 92) this.state = ESCAPE;
    else if (byte < 32) this.fail();
    else if (this.inKey && this.depth === 1 && this.key.length <= ITEMS_KEY.length) {
      this.key += String.fromCharCode(byte);
    }
  }

  private takeInLiteral(byte: number): void {
    if (isLiteral(byte)) return;
    this.endValue();
    this.take(byte);
  }

  private takeMark(byte: number): void {
    switch (this.state) {
      case VALUE_OR_END:
        if (byte === 93) this.pop(ARRAY);
        else this.beginValue(byte);
        return;
      case VALUE:
        this.beginValue(byte);
        return;
      case KEY_OR_END:
        if (byte === 34) this.beginKey();
        else if (byte === 125) this.pop(OBJECT);
        else this.fail();
        return;
      case COLON:
        this.state = byte === 58 ? VALUE : this.fail();
        return;
      default:
        if (byte === 44) this.state = this.stack[this.depth - 1] === OBJECT ? KEY_OR_END : VALUE_OR_END;
        else if (byte === 125) this.pop(OBJECT);
        else if (byte === 93) this.pop(ARRAY);
        else this.fail();
    }
  }

  private beginKey(): void {
    this.inKey = true;
    this.key = "";
    this.state = STRING;
  }

  private beginValue(byte: number): void {
    if (this.itemsDepth > 0 && this.depth === this.itemsDepth) this.itemStart = this.offset;
    if (byte === OBJECT || byte === ARRAY) this.push(byte);
    else if (this.depth === 0) this.fail();
    else if (byte === 34) {
      this.inKey = false;
      this.state = STRING;
    } else this.state = isLiteral(byte) ? LITERAL : this.fail();
  }

  private push(kind: number): void {
    if (this.depth === MAX_DEPTH) {
      this.fail();
      return;
    }
    const isItems =
      !this.hasItems && kind === ARRAY && (this.depth === 0 || (this.depth === 1 && this.key === ITEMS_KEY));
    this.stack[this.depth++] = kind;
    this.state = kind === OBJECT ? KEY_OR_END : VALUE_OR_END;
    if (!isItems) return;
    this.hasItems = true;
    this.itemsDepth = this.depth;
  }

  private pop(kind: number): void {
    if (this.stack[this.depth - 1] !== kind) {
      this.fail();
      return;
    }
    if (this.depth === this.itemsDepth) this.itemsDepth = 0;
    this.depth--;
    if (this.depth === 0) this.status = "done";
    else this.endValue(1);
  }

  /** @param more bytes of the value that are not counted yet: its closing mark */
  private endValue(more = this.state === STRING ? 1 : 0): void {
    this.state = AFTER;
    if (this.itemsDepth === 0 || this.depth !== this.itemsDepth) return;
    this.listener.onItem(this.itemStart, this.offset + more);
    this.itemStart = -1;
  }

  private fail(): number {
    this.status = "broken";
    return AFTER;
  }
}

/** Numbers and words, loosely: what is wrong with them is the service's to say. */
function isLiteral(byte: number): boolean {
  return (
    (byte >= 48 && byte <= 57) ||
    (byte >= 97 && byte <= 122) ||
    (byte >= 65 && byte <= 90) ||
    byte === 45 ||
    byte === 43 ||
    byte === 46
  );
}
