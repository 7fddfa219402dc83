import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";
import { afterEach, describe, expect, it } from "vitest";
import type { AlertPayload } from "../../src/core/alert-ports.ts";
import { openSimulator, type Simulator } from "../../src/simulator/simulator.ts";
import { openRecordedSubmitter } from "../../src/cli/recorded-submitter.ts";
import type { Submitter } from "../../src/simulator/submitter.ts";
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

/** One service, and all three ends of a link retry at once: told apart by instances named after them. */
async function play(
  ...scenarios: readonly ScenarioName[]
): Promise<{ receiver: Receiver; service: Service }> {
  const simulator: Simulator = await openSimulator({ speed: SPEED, seed: 7 });
  closers.push(() => simulator.close());
  const receiver = await openReceiver();
  const service = await openService("embedded", {
    ...environmentOf(simulator),
    PUBLIC_URL: `${PUBLIC_URL}/`,
    ALERT_WEBHOOK_URL: receiver.url,
    ALERT_WEBHOOK_SECRET: SECRET,
    ALERT_ALLOW_PRIVATE: "true",
    LOG_LEVEL: "silent",
  });
  closers.push(() => service.close());
  for (const scenario of scenarios) {
    const submitter: Submitter = openRecordedSubmitter({
      marketoUrl: simulator.marketoUrl,
      after202Url: service.url,
      instance: scenario,
      rate: 20,
      seed: 7,
      speed: SPEED,
      scenarios: [scenario],
      limit: 1,
    });
    closers.push(() => submitter.close());
  }
  return { receiver, service };
}

const REPORTED = "persons-missing";
const SILENT = "persons-missing-silently";
const IN_TIME = "persons-late";

/** Where people reach the service, by way of something in front of it. */
const PUBLIC_URL = "https://after202.example/here";

describe("a link field, told to a receiver that verifies signatures", () => {
  it("at risk before the last retry, then exhausted as observed or inferred, or resolved by the person", async () => {
    const { receiver, service } = await play(REPORTED, SILENT, IN_TIME);
    const find = (instance: string, type: string, status: string): AlertPayload | undefined =>
      receiver.got.find(
        (one) => one.group.instance === instance && one.type === type && one.status === status,
      );
    const hear = (instance: string, type: string, status: string): Promise<void> =>
      until(`${instance}: ${type} ${status}`, () => find(instance, type, status) !== undefined, {
        timeoutMs: 90_000,
      });
    for (const instance of [REPORTED, SILENT, IN_TIME]) await hear(instance, "link-retry-at-risk", "firing");
    for (const instance of [REPORTED, SILENT]) await hear(instance, "link-retry-exhausted", "firing");
    await hear(IN_TIME, "link-retry-at-risk", "resolved");
    expect(find(IN_TIME, "link-retry-exhausted", "firing")).toBeUndefined();

    for (const [instance, evidence] of [
      [REPORTED, "observed"],
      [SILENT, "inferred"],
    ] as const) {
      const risk = find(instance, "link-retry-at-risk", "firing");
      const end = find(instance, "link-retry-exhausted", "firing");
      expect(Date.parse(risk?.startsAt ?? "")).toBeLessThan(Date.parse(end?.startsAt ?? ""));
      expect(end).toMatchObject({ severity: "critical", evidence, requests: { count: 1 } });
      const { self = "" } = end?.links ?? {};
      expect(self.startsWith(`${PUBLIC_URL}/v1/alerts/`), self).toBe(true);
      const answer = await fetch(self.replace(PUBLIC_URL, service.url));
      expect(await answer.json()).toMatchObject({ id: end?.id, status: "firing" });
    }
    expect(new Set(receiver.ids).size).toBe(receiver.ids.length);
  });
});
