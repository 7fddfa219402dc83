import { expect, it } from "vitest";
import type { Delivery } from "../../src/core/ports.ts";
import { deadLetterOf } from "../../src/pipeline/dead-letter.ts";
import { openPipeline } from "../../src/pipeline/pipeline.ts";
import { MemoryStore } from "./memory-store.ts";
import { journalPage, resultsEvent } from "./sample-events.ts";
import { fastClock, listLogger } from "./test-clock.ts";

async function ingest(store: MemoryStore, delivery: Omit<Delivery, "source">) {
  const pipeline = openPipeline({ store, clock: fastClock(), logger: listLogger() });
  return pipeline.accept({ source: "test", ...delivery });
}

const letters = (store: MemoryStore) => [...store.deadLetters.values()];

/** The documented sample of a status event: its trailing comma is the vendor's. */
const DOCUMENTED_STATUS = `{"id":"s1","specversion":"1.0","type":"com.adobe.platform.marketo.observability.status","source":"urn:data_ingestion_service","time":"2023-08-14T17:30:00Z","data":{"munchkinId":"123-ABC-456","quota":100000,"queue":{"high":{"lagSeconds":1,"requestBacklog":2,"recordBacklog":3},"normal":{"lagSeconds":4,"requestBacklog":5,"recordBacklog":6},}}}`;
const DOCUMENTED_METRICS = `{"id":"m1","specversion":"1.0","type":"com.adobe.platform.marketo.observability.metrics","source":"urn:data_ingestion_service","time":"2023-08-14T18:00:00Z","data":{"munchkinId":"123-ABC-456","windowStart":"2023-08-14T17:00:00Z","requests":{"received":10,"processed":8,"rejected":{"606":2}},"records":{"person":{"high":{"received":100,"created":90,"updated":5,"failed":{"503":5}}}}}}`;

it("counts a file of good, repeated and broken lines exactly, and keeps each broken one with its reason", async () => {
  const store = new MemoryStore();
  const good = Array.from({ length: 3_000 }, (_, n) => Buffer.from(JSON.stringify(resultsEvent(`e${n}`))));
  const broken = Array.from({ length: 1_000 }, (_, n) => brokenLine(n));
  const lines: Buffer[] = [];
  for (const [n, line] of good.entries()) {
    lines.push(line);
    const bad = broken[n];
    if (bad !== undefined) lines.push(bad);
  }
  lines.push(
    Buffer.from(DOCUMENTED_STATUS),
    Buffer.from(DOCUMENTED_METRICS),
    Buffer.from("  "),
    Buffer.from(""),
  );
  lines.push(...good.slice(0, 7), broken[0] ?? Buffer.alloc(0));
  const payload = Buffer.concat(lines.flatMap((line) => [line, Buffer.from("\r\n")]));
  expect(await ingest(store, { path: "replay", payload, lines: true })).toEqual({
    read: 3_000 + 1_000 + 2 + 7 + 1,
    fresh: 3_002,
    duplicate: 7,
    dead: 1_001,
  });
  expect(store.facts.size).toBe(3_000);
  expect([store.statuses.length, store.metrics.length]).toEqual([2, 2]);
  expect(store.deadLetters.size).toBe(1_000);
  const byCode: Record<string, number> = {};
  for (const { code } of letters(store)) byCode[code] = (byCode[code] ?? 0) + 1;
  expect(byCode).toEqual({
    EVENT_UNREADABLE: 200,
    EVENT_INVALID: 400,
    EVENT_NOT_UTF8: 200,
    EVENT_TYPE_UNKNOWN: 200,
  });
  expect(letters(store).every(({ reason }) => /^line \d+: ./.test(reason))).toBe(true);
});

/** Cut JSON, wrong types, huge numbers, invalid UTF-8, unknown types, in turn. */
function brokenLine(n: number): Buffer {
  const event = resultsEvent(`broken-${n}`);
  const text = JSON.stringify(event);
  if (n % 5 === 0) return Buffer.from(text.slice(0, 60 + (n % 300)));
  if (n % 5 === 1) return Buffer.from(JSON.stringify({ ...event, data: { requests: [{ requestId: n }] } }));
  if (n % 5 === 2) return Buffer.from(text.replace('"created":5', '"created":1e400'));
  if (n % 5 === 3)
    return Buffer.concat([Buffer.from(text.slice(0, 20)), Buffer.from([0xff, 0xc3]), Buffer.from(text)]);
  return Buffer.from(JSON.stringify({ ...event, type: "com.adobe.platform.marketo.observability.gossip" }));
}

it("names the line and the place of a fault", async () => {
  const store = new MemoryStore();
  const event = resultsEvent("e1", { requestId: "r1" }, { requestId: "r2", created: -1 });
  await ingest(store, { path: "replay", payload: `\n${JSON.stringify(event)}\n`, lines: true });
  expect(letters(store)[0]).toMatchObject({
    code: "EVENT_INVALID",
    eventId: "e1",
    body: JSON.stringify(event),
  });
  expect(letters(store)[0]?.reason).toMatch(/^line 2: data\.requests\[1\]\.records\.created: /);
});

