/**
 * What the present decoder makes of events that were stored before, against the facts that were made of them then.
 *
 * Pure: pages of events and their stored facts come in, counts and a few examples of each kind come out.
 */
import { DECODER_VERSION, distinctFacts, type Fact, type ResultFact } from "./fact.ts";
import { comingOf, differenceOf, type FieldDifference, goingOf } from "./fact-difference.ts";
import { unwrapEvent } from "./envelope.ts";
import { isObject, parseJson } from "./json.ts";
import { decodeEvent } from "./mods-event.ts";
import type { StoredEvent } from "./event-history.ts";

const MAX_EXAMPLES = 5;

export interface FactExample {
  readonly requestId: string;
  readonly eventId: string;
  readonly fields: readonly FieldDifference[];
}

export interface ReprocessReport {
  readonly events: {
    read: number;
    /** Stored while RAW_EVENTS was off: nothing can be made of them. */
    withoutBody: number;
    unreadable: number;
  };
  readonly facts: {
    same: number;
    new: number;
    changed: number;
    /** Made of these events once, and by the present decoder no more. They stay: no fact is ever removed. */
    gone: number;
    /** Changed, but those stored are of this decoder's version or of a newer one, and count. */
    outranked: number;
    /** New and changed ones that were stored by this run. */
    written: number;
  };
  readonly examples: {
    readonly new: FactExample[];
    readonly changed: FactExample[];
    readonly gone: FactExample[];
    readonly unreadable: { readonly eventId: string; readonly code: string; readonly reason: string }[];
  };
}

export function openReport(): ReprocessReport {
  return {
    events: { read: 0, withoutBody: 0, unreadable: 0 },
    facts: { same: 0, new: 0, changed: 0, gone: 0, outranked: 0, written: 0 },
    examples: { new: [], changed: [], gone: [], unreadable: [] },
  };
}

/** A page of events, decoded anew. */
export interface DecodedPage {
  readonly facts: readonly ResultFact[];
  /** Events of which everything could be read: only of these a missing fact is gone. */
  readonly wholeEvents: ReadonlySet<string>;
  /** Requests whose stored facts are to be compared. */
  readonly requestIds: readonly string[];
}

/** Decodes the page and counts its events. */
export function decodePage(events: readonly StoredEvent[], report: ReprocessReport): DecodedPage {
  const facts: ResultFact[] = [];
  const wholeEvents = new Set<string>();
  const requestIds = new Set<string>();
  for (const { eventId, body } of events) {
    report.events.read++;
    if (body === "") {
      report.events.withoutBody++;
      continue;
    }
    const envelope = parsed(body);
    const decoded = decodeEvent(envelope);
    const [fault] = decoded.faults;
    if (fault === undefined) wholeEvents.add(eventId);
    else {
      report.events.unreadable++;
      keep(report.examples.unreadable, { eventId, code: fault.code, reason: fault.message });
    }
    for (const fact of decoded.facts) requestIds.add(fact.requestId);
    for (const id of idsIn(envelope)) requestIds.add(id);
    for (const fact of decoded.facts) facts.push(fact);
  }
  return { facts, wholeEvents, requestIds: [...requestIds] };
}

/**
 * Counts the page's facts against those that are stored.
 *
 * @param stored by request, duplicates possible
 * @returns those to be written: new ones, and changed ones that outrank what is stored
 */
export function compareFacts(
  page: DecodedPage,
  stored: ReadonlyMap<string, readonly Fact[]>,
  report: ReprocessReport,
): ResultFact[] {
  const known = new Map<string, Fact>();
  for (const facts of stored.values()) {
    for (const fact of distinctFacts(facts)) known.set(identityOf(fact), fact);
  }
  const toWrite: ResultFact[] = [];
  for (const fact of page.facts) {
    const key = identityOf(fact);
    const before = known.get(key);
    known.delete(key);
    const fields = before === undefined ? comingOf(fact) : differenceOf(before, fact);
    if (fields.length === 0) {
      report.facts.same++;
      continue;
    }
    const kind = before === undefined ? "new" : "changed";
    report.facts[kind]++;
    keep(report.examples[kind], { requestId: fact.requestId, eventId: fact.eventId, fields });
    if (before === undefined || before.version < DECODER_VERSION) toWrite.push(fact);
    else report.facts.outranked++;
  }
  for (const fact of known.values()) {
    if (fact.kind !== "result" || !page.wholeEvents.has(fact.eventId)) continue;
    report.facts.gone++;
    keep(report.examples.gone, { requestId: fact.requestId, eventId: fact.eventId, fields: goingOf(fact) });
  }
  return toWrite;
}

/** The store keeps well-formed text. */
function identityOf({ requestId, factId }: Fact): string {
  return `${requestId.toWellFormed()}\n${factId}`;
}

function keep<T>(examples: T[], one: T): void {
  if (examples.length < MAX_EXAMPLES) examples.push(one);
}

function parsed(body: string): unknown {
  try {
    return parseJson(body);
  } catch {
    return body; // no event: decoding it says so
  }
}

/** Ids of the entries' requests, however they are spelled: another decoder may have taken another spelling. */
function* idsIn(envelope: unknown): Generator<string> {
  const { event } = unwrapEvent(envelope);
  const data = isObject(event) ? event["data"] : undefined;
  const requests = isObject(data) ? data["requests"] : undefined;
  if (!Array.isArray(requests)) return;
  for (const entry of requests) {
    if (!isObject(entry)) continue;
    for (const [key, value] of Object.entries(entry)) {
      if (/^request.?id$/i.test(key) && typeof value === "string" && value !== "" && value.length <= 1_024)
        yield value;
    }
  }
}
