import { Webhook } from "standardwebhooks";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSlackHook } from "../../src/alerts/hooks/slack.ts";
import { createWebhookHook } from "../../src/alerts/hooks/webhook.ts";
import { createOutbox, type Outbox, type OutboxOptions } from "../../src/alerts/outbox.ts";
import { systemClock } from "../../src/clock.ts";
import type { Alert } from "../../src/core/alert.ts";
import type { AlertHook } from "../../src/core/alert-ports.ts";
import { listLogger, type LogLine, until } from "../pipeline/test-clock.ts";
import { FakeReceiver } from "./hooks/fake-receiver.ts";
import { MemoryOutboxStore } from "./hooks/memory-outbox.ts";
import { AT, sampleAlert, samplePayload } from "./hooks/sample-alert.ts";

const SECRET = `whsec_${Buffer.alloc(32, 1).toString("base64")}`;
/** A day of retries takes 2.4 s. */
const SPEED = 36_000;

let store: MemoryOutboxStore;
let receiver: FakeReceiver;
let log: LogLine[];
let running: { stop: AbortController; done: Promise<void> }[];

beforeEach(async () => {
  store = new MemoryOutboxStore();
  receiver = await FakeReceiver.open();
  log = [];
  running = [];
});

afterEach(async () => {
  await stopAll();
  await receiver.close();
});

async function stopAll(): Promise<void> {
  for (const { stop } of running) stop.abort();
  await Promise.all(running.map(({ done }) => done));
  running = [];
}

function webhook(name = "webhook", url = receiver.url): AlertHook {
  return createWebhookHook({
    name,
    url,
    secret: SECRET,
    clock: systemClock,
    allowPrivate: true,
    timeoutMs: 2_000,
  });
}

function start(hooks: readonly AlertHook[], options: Partial<OutboxOptions> = {}): Outbox {
  const outbox = createOutbox({
    store,
    hooks,
    clock: systemClock,
    logger: listLogger(log),
    retry: { speed: SPEED },
    ...options,
  });
  const stop = new AbortController();
  running.push({ stop, done: outbox.run(stop.signal) });
  return outbox;
}

let lastAt = 0;

/** Each a little later than the one before, as the engine's rounds are. */
async function enqueue(outbox: Outbox, changes: Partial<Alert> = {}): Promise<readonly string[]> {
  while (Date.now() <= lastAt) await new Promise((resolve) => setTimeout(resolve, 1));
  lastAt = Date.now();
  const made = await outbox.enqueue(sampleAlert(changes), samplePayload(changes), lastAt);
  return made.map(({ deliveryId }) => deliveryId);
}

const ids = (): string[] => receiver.received.map(({ headers }) => headers["webhook-id"] ?? "");
const settled = (count: number): Promise<void> =>
  until(() => store.all("delivered").length + store.all("undeliverable").length === count);

describe("a notification", () => {
  it("is stored, goes out to each hook at once, signed, and is noted as delivered", async () => {
    const seen: [string, number][] = [];
    const observe = { delivered: (hook: string, seconds: number) => void seen.push([hook, seconds]) };
    const outbox = start([webhook("one"), webhook("two")], { observe });
    const made = await enqueue(outbox);
    expect(store.rows.size).toBe(2);
    await settled(2);
    expect(ids().toSorted()).toEqual([...made].toSorted());
    for (const { body, headers } of receiver.received) new Webhook(SECRET).verify(body, headers);
    expect(seen.map(([hook]) => hook).toSorted()).toEqual(["one", "two"]);
    for (const [, seconds] of seen) expect(seconds).toBeLessThan(30);
    expect(store.all("delivered").map(({ attempts }) => attempts)).toEqual([1, 1]);
  });

  it("made twice goes out once", async () => {
    const outbox = start([webhook()]);
    await Promise.all([enqueue(outbox), enqueue(outbox)]);
    await settled(1);
    await enqueue(outbox);
    await enqueue(outbox, { alertId: "next" });
    await settled(2);
    expect(receiver.received).toHaveLength(2);
  });

  it("that the store does not take is not made", async () => {
    const outbox = start([webhook()]);
    store.isAway = true;
    await expect(enqueue(outbox)).rejects.toThrow();
    store.isAway = false;
    await enqueue(outbox);
    await settled(1);
    expect(receiver.received).toHaveLength(1);
  });

  it("never overtakes an earlier one of its alert", async () => {
    receiver.replies.push(500, 500, 500);
    const outbox = start([webhook()]);
    await enqueue(outbox);
    await enqueue(outbox, { status: "resolved", endsAt: AT + 1, notifiedAt: AT });
    await settled(2);
    const statuses = (receiver.bodies as { status: string }[]).map(({ status }) => status);
    expect(statuses).toEqual(["firing", "firing", "firing", "firing", "resolved"]);
  });
});

