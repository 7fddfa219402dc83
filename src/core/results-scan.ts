/**
 * Results events straight from the bytes of a page to rows: no text, no object in between.
 *
 * It reads events that are written as documented, and leaves every other to `decodeEvent`, which decides what is a fault.
 * What both read becomes the same rows: a property test holds them side by side.
 */
import { Hash64 } from "./hash.ts";
import { JsonBytes } from "./json-bytes.ts";
import {
  encodeResult,
  type ResultEventSpans,
  type ResultPage,
  type ResultRows,
  type ResultSpans,
  type Span,
} from "./result-rows.ts";
import { RecordsScanner } from "./records-scan.ts";
import { parseTimeBytes } from "./time-bytes.ts";

export interface ScannedEvent {
  readonly eventId: string;
  /** Epoch milliseconds. */
  readonly time: number;
  readonly instance: string;
  readonly recipientClientId: string | undefined;
  readonly results: ResultRows;
  /** Where the event's own text stands in the bytes. */
  readonly from: number;
  readonly until: number;
}

const MAX_TEXT_BYTES = 1_024;
const MAX_REQUESTS = 1_000;
const LINE_FEED = 10;
const LETTER_R = 114;

const word = (text: string): Buffer => Buffer.from(text);
const POSITION = word("position");
const EVENT = word("event");
const ID = word("id");
const TIME = word("time");
const TYPE = word("type");
const DATA = word("data");
const RESULTS = word(".observability.results");
const RECIPIENT = word("recipientclientid");
const OTHER_RECIPIENT = word("recipient_client_id");
const NESTING = word("detail");
const INSTANCE = word("munchkinId");
const REQUESTS = word("requests");
const CUSTOM_OBJECT = word("customObject");

/** Of a request: its texts, then its time and its records. */
const REQUEST_FIELDS = [
  "requestId",
  "clientId",
  "correlationId",
  "requestSource",
  "objectType",
  "objectName",
  "operation",
  "priority",
  "requestTime",
  "records",
].map(word);
const REQUEST_ID_FIELD = 0;
const TIME_FIELD = 8;
const RECORDS_FIELD = 9;
const NEEDED_FIELDS = (1 << REQUEST_ID_FIELD) | (1 << RECORDS_FIELD);

const emptySpan = (): Span => ({ from: 0, until: 0 });

/** Bits of what was seen, so that nothing counts twice: of two fields with one name a parser takes the last. */
const SEEN = {
  id: 1,
  time: 2,
  type: 4,
  data: 8,
  recipient: 16,
  instance: 32,
  requests: 64,
  otherRecipient: 128,
} as const;

export class ResultsScanner {
  private readonly bytes: Buffer;
  private readonly json: JsonBytes;
  private readonly page: ResultPage;
  private readonly identity = new Hash64();
  private readonly event: ResultEventSpans = { eventId: emptySpan(), instance: emptySpan(), time: 0 };
  private readonly result: ResultSpans = {
    requestId: emptySpan(),
    objectType: emptySpan(),
    objectName: emptySpan(),
    operation: emptySpan(),
    priority: emptySpan(),
    clientId: emptySpan(),
    correlationId: emptySpan(),
    requestSource: emptySpan(),
    requestTime: Number.NaN,
    received: 0,
    created: 0,
    updated: 0,
    failed: [],
    codes: 0,
  };
  /** Where the texts of a request are noted, in the order of REQUEST_FIELDS. */
  private readonly texts: readonly Span[];
  private readonly records: RecordsScanner;
  private seen = 0;
  private recipient: string | undefined;
  private otherRecipient: string | undefined;
  private fruitless: string[] = [];
  private readonly identities: number[] = [];

  /** @param bytes UTF-8 */
  constructor(bytes: Buffer, page: ResultPage) {
    this.bytes = bytes;
    this.json = new JsonBytes(bytes);
    this.page = page;
    const { requestId, clientId, correlationId, requestSource, objectType, objectName, operation, priority } =
      this.result;
    this.texts = [
      requestId,
      clientId,
      correlationId,
      requestSource,
      objectType,
      objectName,
      operation,
      priority,
    ];
    this.records = new RecordsScanner(bytes, this.json, this.result);
  }

