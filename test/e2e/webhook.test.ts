import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openSimulator, type Simulator } from "../../src/simulator/simulator.ts";
import { accepted, persons } from "../simulator/client.ts";
import { openService, QUIET, type Service, type ServiceStore, IS_FIVE } from "./service.ts";
import { outcomeOf, outcomeOfTruth } from "./truth-check.ts";
import { until } from "./until.ts";

/** Adobe's first redelivery, after a minute, comes after 0.2 s. */
const SPEED = 300;
const PATH = "/v1/events/adobe";

let simulator: Simulator;
let service: Service | undefined;
const servers: Server[] = [];

beforeEach(async () => {
  simulator = await openSimulator({
    speed: SPEED,
    seed: 3,
    results: { maxRequestsPerEvent: 2 },
    observability: { metricsMs: 0, statusMs: 0 },
  });
});
afterEach(async () => {
  await simulator.close();
  await service?.close();
  service = undefined;
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A service that has the webhook and nothing else to hear the stream by. */
async function open(store: ServiceStore = "embedded", validationOrigin?: string): Promise<Service> {
  const env = {
    ...QUIET,
    LOG_LEVEL: "silent",
    RETRY_SPEED: String(SPEED),
    ADOBE_WEBHOOK: "on",
    ADOBE_PUBLIC_KEY_ORIGIN: simulator.origin,
  };
  service = await openService(store, env, validationOrigin === undefined ? {} : { validationOrigin });
  return service;
}

/** Has the simulator accept so many requests of a person each. */
async function submit(requests: number): Promise<string[]> {
  const from = simulator.truth().length;
  const bodies = Array.from({ length: requests }, (_, i) => ({
    persons: persons(`p${from + i}@example.com`),
  }));
  return Promise.all(bodies.map((body) => accepted(simulator, "/persons", body)));
}

async function expectTruth({ api }: Service): Promise<void> {
  await until("everything is delivered", () => simulator.summary().idle);
  const answers = await Promise.all(simulator.truth().map((row) => api.lifecycle(row.requestId)));
  expect(answers.flatMap((one) => (one === undefined ? [] : [outcomeOf(one)]))).toEqual(
    simulator.truth().map(outcomeOfTruth),
  );
}

async function listen(server: Server): Promise<string> {
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function bytesOf(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

describe("the handshake", () => {
  it("proves itself by the challenge", async () => {
    const { url } = await open();
    expect(await simulator.registerWebhook({ url: url + PATH })).toBe(true);
  });

  // the origin that may ask is an option of the process, no setting
  it.skipIf(IS_FIVE)(
    "proves itself by the validation URL where the challenge gets lost on the way",
    async () => {
      const { url } = await open("embedded", simulator.origin);
      const gateway = await listen(
        createServer(async (request, response) => {
          if (request.method !== "POST") return void response.writeHead(404).end();
          const { status } = await fetch(url + PATH, { method: "POST", body: await bytesOf(request) });
          response.writeHead(status).end();
        }),
      );
      expect(await simulator.registerWebhook({ url: `${gateway}/hook` })).toBe(true);
    },
  );

  it("asks nobody for a validation but Adobe", async () => {
    const { api } = await open();
    let asked = 0;
    const evil = await listen(createServer((_, response) => void ((asked += 1), response.end())));
    const answer = await api.post(PATH, { validationUrl: `${evil}/registrations/validate?token=1` });
    expect(answer).toMatchObject({ status: 400, body: { error: { code: "VALIDATION_URL_REFUSED" } } });
    expect(asked).toBe(0);
  });
});

describe("deliveries", () => {
  it.each([
    { batch: false, envelope: "plain" as const },
    { batch: true, envelope: "plain" as const },
    { batch: true, envelope: "event" as const },
    { batch: false, envelope: "event.body" as const },
  ])("of signed events end up in the ledger ($envelope, batch $batch)", async (form) => {
    const opened = await open();
    await simulator.registerWebhook({ url: opened.url + PATH, ...form });
    await submit(30);
    await expectTruth(opened);
    const [webhook] = simulator.summary().webhooks;
    expect(webhook).toMatchObject({ retried: 0, dropped: 0 });
    expect(webhook?.events).toBeGreaterThanOrEqual(15);
  });

  it("with a forged signature do not, and those that were forged from do", async () => {
    const { api, url } = await open();
    const caught: { headers: IncomingHttpHeaders; body: Buffer }[] = [];
    const tap = await listen(
      createServer(async (request, response) => {
        const asked = new URL(request.url ?? "/", "http://tap").searchParams.get("challenge");
        const body = await bytesOf(request);
        if (asked === null) caught.push({ headers: request.headers, body });
        response.end(asked ?? "");
      }),
    );
    await simulator.registerWebhook({ url: `${tap}/tap` });
    const [requestId = ""] = await submit(1);
    await until("the tap has caught a delivery", () => caught.length > 0);
    const { headers = {}, body = Buffer.alloc(0) } = caught[0] ?? {};
    const signed = Object.fromEntries(
      Object.entries(headers).filter(([name]) => name.startsWith("x-adobe-")),
    ) as Record<string, string>;
    const post = (bytes: Buffer, extra: Record<string, string>) =>
      fetch(url + PATH, {
        method: "POST",
        body: bytes,
        headers: { "content-type": "application/json", ...extra },
      });

    const forged = Buffer.from(body.toString().replace(requestId, "forged-request"));
    expect((await post(forged, signed)).status).toBe(401);
    expect((await post(body, {})).status).toBe(401);
    const elsewhere = Object.fromEntries(
      Object.entries(signed).map(([name, value]) => [name, value.replace(/^\/prod/, "@evil.example/prod")]),
    );
    expect((await post(forged, elsewhere)).status).toBe(401);
    expect(await api.lifecycle("forged-request")).toBeUndefined();
    expect(await api.lifecycle(requestId)).toBeUndefined();

    expect((await post(body, signed)).status).toBe(200);
    expect(await api.lifecycle(requestId)).toMatchObject({ state: "succeeded", records: { created: 1 } });
    expect((await post(body, signed)).status).toBe(200);
    expect(await api.lifecycle(requestId)).toMatchObject({ records: { created: 1 }, anomalies: [] });
  });

  it("get 503 while the store is away, and what Adobe sends again is all there", async () => {
    const opened = await open("server over HTTP");
    const statuses: number[] = [];
    const gateway = await listen(
      createServer(async (request, response) => {
        const target = opened.url + PATH + new URL(request.url ?? "/", "http://x").search;
        const headers = Object.fromEntries(
          Object.entries(request.headers).filter(([name]) => name.startsWith("x-adobe-")),
        ) as Record<string, string>;
        const body = request.method === "POST" ? { body: await bytesOf(request) } : {};
        const answer = await fetch(target, { method: request.method ?? "GET", headers, ...body });
        statuses.push(answer.status);
        response.writeHead(answer.status).end(Buffer.from(await answer.arrayBuffer()));
      }),
    );
    expect(await simulator.registerWebhook({ url: `${gateway}/hook`, batch: true })).toBe(true);
    await submit(10);
    await until("the first events are delivered", () => statuses.length > 1);

    await opened.endpoint?.kill();
    await submit(20);
    await until("a delivery is refused", () => statuses.includes(503));
    await until("Adobe tries again, in vain", () => (simulator.summary().webhooks[0]?.retried ?? 0) > 2);
    expect(new Set(statuses)).toEqual(new Set([200, 503]));

    await opened.endpoint?.restart();
    await submit(5);
    await expectTruth(opened);
    expect(simulator.summary().webhooks[0]?.dropped).toBe(0);
  });
});
