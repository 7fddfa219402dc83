import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";
import { afterEach, describe, expect, it } from "vitest";
import type { AlertPayload } from "../../src/core/alert-ports.ts";
import { openSimulator, type Simulator } from "../../src/simulator/simulator.ts";
import { openSubmitter, type Submitter } from "../../src/simulator/submitter.ts";
import type { ScenarioName } from "../../src/simulator/submitter/scenarios.ts";
import { environmentOf, openService, type Service } from "./service.ts";
import { until } from "./until.ts";

const SECRET = `whsec_${Buffer.from("a secret of thirty-two bytes ...").toString("base64")}`;
/** A minute in half a second: the window of 65 minutes closes in half a minute. */
const SPEED = 120;

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

interface Receiver {
  readonly url: string;
  readonly got: AlertPayload[];
  readonly ids: string[];
}

/** Takes only what is signed by our secret. */
async function openReceiver(): Promise<Receiver> {
  const got: AlertPayload[] = [];
  const ids: string[] = [];
  const server: Server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const headers = request.headers as Record<string, string>;
    got.push(new Webhook(SECRET).verify(Buffer.concat(chunks).toString("utf8"), headers) as AlertPayload);
    ids.push(headers["webhook-id"] ?? "");
    response.writeHead(204).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(async () => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, got, ids };
}

async function play(scenario: ScenarioName): Promise<{ receiver: Receiver; service: Service }> {
  const simulator: Simulator = await openSimulator({ speed: SPEED, seed: 7 });
  closers.push(() => simulator.close());
  const receiver = await openReceiver();
  const service = await openService("embedded", {
    ...environmentOf(simulator),
    ALERT_WEBHOOK_URL: receiver.url,
    ALERT_WEBHOOK_SECRET: SECRET,
    ALERT_ALLOW_PRIVATE: "true",
    LOG_LEVEL: "silent",
  });
  closers.push(() => service.close());
  const submitter: Submitter = openSubmitter({
    marketoUrl: simulator.marketoUrl,
    after202Url: service.url,
    rate: 20,
    seed: 7,
    speed: SPEED,
    scenarios: [scenario],
    limit: 1,
  });
  closers.push(() => submitter.close());
  return { receiver, service };
}

const heard = (receiver: Receiver): string[] => receiver.got.map((one) => `${one.type} ${one.status}`);

describe("a link field, told to a receiver that verifies signatures", () => {
  it.each([
    ["reported with a code", "persons-missing", "observed"],
    ["silent", "persons-missing-silently", "inferred"],
  ] as const)("%s: at risk before the last retry, then exhausted", async (_, scenario, evidence) => {
    const { receiver, service } = await play(scenario);
    await until("the risk is told of", () => heard(receiver).includes("link-retry-at-risk firing"), {
      timeoutMs: 60_000,
    });
    await until("the end is told of", () => heard(receiver).includes("link-retry-exhausted firing"), {
      timeoutMs: 60_000,
    });
    const risk = receiver.got.find((one) => one.type === "link-retry-at-risk");
    const end = receiver.got.find((one) => one.type === "link-retry-exhausted");
    expect(Date.parse(risk?.startsAt ?? "")).toBeLessThan(Date.parse(end?.startsAt ?? ""));
    expect(end).toMatchObject({ severity: "critical", evidence, requests: { count: 1 } });
    expect(end?.links.self).toContain(`${service.url}/v1/alerts/`);
    const answer = await fetch(end?.links.self ?? "");
    expect(await answer.json()).toMatchObject({ id: end?.id, status: "firing" });
    expect(new Set(receiver.ids).size).toBe(receiver.ids.length);
  });

  it("whose persons come in time: at risk, then resolved, and never exhausted", async () => {
    const { receiver } = await play("persons-late");
    await until("the risk is over", () => heard(receiver).includes("link-retry-at-risk resolved"), {
      timeoutMs: 60_000,
    });
    expect(heard(receiver)).not.toContain("link-retry-exhausted firing");
  });
});
