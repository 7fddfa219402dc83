import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createOutbox, type Outbox } from "../../src/alerts/outbox.ts";
import type { AlertHook, HookOutcome } from "../../src/core/alert-ports.ts";
import { HandClock, listLogger, until } from "../pipeline/test-clock.ts";
import { MemoryOutboxStore } from "./hooks/memory-outbox.ts";
import { AT, sampleAlert, samplePayload } from "./hooks/sample-alert.ts";

const MINUTE = 60_000;
const ALERT = sampleAlert({ notifiedAt: AT, notifiedStatus: "firing" });

let clock: HandClock;
let store: MemoryOutboxStore;
let stop: AbortController;
let done: Promise<void>;

beforeEach(() => {
  clock = new HandClock(AT);
  store = new MemoryOutboxStore();
  stop = new AbortController();
});
afterEach(async () => {
  stop.abort();
  await done;
});

/** A hook that says what it heard: `firing 0`, minutes after AT. */
function hearing(name: string, keepAliveMs?: number): AlertHook & { heard: string[]; next: HookOutcome[] } {
  const heard: string[] = [];
  const next: HookOutcome[] = [];
  return {
    name,
    heard,
    next,
    ...(keepAliveMs !== undefined && { keepAliveMs }),
    deliver({ status }) {
      heard.push(`${status} ${(clock.now() - AT) / MINUTE}`);
      return Promise.resolve(next.shift() ?? { kind: "delivered" });
    },
  };
}

function start(...hooks: AlertHook[]): Outbox {
  const outbox = createOutbox({
    store,
    hooks,
    clock,
    logger: listLogger([]),
    retry: { random: () => 0.999 },
  });
  done = outbox.run(stop.signal);
  return outbox;
}

/** A round of the engine at a minute, and what it set off. */
async function round(outbox: Outbox, minute: number, alerts = [ALERT]): Promise<void> {
  clock.advance(AT + minute * MINUTE - clock.now());
  outbox.keepAlive(
    alerts,
    (alert) => samplePayload({ alertId: alert.alertId, status: alert.status }),
    clock.now(),
  );
  await new Promise((resolve) => setImmediate(resolve));
}

describe("an alert that goes on", () => {
  it("is told again to a hook that wants it, as often as it does, to no other, and not by the store", async () => {
    const keeper = hearing("keeper", 5 * MINUTE);
    const other = hearing("other");
    const outbox = start(keeper, other);
    for (const minute of [0, 1, 4.9, 5, 9.9, 10]) await round(outbox, minute);
    expect(keeper.heard).toEqual(["firing 0", "firing 5", "firing 10"]);
    expect(other.heard).toEqual([]);
    expect(store.written).toEqual([]);
  });

  it("is not told again right after a notification, and not once it has ended", async () => {
    const keeper = hearing("keeper", 5 * MINUTE);
    const outbox = start(keeper);
    clock.advance(MINUTE);
    await outbox.enqueue(ALERT, samplePayload(), clock.now());
    await until(() => store.all("delivered").length === 1);
    await round(outbox, 5);
    expect(keeper.heard).toEqual(["firing 1"]);
    await round(outbox, 6);
    await round(outbox, 11, []);
    expect(keeper.heard).toEqual(["firing 1", "firing 6"]);
  });

  it("never overtakes what waits for its hook, and its end waits for it", async () => {
    const keeper = hearing("keeper", 5 * MINUTE);
    const outbox = start(keeper);
    await round(outbox, 0);
    keeper.next.push({ kind: "retry", reason: "answered 503", afterMs: 10 * MINUTE });
    const ended = { ...ALERT, status: "resolved" as const, endsAt: clock.now() };
    await outbox.enqueue(ended, samplePayload({ status: "resolved" }), clock.now());
    await until(() => store.written.length === 2);
    for (const minute of [5, 9]) await round(outbox, minute);
    expect(keeper.heard).toEqual(["firing 0", "resolved 0"]);
    await round(outbox, 11);
    await until(() => store.all("delivered").length === 1);
    expect(keeper.heard).toEqual(["firing 0", "resolved 0", "resolved 11"]);
  });

  it("leaves a receiver alone that asks for it, and tells it when the time is over", async () => {
    const keeper = hearing("keeper", MINUTE);
    keeper.next.push({ kind: "retry", reason: "answered 429", afterMs: 3 * MINUTE });
    const outbox = start(keeper);
    for (const minute of [0, 1, 2, 2.9, 3]) await round(outbox, minute);
    expect(keeper.heard).toEqual(["firing 0", "firing 3"]);
  });
});