describe("a hook", () => {
  it("that hangs holds no other up, nor does one that throws", async () => {
    const hanging: AlertHook = { name: "hanging", deliver: () => new Promise(() => undefined) };
    const throwing: AlertHook = { name: "throwing", deliver: () => Promise.reject(new Error("x")) };
    const outbox = start([hanging, throwing, webhook()]);
    for (let n = 0; n < 20; n++) await enqueue(outbox, { alertId: `a${n}` });
    await until(() => store.all("delivered").length === 20);
    expect(new Set(store.all("delivered").map(({ hook }) => hook))).toEqual(new Set(["webhook"]));
  });

  it("that refuses makes the notification undeliverable at once, counted and logged", async () => {
    receiver.reply = 404;
    const refused: string[] = [];
    const outbox = start([webhook()], { observe: { undeliverable: (hook) => void refused.push(hook) } });
    await enqueue(outbox);
    await settled(1);
    expect(receiver.received).toHaveLength(1);
    expect(store.all("undeliverable")).toMatchObject([
      { attempts: 1, lastError: expect.stringContaining("404") },
    ]);
    expect(refused).toEqual(["webhook"]);
    expect(log.filter(({ level }) => level === "error")).toHaveLength(1);
  });

  it("that asks to wait is left alone until then, by every notification", async () => {
    receiver.replies.push((response) => response.writeHead(429, { "retry-after": "0.3" }).end());
    const times: number[] = [];
    receiver.reply = (response) => {
      times.push(Date.now());
      response.writeHead(200).end();
    };
    const outbox = start([webhook()]);
    await enqueue(outbox);
    await until(() => store.written.length === 2);
    const toldAt = Date.now();
    await enqueue(outbox, { alertId: "other" });
    await settled(2);
    expect(times).toHaveLength(2);
    for (const at of times) expect(at - toldAt).toBeGreaterThan(200);
  });

  it("that is down is retried for a day of the upstream's clock, spared meanwhile, then given up", async () => {
    receiver.reply = 503;
    const spared: boolean[] = [];
    const outbox = start([webhook()], {
      observe: { spared: (_hook, isSpared) => void spared.push(isSpared) },
    });
    const began = Date.now();
    for (let n = 0; n < 30; n++) await enqueue(outbox, { alertId: `a${n}` });
    await settled(30);
    expect(store.all("undeliverable")).toHaveLength(30);
    expect(Date.now() - began).toBeGreaterThan(86_400_000 / SPEED - 50);
    expect(spared).toEqual([true]);
  });

  it("that comes back gets all that waited, each once", async () => {
    receiver.reply = 503;
    const spared: boolean[] = [];
    const outbox = start([webhook()], {
      retry: { speed: 600 },
      observe: { spared: (_hook, isSpared) => void spared.push(isSpared) },
    });
    const made: string[] = [];
    for (let n = 0; n < 30; n++) made.push(...(await enqueue(outbox, { alertId: `a${n}` })));
    await until(() => spared.length === 1);
    receiver.received.length = 0;
    receiver.reply = 200;
    await settled(30);
    expect(spared).toEqual([true, false]);
    expect(ids().filter((id) => made.includes(id)).length).toBeGreaterThanOrEqual(30);
    expect(store.all("delivered")).toHaveLength(30);
  });

  it("that keeps failing is asked by one probe at a time", async () => {
    let isDown = false;
    let asked = 0;
    const hook: AlertHook = {
      name: "down",
      deliver() {
        asked += 1;
        return isDown ? new Promise(() => undefined) : Promise.resolve({ kind: "retry", reason: "down" });
      },
    };
    const outbox = start([hook], {
      retry: { speed: 600 },
      observe: {
        spared() {
          isDown = true;
          asked = 0;
        },
      },
    });
    for (let n = 0; n < 20; n++) await enqueue(outbox, { alertId: `a${n}` });
    await until(() => asked > 0);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(asked).toBe(1);
  });

  it("that answers again gets at once what would have waited for long", async () => {
    receiver.reply = 503;
    let isSpared = false;
    const outbox = start([webhook()], {
      retry: { speed: 600, baseMs: 60 * 60_000, capMs: 60 * 60_000, random: () => 1 },
      observe: { spared: (_hook, now) => void (isSpared = now) },
    });
    for (let n = 0; n < 5; n++) await enqueue(outbox, { alertId: `a${n}` });
    await until(() => isSpared);
    receiver.reply = 200;
    const began = Date.now();
    await enqueue(outbox, { alertId: "probe" });
    await settled(6);
    expect(Date.now() - began).toBeLessThan(3_000); // the retries of the others were 6 s away
  });
});