it("makes facts of the good entries of an event that has a broken one, and takes a mended redrive for new", async () => {
  const store = new MemoryStore();
  const pipeline = openPipeline({ store, clock: fastClock(), logger: listLogger() });
  const broken = resultsEvent("e1", { requestId: "r1" }, { requestId: "r2", created: -1 });
  const deliver = (event: object) =>
    pipeline.accept({ path: "relay", source: "r", payload: JSON.stringify(event) });
  expect(await deliver(broken)).toEqual({ read: 1, fresh: 0, duplicate: 0, dead: 1 });
  expect([...store.facts.values()].map(({ requestId }) => requestId)).toEqual(["r1"]);
  expect(await deliver(resultsEvent("e1", { requestId: "r1" }, { requestId: "r2" }))).toMatchObject({
    fresh: 1,
  });
  expect(store.facts.size).toBe(2);
});

it("makes one dead letter of the same broken event, in whatever envelope and however often it comes", async () => {
  const store = new MemoryStore();
  const broken = { ...resultsEvent("e1"), time: "yesterday" };
  await ingest(store, { path: "journal", payload: journalPage([broken, broken]) });
  await ingest(store, {
    path: "webhook",
    payload: JSON.stringify({ recipientclientid: "me", event: broken }),
  });
  await ingest(store, { path: "webhook", payload: JSON.stringify(broken, null, 2) });
  expect(store.deadLetters.size).toBe(1);
});

it("puts a page that is not JSON whole into dead letters", async () => {
  const store = new MemoryStore();
  const payload = journalPage([resultsEvent("e1")]).slice(0, -9);
  expect(await ingest(store, { path: "journal", payload })).toEqual({
    read: 1,
    fresh: 0,
    duplicate: 0,
    dead: 1,
  });
  expect(letters(store)[0]).toMatchObject({ code: "PAGE_UNREADABLE", body: payload, encoding: "utf-8" });
});

it("loses of a page with broken bytes only the events that hold them", async () => {
  const store = new MemoryStore();
  const [before, after] = journalPage([resultsEvent("e1"), resultsEvent("e2", { requestId: "XX" })]).split(
    "XX",
  );
  const payload = Buffer.concat([Buffer.from(before ?? ""), Buffer.from([0xff]), Buffer.from(after ?? "")]);
  expect(await ingest(store, { path: "journal", payload })).toEqual({
    read: 2,
    fresh: 1,
    duplicate: 0,
    dead: 1,
  });
  expect(letters(store)[0]).toMatchObject({ code: "EVENT_NOT_UTF8" });
  expect(letters(store)[0]?.reason).toContain("events[1]");
});

it("keeps bytes that are no text in base64", async () => {
  const store = new MemoryStore();
  const payload = Buffer.from([0x7b, 0xff, 0xfe, 0x7d]);
  await ingest(store, { path: "webhook", payload });
  const [letter] = letters(store);
  expect(letter).toMatchObject({ code: "EVENT_NOT_UTF8", encoding: "base64" });
  expect(Buffer.from(letter?.body ?? "", "base64")).toEqual(payload);
});

it("refuses a line that is longer than an event can be, and reads the next", async () => {
  const store = new MemoryStore();
  const long = JSON.stringify({ ...resultsEvent("long"), padding: "x".repeat(2 * 1024 * 1024) });
  const payload = `${long}\n${JSON.stringify(resultsEvent("e1"))}`;
  expect(await ingest(store, { path: "replay", payload, lines: true })).toMatchObject({ fresh: 1, dead: 1 });
  expect(letters(store)[0]?.code).toBe("EVENT_TOO_LARGE");
});

it("cuts a body that is too long, not through a character, and says so", () => {
  const input = { code: "PAGE_UNREADABLE", reason: "Not JSON.", eventId: "", body: "ääää" } as const;
  const letter = deadLetterOf(input, { path: "journal", source: "j", at: 0 }, 5);
  expect(letter.body).toBe("ää");
  expect(letter.reason).toContain("5 of 8 bytes");
});

it("takes nothing of a batch in which one event is meant for another recipient", async () => {
  const store = new MemoryStore();
  const mine = { ...resultsEvent("e1"), recipientclientid: "me" };
  const other = { ...resultsEvent("e2"), recipient_client_id: "somebody" };
  const delivery = {
    path: "webhook",
    payload: JSON.stringify([mine, other]),
    recipientClientId: "me",
  } as const;
  await expect(ingest(store, delivery)).rejects.toMatchObject({ code: "RECIPIENT_MISMATCH" });
  expect(store.attempts).toBe(0);
  expect(await ingest(store, { ...delivery, payload: JSON.stringify([mine]) })).toMatchObject({ fresh: 1 });
});
