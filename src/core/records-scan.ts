/**
 * The `records` of a request, from bytes: how many were received, created, updated, and failed with which code.
 */
import type { JsonBytes } from "./json-bytes.ts";
import type { CodeSpan, ResultSpans, Span } from "./result-rows.ts";

const RECEIVED = Buffer.from("received");
const CREATED = Buffer.from("created");
const UPDATED = Buffer.from("updated");
const FAILED = Buffer.from("failed");
const MAX_TEXT_BYTES = 1_024;
const MAX_CODES = 50;
const MAX_COUNT = 4_294_967_295;

export class RecordsScanner {
  private readonly bytes: Buffer;
  private readonly json: JsonBytes;
  private readonly result: ResultSpans;

  /** @param result what is read goes there */
  constructor(bytes: Buffer, json: JsonBytes, result: ResultSpans) {
    this.bytes = bytes;
    this.json = json;
    this.result = result;
  }

  /** @returns false where they are to be decoded in the usual way */
  read(): boolean {
    const { json, result } = this;
    let seen = 0;
    result.received = result.created = result.updated = 0;
    if (!json.openObject() || json.closeObject()) return false;
    do {
      if (!json.key()) return false;
      const bit = this.bitOfKey();
      if (bit === 0) {
        if (!json.skip()) return false;
        continue;
      }
      if ((seen & bit) !== 0) return false;
      seen |= bit;
      if (bit === 8 ? !this.readFailed() : !json.wholeNumber()) return false;
      if (bit === 1) result.received = json.count;
      else if (bit === 2) result.created = json.count;
      else if (bit === 4) result.updated = json.count;
    } while (json.comma());
    if ((seen & 1) === 0) {
      result.received = result.created + result.updated + this.failedTotal();
      if (result.received === 0 || result.received > MAX_COUNT) return false;
    }
    return json.closeObject();
  }

  private bitOfKey(): number {
    const { json } = this;
    if (json.is(RECEIVED)) return 1;
    if (json.is(CREATED)) return 2;
    if (json.is(UPDATED)) return 4;
    return json.is(FAILED) ? 8 : 0;
  }

  /** Codes of ASCII, without those that count nothing, sorted. */
  private readFailed(): boolean {
    const { json, result } = this;
    const { failed } = result;
    if (!json.openObject()) return false;
    if (json.closeObject()) return true;
    let codes = 0;
    do {
      if (!json.key() || !json.ascii || codes >= MAX_CODES || json.until === json.from) return false;
      const { from, until } = json;
      if (until - from > MAX_TEXT_BYTES || !json.wholeNumber()) return false;
      const span = (failed[codes] ??= { from: 0, until: 0, count: 0 });
      span.from = from;
      span.until = until;
      span.count = json.count;
      codes++;
    } while (json.comma());
    result.codes = codes;
    if (!json.closeObject() || !this.sortCodes()) return false;
    this.dropEmptyCodes();
    return true;
  }

  /** @returns false when a code stands there twice */
  private sortCodes(): boolean {
    const { failed, codes } = this.result;
    for (let i = 1; i < codes; i++) {
      for (let k = i; k > 0; k--) {
        const order = this.compareCodes(failed[k - 1] as CodeSpan, failed[k] as CodeSpan);
        if (order === 0) return false;
        if (order < 0) break;
        const moved = failed[k] as CodeSpan;
        failed[k] = failed[k - 1] as CodeSpan;
        failed[k - 1] = moved;
      }
    }
    return true;
  }

  private compareCodes(a: Span, b: Span): number {
    return this.bytes.compare(this.bytes, b.from, b.until, a.from, a.until);
  }

  private dropEmptyCodes(): void {
    const { result } = this;
    const { failed } = result;
    let kept = 0;
    for (let i = 0; i < result.codes; i++) {
      const span = failed[i] as CodeSpan;
      if (span.count === 0) continue;
      failed[i] = failed[kept] as CodeSpan;
      failed[kept++] = span;
    }
    result.codes = kept;
  }

  private failedTotal(): number {
    let sum = 0;
    for (let i = 0; i < this.result.codes; i++) sum += (this.result.failed[i] as CodeSpan).count;
    return sum;
  }
}