describe("a restart", () => {
  it("delivers what was pending, under the same ids, in the order of each alert", async () => {
    receiver.reply = 503;
    const first = start([webhook()], { retry: { speed: 1 } });
    const made = [
      ...(await enqueue(first)),
      ...(await enqueue(first, { status: "resolved", endsAt: AT + 1, notifiedAt: AT })),
    ];
    await until(() => receiver.received.length > 0);
    await stopAll();
    expect(store.all("pending")).toHaveLength(2);

    receiver.received.length = 0;
    receiver.reply = 200;
    start([webhook()]);
    await settled(2);
    expect(ids()).toEqual(made);
  });

  it("lets an attempt that is under way end, and does not make it again", async () => {
    let answer = (): void => undefined;
    receiver.reply = (response) => {
      answer = () => void response.writeHead(200).end();
    };
    const first = start([webhook()]);
    await enqueue(first);
    await until(() => receiver.received.length === 1);
    const stopped = stopAll();
    answer();
    await stopped;
    expect(store.all("delivered")).toHaveLength(1);
  });

  it("makes an attempt that was cut off again, with the same id, and does not count it", async () => {
    receiver.reply = "hang";
    const first = start([
      createWebhookHook({ url: receiver.url, secret: SECRET, clock: systemClock, allowPrivate: true }),
    ]);
    const made = await enqueue(first);
    await until(() => receiver.received.length === 1);
    await stopAll();
    expect(store.all("pending")[0]?.attempts).toBe(0);
    receiver.reply = 200;
    start([webhook()]);
    await settled(1);
    expect(ids()).toEqual([...made, ...made]);
  });

  it("between storing a notification and noting it makes no other id", async () => {
    const first = start([webhook()]);
    const made = await enqueue(first);
    await settled(1);
    await stopAll();
    expect(await enqueue(start([webhook()]), { changedAt: AT + 5 })).toEqual(made);
  });

  it("without a hook keeps its notifications for a day, in case it comes back", async () => {
    receiver.reply = 503;
    await enqueue(start([webhook("gone")], { retry: { speed: 1 } }));
    await stopAll();
    start([webhook("other")], { retry: { speed: 1 } });
    await until(() => log.some(({ fields }) => (fields as { hook?: string }).hook === "gone"));
    await stopAll();
    expect(store.all("pending")).toHaveLength(1);
    await new Promise((resolve) => setTimeout(resolve, 5));
    start([webhook("other")], { retry: { giveUpAfterMs: 1 } });
    await settled(1);
    expect(store.all("undeliverable")).toHaveLength(1);
  });
});

describe("a store that is away", () => {
  it("does not make a delivered notification go out again", async () => {
    receiver.reply = (response) => {
      store.isAway = true;
      response.writeHead(200).end();
    };
    const outbox = start([webhook()]);
    await enqueue(outbox);
    await until(() => log.some(({ level }) => level === "warn"));
    store.isAway = false;
    await settled(1);
    expect(receiver.received).toHaveLength(1);
  });

  it("is waited for at the start", async () => {
    receiver.reply = 503;
    await enqueue(start([webhook()], { retry: { speed: 1 } }));
    await stopAll();
    receiver.reply = 200;
    store.isAway = true;
    log.length = 0;
    start([webhook()]);
    await until(() => log.length > 0);
    store.isAway = false;
    await settled(1);
  });
});

it("keeps secrets out of log and store, whatever becomes of a notification", async () => {
  const path = "services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX";
  const url = `http://127.0.0.1:${receiver.port}/${path}`;
  receiver.replies.push((response) => response.writeHead(500).end(url));
  receiver.reply = (response) => response.writeHead(404).end(`no ${path}`);
  const signed = await FakeReceiver.open();
  signed.reply = (response) => response.writeHead(404).end(`not signed with ${SECRET}`);
  const slack = createSlackHook({ url, clock: systemClock, allowPrivate: true });
  const outbox = start([slack, webhook("webhook", signed.url)]);
  await enqueue(outbox);
  await settled(2);
  await signed.close();
  const written = JSON.stringify([log, store.written]);
  expect(written).toContain("404");
  expect(written).not.toMatch(/B00000000|XXXXXXXX/);
  expect(written).not.toContain(SECRET.slice(6));
});
