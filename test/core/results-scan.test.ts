/** The fast way from bytes to rows, held against the one that decodes: what both read is the same, to the byte. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { unwrapEvent } from "../../src/core/envelope.ts";
import type { ResultFact } from "../../src/core/fact.ts";
import { encodeFact } from "../../src/core/fact-row.ts";
import { decodeEvent } from "../../src/core/mods-event.ts";
import { requestIdsOf, ResultPage, rowPieces } from "../../src/core/result-rows.ts";
import { ResultsScanner, type ScannedEvent } from "../../src/core/results-scan.ts";
import { RowWriter } from "../../src/core/row-writer.ts";
import { factSet } from "./fact-arbitrary.ts";
import { factOfRow, factsOfResults, readRows } from "./row-reader.ts";

function scan(text: string): ScannedEvent | undefined {
  const bytes = Buffer.from(`  ${text}  `);
  const read = new ResultsScanner(bytes, new ResultPage(64)).scan(2);
  const whole = read !== undefined && bytes.toString("utf8", read.end).trim() === "";
  return whole ? read.scanned : undefined;
}

function rowsOf(facts: readonly ResultFact[]): Buffer {
  const rows = new RowWriter(16);
  for (const fact of facts) encodeFact(fact, rows);
  return rows.written();
}

/** What was scanned must be what is decoded. */
function expectSame(text: string, scanned: ScannedEvent): void {
  const decoded = decodeEvent(JSON.parse(text));
  expect(decoded.faults).toEqual([]);
  const { eventId, time, instance, recipientClientId, results } = scanned;
  expect({ eventId, time, instance, recipientClientId }).toEqual({
    eventId: decoded.eventId,
    time: decoded.time,
    instance: decoded.instance,
    recipientClientId: decoded.recipientClientId,
  });
  expect(decoded.type).toBe("results");
  expect(factsOfResults([results])).toEqual(decoded.facts);
  expect(columnsOf(Buffer.concat([...rowPieces([results])]))).toEqual(columnsOf(rowsOf(decoded.facts)));
  expect(requestIdsOf(results)).toEqual(decoded.facts.map(({ requestId }) => requestId));
}

/** A text may say a thing in more than one way of JSON: the columns must be equal, and what the text says. */
function columnsOf(bytes: Buffer): unknown[] {
  return readRows(bytes).map((row) => ({ ...row, fact: JSON.parse(row.fact as string) as unknown }));
}

const id = fc.oneof(fc.uuid(), fc.stringMatching(/^[\w:.-]{1,40}$/));
const text = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.constantFrom("", "person", "customObject", "nightly-2026-11-22/17", "Größe", "日本"),
  },
  { weight: 1, arbitrary: fc.string({ maxLength: 12 }) },
);
/** What is not read: mostly what can be passed over without decoding. */
const other = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom(1, 0, "x", "", null, true, false, [], {}, { a: [1, { b: "c" }] }) },
  { weight: 1, arbitrary: fc.jsonValue() },
);
const time = fc
  .date({ min: new Date("2000-01-01T00:00:00Z"), max: new Date("2099-12-31T23:59:59Z"), noInvalidDate: true })
  .map((date) => date.toISOString());
const count = fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 4_294_967_295 }));
const failed = fc.dictionary(fc.constantFrom("1004", "503", "611", "9", "ABC", "-1"), count, {
  maxKeys: 4,
});
const request = fc.record(
  {
    requestId: id,
    requestTime: fc.oneof(time, fc.constant(null)),
    clientId: text,
    correlationId: text,
    requestSource: text,
    objectType: text,
    objectName: fc.oneof(text, fc.constant(null)),
    operation: text,
    priority: text,
    records: fc.record(
      { received: count, created: count, updated: count, failed, skipped: other },
      { requiredKeys: ["received"] },
    ),
    note: other,
  },
  { requiredKeys: ["requestId", "records"] },
);
const event = fc
  .record(
    {
      id,
      specversion: fc.constant("1.0"),
      source: fc.constant("urn:data_ingestion_service"),
      time,
      type: fc.constant("com.adobe.platform.marketo.observability.results"),
      datacontenttype: fc.constant("application/json"),
      data: fc.record({ munchkinId: text, requests: fc.array(request, { maxLength: 4 }) }),
      eventid: fc.uuid(),
      recipientclientid: fc.oneof(id, fc.constant("")),
      recipient_client_id: id,
      extra: other,
    },
    { requiredKeys: ["id", "time", "type", "data"] },
  )
  .map(({ data, ...head }) => {
    const { eventid, recipientclientid, recipient_client_id, ...before } = head;
    return { ...before, data, eventid, recipientclientid, recipient_client_id };
  });
const spacing = fc.constantFrom(undefined, 1, "\t");

