/** Events that Amazon EventBridge passes on, over its HTTP target, a queue or a file: each counts once, by its own id. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { DOCUMENTED_RESULTS } from "./documented-events.ts";
import { openService, type Service, IS_FIVE } from "./service.ts";
import type { EventReceipt } from "./service-api.ts";

let service: Service;
beforeAll(async () => {
  service = await openService("embedded");
});
afterAll(() => service.close());

function eventOf(name: string): { id: string } {
  const text = DOCUMENTED_RESULTS.replace("b6c1a7de-3c4f-4b21-8f0e-0a8f4e7d1c01", `event-${name}`);
  return JSON.parse(text.replace("e3d92152-0fc0-4a0c-9b05-1d2c6f2b7a11", `request-${name}`)) as {
    id: string;
  };
}

let envelopes = 0;
/** As EventBridge writes it; its own id is another on every delivery. */
function bridged(detail: unknown): unknown {
  return {
    version: "0",
    id: `delivery-${++envelopes}`,
    "detail-type": "com.adobe.platform.marketo.observability.results",
    source: "aws.partner/adobe.com/example",
    account: "123456789012",
    time: "2023-08-14T17:30:01Z",
    region: "eu-central-1",
    resources: [],
    detail,
  };
}

const post = async (body: unknown, type = "application/json") => {
  const answer = await service.api.post<EventReceipt>("/v1/events", body, type);
  expect(answer.status).toBe(200);
  return answer.body;
};
const stateOf = async (name: string) => (await service.api.lifecycle(`request-${name}`))?.state;

// of five processes another may be asked: it stores nothing twice, but calls new what it has not seen itself
it.skipIf(IS_FIVE)(
  "takes one event under `detail`, and knows it again under another envelope and without one",
  async () => {
    expect(await post(bridged(eventOf("one")))).toEqual({ read: 1, new: 1, duplicate: 0, dead: 0 });
    expect(await post(bridged(eventOf("one")))).toMatchObject({ new: 0, duplicate: 1 });
    expect(await post(eventOf("one"))).toMatchObject({ new: 0, duplicate: 1 });
    expect(await stateOf("one")).toBe("partially_failed");
  },
);

it.each<[string, (names: string[]) => [unknown, string?]]>([
  ["an array of envelopes", (names) => [names.map((name) => bridged(eventOf(name)))]],
  ["an envelope of an array", (names) => [bridged(names.map(eventOf))]],
  [
    "an envelope a line",
    (names) => [
      names.map((name) => JSON.stringify(bridged(eventOf(name)))).join("\n"),
      "application/x-ndjson",
    ],
  ],
  ["envelopes of Adobe's own within", (names) => [names.map((name) => bridged({ event: eventOf(name) }))]],
])("takes a batch as %s", async (what, batchOf) => {
  const names = Array.from({ length: 20 }, (_, n) => `${what.replaceAll(" ", "-")}-${n}`);
  expect(await post(...batchOf(names))).toEqual({ read: 20, new: 20, duplicate: 0, dead: 0 });
  for (const name of names) expect(await stateOf(name)).toBe("partially_failed");
});

it("files what is none of the stream's events with its reason, and the rest of its batch is read", async () => {
  const receipt = await post([bridged({ state: "running" }), bridged(eventOf("beside"))]);
  expect(receipt).toEqual({ read: 2, new: 1, duplicate: 0, dead: 1 });
  expect(await service.api.deadLetters()).toMatchObject([{ code: "EVENT_INVALID", path: "relay" }]);
  expect(await stateOf("beside")).toBe("partially_failed");
});
