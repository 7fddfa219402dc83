import { createVerify } from "node:crypto";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Simulator } from "../../src/simulator/simulator.ts";
import { accepted, persons, quiet, readJournal, simulate, until, type DecodedEvent } from "./client.ts";

interface Delivery {
  headers: IncomingHttpHeaders;
  body: string;
}

interface Receiver {
  url: string;
  deliveries: Delivery[];
  /** Statuses to answer with, before 200 for all the rest. */
  answers: number[];
}

/** A webhook of somebody's; `proof` is how it answers the handshake. */
async function receive(proof: "challenge" | "json" | "validation" | "none" = "challenge"): Promise<Receiver> {
  const receiver: Receiver = { url: "", deliveries: [], answers: [] };
  const server = createServer((request, response) => {
    const challenge = new URL(request.url ?? "", "http://any").searchParams.get("challenge");
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString();
      if (request.method === "GET") {
        if (proof === "challenge") response.end(challenge);
        else if (proof === "json") response.end(JSON.stringify({ challenge }));
        else response.writeHead(404).end();
      } else if (body.startsWith('{"validationUrl"')) {
        if (proof === "validation") void fetch((JSON.parse(body) as { validationUrl: string }).validationUrl);
        response.end();
      } else {
        receiver.deliveries.push({ headers: request.headers, body });
        response.writeHead(receiver.answers.shift() ?? 200).end();
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  return receiver;
}

async function verify(simulator: Simulator, { headers, body }: Delivery, index: 1 | 2): Promise<boolean> {
  const path = String(headers[`x-adobe-public-key${index}-path`]);
  expect(path).toMatch(/^\/prod\/keys\/pub-key-[0-9a-f-]{36}\.pem$/);
  const pem = await (await fetch(simulator.origin + path)).text();
  const signature = String(headers[`x-adobe-digital-signature-${index}`]);
  return createVerify("RSA-SHA256").update(body).verify(pem, signature, "base64");
}

const eventsOf = (delivery: Delivery): DecodedEvent[] => [JSON.parse(delivery.body) as DecodedEvent].flat();

describe("the webhook deliverer", () => {
  it.each([
    ["challenge", true],
    ["json", true],
    ["validation", true],
  ] as const)("delivers after the handshake by %s", async (proof, validated) => {
    const simulator = await simulate();
    const receiver = await receive(proof);
    expect(await simulator.registerWebhook({ url: receiver.url })).toBe(validated);
    await accepted(simulator, "/persons", { persons: persons("a@x.example") });
    await until(() => receiver.deliveries.length === 1);
    expect(eventsOf(receiver.deliveries[0] as Delivery)).toEqual(await readJournal(simulator));
  });

  it("delivers nothing to who does not prove himself within five minutes", async () => {
    const simulator = await simulate();
    const receiver = await receive("none");
    expect(await simulator.registerWebhook({ url: receiver.url })).toBe(false);
    await accepted(simulator, "/persons", { persons: persons("a@x.example") });
    await quiet(simulator);
    expect(receiver.deliveries).toEqual([]);
    expect(simulator.summary().webhooks).toMatchObject([{ state: "disabled" }]);
  });

  it("signs the raw body with both keys and names the event in its headers", async () => {
    const simulator = await simulate();
    const receiver = await receive();
    await simulator.registerWebhook({ url: receiver.url });
    await accepted(simulator, "/persons", { persons: persons("ä@x.example") });
    await until(() => receiver.deliveries.length === 1);
    const delivery = receiver.deliveries[0] as Delivery;
    expect([await verify(simulator, delivery, 1), await verify(simulator, delivery, 2)]).toEqual([
      true,
      true,
    ]);
    expect(await verify(simulator, { ...delivery, body: `${delivery.body} ` }, 1)).toBe(false);
    expect(delivery.headers).toMatchObject({
      "content-type": "application/json",
      "x-adobe-event-code": "com.adobe.platform.marketo.observability.results",
      "x-adobe-event-id": expect.stringMatching(/^[0-9a-f-]{36}$/),
      "x-adobe-provider": expect.any(String),
    });
    expect(delivery.headers["x-adobe-retry-count"]).toBeUndefined();
  });

  it("delivers batches of at most 20 events, signed as a whole", async () => {
    const simulator = await simulate({
      results: { maxRequestsPerEvent: 1 },
      webhook: { lingerMs: 60 * 60_000 },
    });
    const receiver = await receive();
    await simulator.registerWebhook({ url: receiver.url, batch: true });
    for (let index = 0; index < 45; index++) {
      await accepted(simulator, "/persons", { persons: persons(`${index}@x.example`) });
    }
    await quiet(simulator);
    const sizes = receiver.deliveries.map((delivery) => eventsOf(delivery).length);
    expect(sizes).toEqual([20, 20, 5]);
    expect(receiver.deliveries.every(({ body }) => body.startsWith("["))).toBe(true);
    expect(await verify(simulator, receiver.deliveries[0] as Delivery, 2)).toBe(true);
  });

  it("nests the event where a stream does so", async () => {
    const simulator = await simulate();
    const receiver = await receive();
    await simulator.registerWebhook({ url: receiver.url, envelope: "event.body" });
    await accepted(simulator, "/persons", { persons: persons("a@x.example") });
    await until(() => receiver.deliveries.length === 1);
    const [event] = await readJournal(simulator);
    expect(JSON.parse(receiver.deliveries[0]?.body ?? "")).toMatchObject({ event: { body: event } });
  });

  it("retries what failed with 429 or 5xx, counting in the header, and drops it after another 4xx", async () => {
    const simulator = await simulate();
    const receiver = await receive();
    receiver.answers.push(503, 429, 500, 200);
    await simulator.registerWebhook({ url: receiver.url });
    await accepted(simulator, "/persons", { persons: persons("a@x.example") });
    await until(() => receiver.deliveries.length === 4);
    await quiet(simulator);
    expect(receiver.deliveries.map(({ headers }) => headers["x-adobe-retry-count"])).toEqual([
      undefined,
      "1",
      "2",
      "3",
    ]);
    expect(new Set(receiver.deliveries.map(({ body }) => body)).size).toBe(1);

    receiver.answers.push(400, 505);
    await accepted(simulator, "/persons", { persons: persons("b@x.example") });
    await quiet(simulator);
    await accepted(simulator, "/persons", { persons: persons("c@x.example") });
    await quiet(simulator);
    expect(receiver.deliveries).toHaveLength(6);
    expect(simulator.summary().webhooks).toMatchObject([{ delivered: 1, retried: 3, dropped: 2 }]);
  });

  it("gives up after a day of retries", async () => {
    const simulator = await simulate({ speed: 60_000 });
    const receiver = await receive();
    receiver.answers.push(...Array<number>(1_000).fill(503));
    await simulator.registerWebhook({ url: receiver.url });
    await accepted(simulator, "/persons", { persons: persons("a@x.example") });
    await quiet(simulator);
    expect(simulator.summary().webhooks).toMatchObject([{ delivered: 0, dropped: 1 }]);
    expect(receiver.deliveries.length).toBeGreaterThan(20);
  });

  it("disables a registration that keeps failing, if so configured, while the journal goes on", async () => {
    const simulator = await simulate({
      webhook: { disableFailing: true },
      results: { maxRequestsPerEvent: 1 },
    });
    const receiver = await receive();
    receiver.answers.push(...Array<number>(1_000).fill(500));
    await simulator.registerWebhook({ url: receiver.url });
    for (let index = 0; index < 12; index++) {
      await accepted(simulator, "/persons", { persons: persons(`${index}@x.example`) });
    }
    await until(() => simulator.summary().webhooks[0]?.state === "disabled");
    await quiet(simulator);
    expect(await readJournal(simulator)).toHaveLength(12);
  });
});
