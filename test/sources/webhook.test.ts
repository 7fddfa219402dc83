import { createSign, generateKeyPairSync, type KeyObject } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { After202Error } from "../../src/core/errors.ts";
import { openPipeline, type Pipeline } from "../../src/pipeline/pipeline.ts";
import { createWebhookSource, type WebhookOptions, type WebhookSource } from "../../src/sources/webhook.ts";
import { MemoryStore, storeAway } from "../pipeline/memory-store.ts";
import { resultsEvent } from "../pipeline/sample-events.ts";
import { HandClock, fastClock, listLogger, until } from "../pipeline/test-clock.ts";

interface Pair {
  readonly privateKey: KeyObject;
  readonly pem: string;
}

let pairs: Pair[];
let keyServer: Server;
let origin: string;
/** What the key server serves, by path, and what it was asked. */
let files: Map<string, string>;
let asked: string[];
let store: MemoryStore;
let pipeline: Pipeline;
let clock: HandClock;

beforeAll(() => {
  pairs = [1, 2, 3].map(() => {
    const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2_048 });
    return { privateKey, pem: publicKey.export({ type: "spki", format: "pem" }).toString() };
  });
});

beforeEach(async () => {
  asked = [];
  files = new Map(pairs.map(({ pem }, index) => [pathOf(index + 1), pem]));
  keyServer = createServer((request, response) => {
    asked.push(request.url ?? "");
    const file = files.get(request.url ?? "");
    if (file?.startsWith("http") === true) response.writeHead(302, { location: file }).end();
    else response.writeHead(file === undefined ? 404 : 200).end(file);
  });
  await new Promise<void>((resolve) => keyServer.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(keyServer.address() as AddressInfo).port}`;
  store = new MemoryStore();
  pipeline = openPipeline({ store, clock: fastClock(), logger: listLogger(), limits: { maxAgeMs: 1 } });
  clock = new HandClock();
});

afterEach(async () => {
  keyServer.closeAllConnections();
  await new Promise((resolve) => keyServer.close(resolve));
});

const pathOf = (n: number): string => `/prod/keys/pub-key-${n}.pem`;

function open(options: Partial<WebhookOptions> = {}): WebhookSource {
  return createWebhookSource({
    name: "webhook",
    intake: pipeline,
    clock,
    logger: listLogger(),
    clientId: "me",
    signatureRequired: true,
    publicKeyOrigin: origin,
    ...options,
  });
}

function bodyOf(...ids: string[]): Buffer {
  const events = ids.map((id) => ({ ...resultsEvent(id), recipientclientid: "me" }));
  return Buffer.from(JSON.stringify(events.length === 1 ? events[0] : events));
}

/** Signed by the pairs of these numbers, the first as signature 1, the second as signature 2. */
function signed(body: Buffer, ...by: readonly number[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [index, number] of by.entries()) {
    const pair = pairs[number - 1];
    if (pair === undefined) continue;
    const signature = createSign("RSA-SHA256").update(body).sign(pair.privateKey, "base64");
    headers[`x-adobe-digital-signature-${index + 1}`] = signature;
    headers[`x-adobe-public-key${index + 1}-path`] = pathOf(number);
  }
  return headers;
}

const codeOf = ({ body }: { body: string }): unknown =>
  (JSON.parse(body) as { error: { code: string } }).error.code;

describe("signatures", () => {
  it("takes a delivery that both keys signed, single or batch, and answers with what became of it", async () => {
    const webhook = open();
    const single = await webhook.receive(signed(bodyOf("a"), 1, 2), bodyOf("a"));
    expect(single).toMatchObject({ status: 200, body: '{"read":1,"fresh":1,"duplicate":0,"dead":0}' });
    const batch = bodyOf("a", "b", "c");
    expect((await webhook.receive(signed(batch, 1, 2), batch)).body).toContain('"fresh":2,"duplicate":1');
    expect(webhook.status()).toMatchObject({ state: "reading", fault: null, lastReadAt: clock.now() });
    expect(store.facts.size).toBe(3);
  });

  it("is content with one valid signature of the two, while keys are being rotated", async () => {
    const body = bodyOf("a");
    const wrongFirst = {
      ...signed(body, 1, 2),
      "x-adobe-digital-signature-1": signed(body, 3)["x-adobe-digital-signature-1"],
    };
    expect((await open().receive(wrongFirst, body)).status).toBe(200);
    const wrongSecond = { ...signed(body, 1, 2), "x-adobe-digital-signature-2": "bm90IGEgc2lnbmF0dXJl" };
    expect((await open().receive(wrongSecond, body)).status).toBe(200);
    expect((await open().receive(signed(body, 3), body)).status).toBe(200);
  });

  it("is content with one key that loads", async () => {
    files.delete(pathOf(1));
    expect((await open().receive(signed(bodyOf("a"), 1, 2), bodyOf("a"))).status).toBe(200);
  });

  it("answers 401 to a body that was changed, to no signature, and to foreign ones; nothing is stored", async () => {
    const webhook = open();
    const body = bodyOf("a");
    const changed = Buffer.concat([body, Buffer.from(" ")]);
    const swapped = {
      ...signed(body, 1, 2),
      "x-adobe-public-key1-path": pathOf(3),
      "x-adobe-public-key2-path": pathOf(3),
    };
    const twice = { ...signed(body, 1), "x-adobe-digital-signature-1": ["a", "b"] };
    for (const [headers, sent] of [
      [signed(body, 1, 2), changed],
      [{}, body],
      [swapped, body],
      [twice, body],
    ] as const) {
      const answer = await webhook.receive(headers, sent);
      expect([answer.status, codeOf(answer)]).toEqual([401, "SIGNATURE_INVALID"]);
    }
    expect(store.attempts).toBe(0);
  });

  it("never asks for a key anywhere but at its origin, in the documented place", async () => {
    const body = bodyOf("a");
    const attacks = [
      "@evil.example/k.pem",
      "//evil.example/prod/keys/k.pem",
      "https://evil.example/prod/keys/k.pem",
      "/prod/keys/../../k.pem",
      "/prod/keys/a/b.pem",
      "/prod/keys/k.pem?x=1",
      "/prod/keys/%2e%2e/k.pem",
      "/other/keys/k.pem",
      ".evil.example/prod/keys/k.pem",
    ];
    for (const path of attacks) {
      const headers = { ...signed(body, 1), "x-adobe-public-key1-path": path };
      const answer = await open().receive(headers, body);
      expect([path, answer.status]).toEqual([path, 401]);
    }
    expect(asked).toEqual([]);
  });

  it("does not follow a redirect of the key's origin, and takes no key that is weak or none", async () => {
    const weak = generateKeyPairSync("rsa", { modulusLength: 1_024 });
    const body = bodyOf("a");
    const bad = [
      `${origin}${pathOf(1)}`,
      weak.publicKey.export({ type: "spki", format: "pem" }).toString(),
      generateKeyPairSync("ed25519").publicKey.export({ type: "spki", format: "pem" }).toString(),
      pairs[0]?.privateKey.export({ type: "pkcs8", format: "pem" }).toString() ?? "",
      "nonsense",
    ];
    for (const file of bad) {
      files.set(pathOf(2), file);
      const headers = { ...signed(body, 1), "x-adobe-public-key1-path": pathOf(2) };
      const answer = await open().receive(headers, body);
      expect([answer.status, codeOf(answer)]).toEqual([503, "SIGNATURE_KEY_UNAVAILABLE"]);
    }
  });

  it("caches keys for a day, and loads each once however many deliveries wait for it", async () => {
    const webhook = open();
    const receive = async (id: string) =>
      (await webhook.receive(signed(bodyOf(id), 1, 2), bodyOf(id))).status;
    expect(await Promise.all([receive("a"), receive("b"), receive("c")])).toEqual([200, 200, 200]);
    clock.advance(23 * 60 * 60_000);
    await receive("d");
    expect(asked.length).toBe(2);
    clock.advance(60 * 60_000);
    await receive("e");
    expect(asked.length).toBe(4);
  });

  it("answers 503 while no key can be loaded, so that Adobe sends it again, and then takes it", async () => {
    files.clear();
    const webhook = open();
    const receive = () => webhook.receive(signed(bodyOf("a"), 1, 2), bodyOf("a"));
    const answer = await receive();
    expect([answer.status, codeOf(answer)]).toEqual([503, "SIGNATURE_KEY_UNAVAILABLE"]);
    expect(answer.headers["retry-after"]).toBe("5");
    await receive();
    expect(asked.length).toBe(2);
    expect(webhook.status().fault).not.toBe(null);
    for (const [index, { pem }] of pairs.entries()) files.set(pathOf(index + 1), pem);
    clock.advance(10_000);
    expect((await receive()).status).toBe(200);
    expect(webhook.status().fault).toBe(null);
  });
});

describe("deliveries", () => {
  it("answers 403 to a batch with an event for somebody else, and stores nothing of it", async () => {
    const events = [
      { ...resultsEvent("a"), recipientclientid: "me" },
      { ...resultsEvent("b"), recipient_client_id: "you" },
    ];
    const body = Buffer.from(JSON.stringify(events));
    const answer = await open().receive(signed(body, 1, 2), body);
    expect([answer.status, codeOf(answer)]).toEqual([403, "RECIPIENT_MISMATCH"]);
    expect(store.attempts).toBe(0);
  });

  it("answers 2xx only after the rows are stored", async () => {
    store.hold();
    let answered = false;
    const answer = open()
      .receive(signed(bodyOf("a"), 1, 2), bodyOf("a"))
      .finally(() => (answered = true));
    await until(() => store.running === 1);
    await new Promise((resolve) => setImmediate(resolve));
    expect(answered).toBe(false);
    store.letGo();
    expect((await answer).status).toBe(200);
  });

  it("answers 503 with Retry-After while the store is away, the buffer is full, or the service stops", async () => {
    store.away = storeAway();
    const body = bodyOf("a");
    const answers = [await open().receive(signed(body, 1, 2), body)];
    for (const code of ["BUFFER_FULL", "SHUTTING_DOWN"] as const) {
      const intake = { accept: () => Promise.reject(new After202Error(code, "not now")) };
      answers.push(await open({ intake }).receive(signed(body, 1, 2), body));
    }
    expect(answers.map((answer) => [answer.status, codeOf(answer), answer.headers["retry-after"]])).toEqual([
      [503, "STORE_UNAVAILABLE", "5"],
      [503, "BUFFER_FULL", "5"],
      [503, "SHUTTING_DOWN", "5"],
    ]);
  });

  it("answers 503 before Adobe hangs up on a slow store; what is stored after all is a duplicate then", async () => {
    store.hold();
    const webhook = open();
    const body = bodyOf("a");
    const answer = webhook.receive(signed(body, 1, 2), body);
    await until(() => store.running === 1);
    clock.advance(8_000);
    expect((await answer).status).toBe(503);
    store.letGo();
    await until(() => store.events.size === 1);
    await pipeline.drain();
    expect(store.facts.size).toBe(1);
  });

  it("keeps a signed body that is no JSON as a dead letter and answers 200, for Adobe would drop it", async () => {
    const body = Buffer.from('[{"id":"a","da');
    expect((await open().receive(signed(body, 1, 2), body)).status).toBe(200);
    expect([...store.deadLetters.values()].map(({ code, path }) => [code, path])).toEqual([
      ["PAGE_UNREADABLE", "webhook"],
    ]);
    expect((await open().receive({}, body)).status).toBe(401);
  });

  it("takes unsigned deliveries only where no signature is required", async () => {
    expect((await open({ signatureRequired: false }).receive({}, bodyOf("a"))).status).toBe(200);
  });

  it("answers 500 to a fault of its own, which Adobe sends again", async () => {
    const intake = { accept: () => Promise.reject(new TypeError("oops")) };
    const answer = await open({ intake, signatureRequired: false }).receive({}, bodyOf("a"));
    expect([answer.status, codeOf(answer)]).toEqual([500, "INTERNAL"]);
    expect(answer.body).not.toContain("oops");
  });
});

describe("registration", () => {
  it("answers the challenge in plain text, and nothing that could be another header or a page", () => {
    expect(open().challenge({ challenge: "8ec8d794-e0ab-42df" })).toMatchObject({
      status: 200,
      headers: { "content-type": "text/plain; charset=utf-8" },
      body: "8ec8d794-e0ab-42df",
    });
    for (const challenge of [undefined, "", ["a"], "a\nb", "x".repeat(600)]) {
      expect(open().challenge({ challenge }).status).toBe(400);
    }
  });

  it("proves itself by asking for the validation URL, only at the documented host", async () => {
    files.set("/validate?id=1", "ok");
    const post = (validationUrl: string, webhook: WebhookSource) =>
      webhook.receive({}, Buffer.from(JSON.stringify({ validationUrl })));
    const known = open({ validationOrigin: origin });
    expect((await post(`${origin}/validate?id=1`, known)).status).toBe(200);
    expect(asked).toEqual(["/validate?id=1"]);
    const refusals = [
      `${origin}/validate?id=1`,
      "http://csm.adobe.io/validate",
      "https://csm.adobe.io.evil.example/",
      "https://csm.adobe.io:8443/",
      "https://csm.adobe.io@evil.example/",
      "https://evil@csm.adobe.io/",
      "file:///etc/passwd",
      "no url",
    ];
    for (const url of refusals) {
      const answer = await post(url, open());
      expect([url, answer.status, codeOf(answer)]).toEqual([url, 400, "VALIDATION_URL_REFUSED"]);
    }
    expect(asked.length).toBe(1);
  });

  it("follows no redirect of the validation URL, and says when it failed", async () => {
    files.set("/validate", `${origin}/elsewhere`);
    const body = Buffer.from(JSON.stringify({ validationUrl: `${origin}/validate` }));
    const answer = await open({ validationOrigin: origin }).receive({}, body);
    expect([answer.status, codeOf(answer)]).toEqual([502, "VALIDATION_FAILED"]);
    expect(asked).toEqual(["/validate"]);
  });

  it("takes an event that merely mentions a validation URL for an event", async () => {
    const body = Buffer.from(JSON.stringify({ ...resultsEvent("a"), validationUrl: `${origin}/x` }));
    expect(
      (await open({ signatureRequired: false, validationOrigin: origin }).receive({}, body)).status,
    ).toBe(200);
    expect(asked).toEqual([]);
    expect(store.facts.size).toBe(1);
  });
});