  /**
   * Reads the event that begins at an index, in the envelope of a journal page or in none.
   *
   * @returns undefined, and nothing was written, where it is to be decoded in the usual way
   */
  scan(at: number): { readonly scanned: ScannedEvent; readonly end: number } | undefined {
    const first = this.page.starts.length;
    const { json } = this;
    json.at = at;
    const scanned = this.startsEnvelope() ? this.readEnvelope(first) : this.readEvent(first);
    if (scanned === undefined) {
      this.page.cut(first);
      return undefined;
    }
    return { scanned, end: json.at };
  }

  private startsEnvelope(): boolean {
    const { json } = this;
    const at = json.at;
    const starts = json.openObject() && json.key() && json.is(POSITION);
    json.at = at;
    return starts;
  }

  private readEnvelope(first: number): ScannedEvent | undefined {
    const { json } = this;
    json.openObject();
    json.key();
    if (!json.text() || !json.comma() || !json.key() || !json.is(EVENT)) return undefined;
    const scanned = this.readEvent(first);
    return scanned !== undefined && json.closeObject() ? scanned : undefined;
  }

  private readEvent(first: number): ScannedEvent | undefined {
    const { json, event } = this;
    this.seen = 0;
    this.recipient = undefined;
    this.otherRecipient = undefined;
    this.fruitless = [];
    event.instance.from = event.instance.until = 0;
    if (!json.openObject()) return undefined;
    const from = json.at - 1;
    do {
      if (!json.key() || !this.readField()) return undefined;
    } while (json.comma());
    const all = SEEN.id | SEEN.time | SEEN.type | SEEN.data;
    if (!json.closeObject() || (this.seen & all) !== all) return undefined;
    const count = this.page.starts.length - first;
    return {
      eventId: this.textOf(event.eventId),
      time: event.time,
      instance: this.bytes.toString("utf8", event.instance.from, event.instance.until),
      recipientClientId: this.recipient ?? this.otherRecipient,
      results: { page: this.page, first, count, fruitless: this.fruitless },
      from,
      until: json.at,
    };
  }

  private readField(): boolean {
    const { json, event } = this;
    if (json.is(ID)) return this.once(SEEN.id) && this.readId(event.eventId);
    if (json.is(TIME)) {
      if (!this.once(SEEN.time) || !json.text()) return false;
      event.time = parseTimeBytes(this.bytes, json.from, json.until);
      return !Number.isNaN(event.time);
    }
    if (json.is(TYPE)) return this.once(SEEN.type) && this.readId(emptySpan()) && json.endsWith(RESULTS);
    if (json.is(DATA)) return this.once(SEEN.data) && this.readData();
    if (json.is(NESTING)) return false;
    if (json.is(RECIPIENT)) {
      if (!this.once(SEEN.recipient) || !this.readPlain()) return false;
      this.recipient = this.textOf(json) || undefined;
      return true;
    }
    if (json.is(OTHER_RECIPIENT)) {
      if (!this.once(SEEN.otherRecipient) || !this.readPlain()) return false;
      this.otherRecipient = this.textOf(json) || undefined;
      return true;
    }
    return json.skip();
  }

  /** What the rows are made of must stand before them. */
  private readData(): boolean {
    const { json, event } = this;
    const before = SEEN.id | SEEN.time | SEEN.type;
    if ((this.seen & before) !== before || !json.openObject()) return false;
    do {
      if (!json.key()) return false;
      if (json.is(INSTANCE)) {
        if ((this.seen & SEEN.requests) !== 0 || !this.once(SEEN.instance)) return false;
        if (!this.readText(event.instance)) return false;
      } else if (json.is(REQUESTS)) {
        if (!this.once(SEEN.requests) || !this.readRequests()) return false;
      } else if (!json.skip()) {
        return false;
      }
    } while (json.comma());
    return (this.seen & SEEN.requests) !== 0 && json.closeObject();
  }

