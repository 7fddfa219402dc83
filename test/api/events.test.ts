/** Events from relays and from the webhook reach the intake as they came. */
import { describe, expect, it } from "vitest";
import type { WebhookEndpoint } from "../../src/api/parts.ts";
import { After202Error } from "../../src/core/errors.ts";
import { ADMIN_KEY, startApi } from "./api-fixture.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

describe("POST /v1/events", () => {
  it.each([
    ["application/json", false],
    ["application/cloudevents+json", false],
    ["application/cloudevents-batch+json", false],
    ["application/x-ndjson", true],
    ["application/jsonl; charset=utf-8", true],
  ])("hands %s to the intake as it came", async (mediaType, lines) => {
    const api = await startApi();
    api.store.receiptFor = () => ({ read: 4, fresh: 2, duplicate: 1, dead: 1 });
    const { status, body } = await api.post("/v1/events", '{"id": 1 }\n{broken', {
      "content-type": mediaType,
    });
    expect([status, body]).toEqual([200, { read: 4, new: 2, duplicate: 1, dead: 1 }]);
    const [delivery] = api.store.deliveries;
    expect(delivery).toMatchObject({ path: "relay", source: "relay", lines, exact: false });
    expect(new Uint8Array(delivery?.payload as Uint8Array)).toEqual(bytes('{"id": 1 }\n{broken'));
  });

  it("replays exactly, and names the source that the header names", async () => {
    const api = await startApi();
    await api.post("/v1/events?replay=true", "{}");
    await api.post("/v1/events", "{}", { "x-after202-source": "eventbridge-eu.1" });
    expect(api.store.deliveries).toMatchObject([
      { path: "replay", source: "replay", exact: true },
      { path: "relay", source: "eventbridge-eu.1", exact: false },
    ]);
  });

  it("takes bytes that are not UTF-8: they are the intake's to judge", async () => {
    const api = await startApi();
    expect((await api.post("/v1/events", new Uint8Array([0xff, 0xfe]))).status).toBe(200);
    expect(new Uint8Array(api.store.deliveries[0]?.payload as Uint8Array)).toEqual(
      new Uint8Array([0xff, 0xfe]),
    );
  });

  it.each([
    ["an empty body", "", {}, 400, "INPUT_UNREADABLE"],
    ["an unusable source", "{}", { "x-after202-source": "a b" }, 400, "INPUT_INVALID"],
    ["another type", "{}", { "content-type": "text/plain" }, 415, "MEDIA_TYPE_UNSUPPORTED"],
    ["a compressed body", "{}", { "content-encoding": "br" }, 415, "MEDIA_TYPE_UNSUPPORTED"],
    ["too much", " ".repeat(16 * 1_048_576 + 1), {}, 413, "BODY_TOO_LARGE"],
  ])("refuses %s", async (_what, payload, headers, status, code) => {
    const api = await startApi();
    const answer = await api.post("/v1/events", payload, headers);
    expect([answer.status, answer.body.error.code]).toEqual([status, code]);
    expect(api.store.deliveries).toEqual([]);
  });

  it("does not acknowledge what is not stored", async () => {
    const api = await startApi();
    api.store.fault = new After202Error("BUFFER_FULL", "full");
    const { status, headers } = await api.post("/v1/events", "{}");
    expect([status, headers.get("retry-after")]).toEqual([503, "1"]);
  });
});

describe("/v1/events/adobe", () => {
  const seen: { headers: Record<string, unknown>; body: Uint8Array }[] = [];
  const webhook: WebhookEndpoint = {
    challenge: ({ challenge }) =>
      challenge === undefined ? undefined : { status: 200, body: challenge, contentType: "text/plain" },
    async receive(headers, body) {
      seen.push({ headers, body });
      if (headers["x-fault"] !== undefined) throw new After202Error("SIGNATURE_INVALID", "wrong");
      return { status: 200, headers: { "x-read": "1" }, body: { read: 1 } };
    },
  };
  const send = (url: string, init: RequestInit) =>
    fetch(`${url}/v1/events/adobe`, { method: "POST", ...init });

  it("answers the challenge without a key", async () => {
    const { url } = await startApi({ webhook });
    const response = await fetch(`${url}/v1/events/adobe?challenge=a%2Fb&other=1`);
    expect([response.status, await response.text()]).toEqual([200, "a/b"]);
    expect(response.headers.get("content-type")).toMatch(/^text\/plain/);
  });

  it("says so when there is no challenge", async () => {
    const api = await startApi({ webhook });
    const { status, body } = await api.call("/v1/events/adobe");
    expect([status, body.error.code]).toEqual([400, "INPUT_INVALID"]);
  });

  it.each(["application/json", "text/plain", "application/x-unheard-of", undefined])(
    "hands over the raw bytes and headers, whatever the type (%s)",
    async (mediaType) => {
      seen.length = 0;
      const { url } = await startApi({ webhook });
      const headers = mediaType === undefined ? {} : { "content-type": mediaType };
      const body = bytes('{ "spaces" :  "count" }\n');
      const response = await send(url, { body, headers: { ...headers, "x-adobe-digital-signature-1": "s" } });
      expect([response.status, await response.json(), response.headers.get("x-read")]).toEqual([
        200,
        { read: 1 },
        "1",
      ]);
      expect(new Uint8Array(seen[0]?.body ?? [])).toEqual(body);
      expect(seen[0]?.headers["x-adobe-digital-signature-1"]).toBe("s");
    },
  );

  it("answers what the endpoint throws, with its own status", async () => {
    const api = await startApi({ webhook });
    const { status, body } = await api.post("/v1/events/adobe", "{}", { "x-fault": "1" });
    expect([status, body.error.code]).toEqual([401, "SIGNATURE_INVALID"]);
  });

  it("takes 2 MB and a margin, and answers BODY_TOO_LARGE beyond", async () => {
    const { url } = await startApi({ webhook });
    expect((await send(url, { body: " ".repeat(2_500_000) })).status).toBe(200);
    expect((await send(url, { body: " ".repeat(2_700_000) })).status).toBe(413);
  });

  it("says how to turn it on when it is off", async () => {
    const api = await startApi();
    for (const answer of [
      await api.call("/v1/events/adobe?challenge=x"),
      await api.post("/v1/events/adobe", "{}"),
    ]) {
      expect([answer.status, answer.body.error.code]).toEqual([404, "ROUTE_UNKNOWN"]);
      expect(answer.body.error.message).toContain("ADOBE_WEBHOOK");
    }
  });

  it("keeps the key of a careless sender out of the log", async () => {
    const api = await startApi({ webhook });
    await api.post("/v1/events/adobe", "{}", { "x-fault": "1" });
    expect(api.log.join("")).not.toContain(ADMIN_KEY);
  });
});
