import { describe, expect, it } from "vitest";
import { listEnvelopes } from "../../src/core/envelope.ts";
import { parseJson } from "../../src/core/json.ts";
import { decodeEvent } from "../../src/core/mods-event.ts";
import { METRICS_EVENT, requestEntry, resultsEvent, STATUS_EVENT, T0 } from "./events.ts";
import { counts } from "../counts.ts";
import { NO_COUNTS } from "../../src/core/record-counts.ts";

describe("a results event", () => {
  it("becomes one fact a request, with its counts and times", () => {
    const { facts, faults } = decodeEvent(resultsEvent("e1", [requestEntry("r1"), requestEntry("r2")]));
    expect(faults).toEqual([]);
    expect(facts.map((fact) => fact.requestId)).toEqual(["r1", "r2"]);
    expect(facts[0]).toMatchObject({
      kind: "result",
      instance: "123-ABC-456",
      received: 100,
      created: 90,
      updated: 5,
      failed: counts({ "503": 5 }),
      t0: Date.parse(T0),
      correlationId: "nightly/1",
    });
  });

  it("gives the same identity whenever and wherever it arrives, and another one to each entry", () => {
    const event = resultsEvent("e1", [requestEntry("r1"), requestEntry("r1"), requestEntry("r2")]);
    const ids = (decoded: ReturnType<typeof decodeEvent>): string[] =>
      decoded.facts.map((fact) => fact.factId);
    expect(ids(decodeEvent({ event_id: "outer", event }))).toEqual(ids(decodeEvent(event)));
    expect(new Set(ids(decodeEvent(event))).size).toBe(3);
  });

  it("tolerates unknown fields, object types and codes, and missing counts", () => {
    const entry = requestEntry("r1", {
      objectType: "somethingNew",
      surprise: [1],
      records: { received: 3, failed: { "77777": 2 }, extra: true },
    });
    const { facts, faults } = decodeEvent({ ...resultsEvent("e1", [entry]), other: {} });
    expect(faults).toEqual([]);
    expect(facts[0]).toMatchObject({
      objectType: "somethingNew",
      created: 0,
      updated: 0,
      failed: counts({ "77777": 2 }),
    });
  });

  it("takes the event's own time where the request's is missing", () => {
    const { facts } = decodeEvent(resultsEvent("e1", [requestEntry("r1", { requestTime: undefined })]));
    expect(facts[0]).toMatchObject({ t0: Date.parse("2026-11-22T12:01:00Z"), t0Rank: 4 });
  });

  it("keeps its good entries when others are broken, and names the place of each fault", () => {
    const { facts, faults } = decodeEvent(
      resultsEvent("e1", [
        requestEntry("r1"),
        requestEntry("r2", { records: { received: 1, created: -1 } }),
        requestEntry("r3", { records: { received: 1e30 } }),
        requestEntry("", {}),
        "nothing",
        requestEntry("r4", { records: { received: "12" } }),
        requestEntry("r5", { requestTime: "yesterday" }),
        requestEntry("r6", { records: {} }),
        requestEntry("r7"),
      ]),
    );
    expect(facts.map((fact) => fact.requestId)).toEqual(["r1", "r7"]);
    expect(faults.map((fault) => fault.code)).toEqual(Array.from({ length: 7 }, () => "EVENT_INVALID"));
    expect(faults[0]?.message).toContain("data.requests[1].records.created");
  });

  it.each([
    ["no id", { ...resultsEvent("", []) }, "EVENT_INVALID"],
    ["no time", { ...resultsEvent("e1", []), time: undefined }, "EVENT_INVALID"],
    [
      "a time in another century",
      { ...resultsEvent("e1", []), time: "1826-01-01T00:00:00Z" },
      "EVENT_INVALID",
    ],
    ["requests that are no array", { ...resultsEvent("e1", []), data: { requests: {} } }, "EVENT_INVALID"],
    ["an unknown type", { ...resultsEvent("e1", []), type: "com.adobe.asset.created" }, "EVENT_TYPE_UNKNOWN"],
    ["no object at all", 7, "EVENT_INVALID"],
  ])("is a fault with %s", (_, event, code) => {
    const { facts, faults } = decodeEvent(event);
    expect(facts).toEqual([]);
    expect(faults.map((fault) => fault.code)).toEqual([code]);
  });
});

describe("the other two types", () => {
  it("gives a metrics event as rows by object type and priority, and one for requests", () => {
    const { metrics, faults } = decodeEvent(METRICS_EVENT);
    expect(faults).toEqual([]);
    expect(
      metrics.map((one) => [one.objectType, one.priority, one.received, one.created, one.failed]),
    ).toEqual([
      ["", "", 10, 9, counts({ "606": 1 })],
      ["person", "high", 5, 4, NO_COUNTS],
      ["person", "normal", 7, 6, counts({ "503": 1 })],
      ["customObject", "normal", 3, 0, NO_COUNTS],
    ]);
    expect(metrics[0]).toMatchObject({ windowStart: Date.parse("2026-11-22T12:00:00Z") });
  });

  it("gives a status event as rows by queue, with the quota", () => {
    const { statuses } = decodeEvent(STATUS_EVENT);
    expect(statuses.map((one) => [one.priority, one.lagSeconds, one.recordBacklog, one.quota])).toEqual([
      ["high", 0, 0, 9_500_000],
      ["normal", 90, 3_400, 9_500_000],
    ]);
  });
});

describe("envelopes", () => {
  const event = resultsEvent("e1", [requestEntry("r1")]);
  it.each([
    ["bare", event],
    ["of a journal", { position: "p", event }],
    ["with a body", { event: { body: event } }],
    ["of EventBridge", { id: "bridge", source: "aws.partner/adobe", "detail-type": "x", detail: event }],
    ["with Adobe's ids", { ...event, eventid: "other", recipientclientid: "client-1" }],
  ])("%s is unwrapped to the same event", (_, envelope) => {
    expect(decodeEvent(envelope).facts.map((fact) => fact.factId)).toEqual(
      decodeEvent(event).facts.map((fact) => fact.factId),
    );
  });

  it("tells the recipient by either name, at any level", () => {
    expect(decodeEvent({ ...event, recipientclientid: "a" }).recipientClientId).toBe("a");
    expect(decodeEvent({ recipient_client_id: "b", event }).recipientClientId).toBe("b");
    expect(decodeEvent(event).recipientClientId).toBeUndefined();
  });

  it("takes the outer id for an event that lacks its own", () => {
    const { id: _, ...nameless } = event;
    expect(decodeEvent({ eventid: "outer", event: nameless }).eventId).toBe("outer");
  });

  it("lists pages, batches and single events alike", () => {
    expect(listEnvelopes({ events: [{ event }, { event }], _page: {} })).toHaveLength(2);
    expect(listEnvelopes([event])).toHaveLength(1);
    expect(listEnvelopes(event)).toEqual([event]);
  });
});

describe("reading JSON", () => {
  it("forgives trailing commas outside of texts, as the documented status sample has one", () => {
    expect(parseJson('{"a":[1,2,],"b":"x,}",}')).toEqual({ a: [1, 2], b: "x,}" });
  });

  it("names the code for what cannot be read", () => {
    expect(() => parseJson('{"a":')).toThrow(expect.objectContaining({ code: "EVENT_UNREADABLE" }));
  });
});