describe("an event that is scanned", () => {
  it("gives the rows that decoding gives, whatever stands in it", () => {
    let scannedOnes = 0;
    fc.assert(
      fc.property(event, spacing, fc.boolean(), (one, indent, enveloped) => {
        const whole = enveloped ? { position: "p:1", event: one } : one;
        const written = JSON.stringify(whole, null, indent);
        const scanned = scan(written);
        if (scanned === undefined) return;
        scannedOnes++;
        expectSame(written, scanned);
        expect(unwrapEvent(JSON.parse(written)).event).toEqual(JSON.parse(`${bodyOf(written, scanned)}`));
      }),
      { numRuns: 3_000 },
    );
    expect(scannedOnes).toBeGreaterThan(500);
  });

  it("is given up rather than read otherwise, when one byte of it is another", () => {
    fc.assert(
      fc.property(event, fc.nat(), fc.integer({ min: 32, max: 126 }), (one, place, code) => {
        const written = JSON.stringify(one);
        const at = place % written.length;
        const changed = written.slice(0, at) + String.fromCharCode(code) + written.slice(at + 1);
        const scanned = scan(changed);
        if (scanned !== undefined) expectSame(changed, scanned);
      }),
      { numRuns: 10_000 },
    );
  });

  it("is any that is written as Adobe documents it", () => {
    const entry = {
      requestId: "e3d92152-0fb8-4a44-8b7b-1f3a7b9a2c01",
      requestTime: "2026-11-22T01:02:03.004Z",
      clientId: "foo@marketo.com",
      correlationId: "nightly-2026-11-22/17",
      requestSource: "crm-sync",
      objectType: "customObject",
      objectName: "purchases",
      operation: "upsert",
      priority: "normal",
      records: { received: 100, created: 60, updated: 30, failed: { "1004": 7, "503": 0, "404": 3 } },
    };
    const scanned = scan(resultsText([entry, { ...entry, requestId: "another" }]));
    expect(scanned?.results.count).toBe(2);
    expectSame(resultsText([entry, { ...entry, requestId: "another" }]), scanned as ScannedEvent);
  });
});

it("leaves to the decoder what it decides: faults, repeated requests, fields that stand twice, escapes", () => {
  const entry = { requestId: "a", objectType: "person", records: { received: 1, created: 1 } };
  const left = [
    resultsText([entry, entry]),
    resultsText([{ ...entry, records: {} }]),
    resultsText([{ ...entry, records: { received: -1 } }]),
    resultsText([{ ...entry, records: { received: 4_294_967_296 } }]),
    resultsText([{ ...entry, requestId: "" }]),
    resultsText([{ ...entry, objectName: 'a"b' }]),
    resultsText([{ ...entry, requestTime: "2026-02-29T00:00:00Z" }]),
    resultsText([{ ...entry, requestTime: "1999-12-31T23:59:59Z" }]),
    resultsText([{ ...entry, clientId: "x".repeat(1_025) }]),
    resultsText([entry]).replace('"received":1', '"received":1,"received":2'),
    resultsText([entry]).replace("results", "metrics"),
    resultsText([entry]).replace("{", '{"detail":{},'),
    resultsText([entry]).replace("]}}", "],}}"),
    resultsText([entry]).slice(0, -1),
  ];
  for (const one of left) expect([one, scan(one)]).toEqual([one, undefined]);
});

it("tells which requests did nothing but fail, but for custom objects", () => {
  const records = { received: 2, failed: { "1003": 2 } };
  const requests = [
    { requestId: "a", objectType: "person", records },
    { requestId: "b", objectType: "customObject", records },
    { requestId: "c", objectType: "person", records: { ...records, created: 1 } },
    { requestId: "d", records },
  ];
  expect(scan(resultsText(requests))?.results.fruitless).toEqual(["a", "d"]);
});

it("writes any fact so that it is read back, with the columns that the other orders are made of", () => {
  fc.assert(
    fc.property(factSet({ base: Date.UTC(2026, 10, 22), requestId: "r-ö" }), (facts) => {
      const rows = new RowWriter(16);
      for (const fact of facts) encodeFact(fact, rows);
      const read = readRows(rows.written());
      expect(read.map(factOfRow)).toEqual(facts);
      expect(read.map(({ at, t0, instance }) => ({ at, t0, instance }))).toEqual(
        facts.map(({ at, t0, instance }) => ({ at, t0, instance })),
      );
    }),
  );
});

function resultsText(requests: readonly unknown[]): string {
  return JSON.stringify({
    id: "74eb4a53-6ab8-4b95-88d8-f21e2adc3950",
    specversion: "1.0",
    type: "com.adobe.platform.marketo.observability.results",
    source: "urn:data_ingestion_service",
    time: "2026-11-22T01:02:33.004Z",
    data: { munchkinId: "123-ABC-456", requests },
  });
}

function bodyOf(written: string, { from, until }: ScannedEvent): string {
  return Buffer.from(`  ${written}  `).toString("utf8", from, until);
}