  private readRequests(): boolean {
    const { json } = this;
    if (!json.openArray()) return false;
    this.identities.length = 0;
    if (json.closeArray()) return true;
    do {
      if (!this.readRequest()) return false;
    } while (json.comma());
    return json.closeArray();
  }

  private readRequest(): boolean {
    const { json, result } = this;
    this.clearResult();
    let seen = 0;
    if (!json.openObject()) return false;
    do {
      if (!json.key()) return false;
      const field = this.fieldOfKey();
      if (field === -1) {
        if (!json.skip()) return false;
        continue;
      }
      if ((seen & (1 << field)) !== 0 || !this.readRequestField(field)) return false;
      seen |= 1 << field;
    } while (json.comma());
    if (!json.closeObject() || (seen & NEEDED_FIELDS) !== NEEDED_FIELDS || !this.identify()) return false;
    if (!encodeResult(this.page, this.bytes, this.event, result, this.identity)) return false;
    if (this.isFruitless()) this.fruitless.push(this.textOf(result.requestId));
    return true;
  }

  private clearResult(): void {
    const { result, texts } = this;
    for (let i = 0; i < texts.length; i++) {
      const span = texts[i] as Span;
      span.from = span.until = 0;
    }
    result.requestTime = Number.NaN;
    result.codes = 0;
  }

  /** Which of REQUEST_FIELDS the last text names; -1: none. */
  private fieldOfKey(): number {
    for (let i = 0; i < REQUEST_FIELDS.length; i++) {
      if (this.json.is(REQUEST_FIELDS[i] as Buffer)) return i;
    }
    return -1;
  }

  private readRequestField(field: number): boolean {
    const { json, result } = this;
    if (field === RECORDS_FIELD) return this.records.read();
    if (field === REQUEST_ID_FIELD) return this.readId(result.requestId);
    if (field !== TIME_FIELD) return this.readText(this.texts[field] as Span);
    if (!json.textOrNull()) return false;
    if (json.wasNull) return true; // as if it were missing
    result.requestTime = parseTimeBytes(this.bytes, json.from, json.until);
    return !Number.isNaN(result.requestTime);
  }

  private isFruitless(): boolean {
    const { created, updated, codes, objectType } = this.result;
    if (created + updated > 0 || codes === 0) return false;
    return (
      this.bytes.compare(CUSTOM_OBJECT, 0, CUSTOM_OBJECT.length, objectType.from, objectType.until) !== 0
    );
  }

  /** @returns false when the event names the request a second time: then its entries are numbered, elsewhere */
  private identify(): boolean {
    const { identity, identities, bytes, result } = this;
    const { eventId } = this.event;
    const { requestId } = result;
    identity.begin(3 + eventId.until - eventId.from + requestId.until - requestId.from);
    identity.add(LETTER_R);
    identity.add(LINE_FEED);
    identity.addBytes(bytes, eventId.from, eventId.until);
    identity.add(LINE_FEED);
    identity.addBytes(bytes, requestId.from, requestId.until);
    identity.end();
    if (identities.length >= MAX_REQUESTS || identities.includes(identity.low)) return false;
    identities.push(identity.low);
    return true;
  }

  private once(bit: number): boolean {
    if ((this.seen & bit) !== 0) return false;
    this.seen |= bit;
    return true;
  }

  private readId(span: Span): boolean {
    const { json } = this;
    return this.readPlain() && json.from < json.until && this.mark(span);
  }

  /** A text of ASCII. */
  private readPlain(): boolean {
    return this.json.text() && this.json.ascii;
  }

  private readText(span: Span): boolean {
    return this.json.textOrNull() && this.mark(span);
  }

  private mark(span: Span): boolean {
    const { from, until } = this.json;
    span.from = from;
    span.until = until;
    return until - from <= MAX_TEXT_BYTES;
  }

  private textOf({ from, until }: Span): string {
    return this.bytes.toString("latin1", from, until);
  }
}
