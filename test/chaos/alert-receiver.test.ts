/**
 * A receiver that is down for an hour of scaled time, while the service behind its notifications is killed twice.
 */
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { Webhook } from "standardwebhooks";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { AlertPayload } from "../../src/core/alert-ports.ts";
import { makeDataDir, QUIET, removeDataDir } from "../e2e/service.ts";
import { serviceApi } from "../e2e/service-api.ts";
import { until } from "../e2e/until.ts";
import { createServiceProcess, type ServiceProcess } from "./service-process.ts";

const SECRET = `whsec_${Buffer.alloc(32, 5).toString("base64")}`;
/** An hour in five seconds. */
const SPEED = 720;
const HOUR_MS = 3_600_000 / SPEED;

interface Heard {
  readonly id: string;
  readonly payload: AlertPayload;
}

/** Down until it listens; takes only what is signed by our secret. */
class Receiver {
  readonly heard: Heard[] = [];
  answers = true;
  private readonly server: Server;
  readonly port: number;

  private constructor(server: Server, port: number) {
    this.server = server;
    this.port = port;
    server.on("request", async (request, response) => {
      const headers = request.headers as Record<string, string>;
      const payload = new Webhook(SECRET).verify(await text(request), headers) as AlertPayload;
      this.heard.push({ id: headers["webhook-id"] ?? "", payload });
      if (this.answers) response.writeHead(204).end();
    });
  }

  static async create(): Promise<Receiver> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, "close");
    return new Receiver(server, port);
  }

  async listen(): Promise<void> {
    this.server.listen(this.port, "127.0.0.1");
    await once(this.server, "listening");
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

let dataDir: string;
let receiver: Receiver;
let service: ServiceProcess;

beforeEach(async () => {
  dataDir = await makeDataDir();
  receiver = await Receiver.create();
  const config = join(dataDir, "after202.yaml");
  writeFileSync(config, "alerts: { quiet: 30m }\n"); // so that each alert ends as well, half an hour later
  service = await createServiceProcess({
    ...QUIET,
    DATA_DIR: join(dataDir, "store"),
    AFTER202_CONFIG: config,
    RETRY_SPEED: String(SPEED),
    ALERT_WEBHOOK_URL: `http://127.0.0.1:${receiver.port}/hook`,
    ALERT_WEBHOOK_SECRET: SECRET,
    ALERT_ALLOW_PRIVATE: "true",
    LOG_LEVEL: "silent",
  });
});
afterEach(async () => {
  await service.kill();
  receiver.close();
  await removeDataDir(dataDir);
});

/** One rejected request for each object: one alert for each. */
async function reject(...objectNames: readonly string[]): Promise<void> {
  const submissions = objectNames.map((objectName) => ({
    submissionId: randomUUID(),
    requestId: `r-${objectName}`,
    httpStatus: 400,
    errorCode: "4000802",
    target: "marketo",
    instance: "123-ABC-456",
    objectType: "customObject",
    objectName,
    operation: "upsert",
    records: 10,
    submittedAt: new Date().toISOString(),
  }));
  expect((await serviceApi(service.url).post("/v1/submissions", submissions)).status).toBe(202);
}

interface AlertDetail {
  readonly id: string;
  readonly startsAt: string;
  readonly deliveries: readonly { hook: string; status: string; attempts: number }[];
}

async function alerts(): Promise<AlertDetail[]> {
  const api = serviceApi(service.url);
  const { body } = await api.get<{ items: AlertDetail[] }>("/v1/alerts?rule=request-rejected");
  const details = body.items.map(({ id }) => api.get<AlertDetail>(`/v1/alerts/${id}`));
  return (await Promise.all(details)).map((answer) => answer.body);
}

const attempted = (alert: AlertDetail): boolean =>
  alert.deliveries.some(({ hook, attempts }) => hook === "webhook" && attempts > 0);

it("a receiver that was down for an hour hears all that happened, in order, and nothing twice under two ids", async () => {
  const before = ["a", "b", "c", "d", "e"];
  const meanwhile = ["f", "g", "h"];
  await service.start();
  await reject(...before);
  await until("each was tried in vain", async () => {
    const found = await alerts();
    return found.length === before.length && found.every(attempted);
  });
  const downSince = Math.min(...(await alerts()).map(({ startsAt }) => Date.parse(startsAt)));
  await service.kill();
  await service.start();
  await reject(...meanwhile);
  await until(
    "it has been down for an hour, and all is known",
    async () =>
      Date.now() >= downSince + HOUR_MS && (await alerts()).length === before.length + meanwhile.length,
  );

  receiver.answers = false; // takes what comes, and the service is killed before it hears so
  await receiver.listen();
  await until("it has taken something", () => receiver.heard.length > 0);
  await service.kill();
  const unanswered = new Set(receiver.heard.map(({ id }) => id));
  receiver.answers = true;
  await service.start();

  const objects = [...before, ...meanwhile];
  const idsOf = (objectName: string, status: string): Set<string> =>
    new Set(
      receiver.heard
        .filter(({ payload }) => payload.group.objectName === objectName && payload.status === status)
        .map(({ id }) => id),
    );
  await until(
    "everything has arrived",
    () => objects.every((one) => idsOf(one, "firing").size > 0 && idsOf(one, "resolved").size > 0),
    { timeoutMs: 90_000 },
  );
  await until("the service knows it", async () =>
    (await alerts()).every(({ deliveries }) => deliveries.every(({ status }) => status === "delivered")),
  );
  for (const one of objects) {
    expect([idsOf(one, "firing").size, idsOf(one, "resolved").size], one).toEqual([1, 1]);
    const statuses = receiver.heard.filter(({ payload }) => payload.group.objectName === one);
    expect(statuses.at(0)?.payload.status, one).toBe("firing");
    expect(statuses.at(-1)?.payload.status, one).toBe("resolved");
  }
  expect(new Set(receiver.heard.map(({ id }) => id)).size).toBe(2 * objects.length);
  for (const id of unanswered) {
    expect(receiver.heard.filter((one) => one.id === id).length, id).toBeGreaterThan(1);
  }
});
