import { describe, expect, it } from "vitest";
import { createCircuit } from "../../src/alerts/outbox-circuit.ts";
import { createDelivery } from "../../src/alerts/outbox-delivery.ts";
import { OutboxQueue } from "../../src/alerts/outbox-queue.ts";
import { createRetryPlan } from "../../src/alerts/outbox-retry.ts";
import type { Delivery } from "../../src/core/alert-ports.ts";
import type { Alert } from "../../src/core/alert.ts";
import { AT, sampleAlert, samplePayload } from "./hooks/sample-alert.ts";

describe("a delivery's id", () => {
  const idOf = (changes: Partial<Alert> = {}, hook = "webhook", now = AT): string =>
    createDelivery(sampleAlert(changes), samplePayload(), hook, now).deliveryId;

  it("is the same when the same notification is made again, whenever that is", () => {
    expect(idOf({}, "webhook", AT + 60_000)).toBe(idOf());
    expect(idOf({ evidence: "observed", changedAt: AT + 1 })).toBe(idOf());
  });

  it("is another for every other hook, alert, status and notification", () => {
    const ids = [
      idOf(),
      idOf({}, "slack"),
      idOf({ alertId: "4712" }),
      idOf({ status: "resolved" }),
      idOf({ notifiedAt: AT }),
      idOf({ notifiedAt: AT + 1 }),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe("the retry plan", () => {
  it("doubles its ceiling up to the cap, and draws from all of it", () => {
    const most = createRetryPlan({ baseMs: 1_000, capMs: 10_000, random: () => 1 });
    expect([1, 2, 3, 4, 5, 99].map((attempts) => most.waitMs(attempts))).toEqual([
      1_000, 2_000, 4_000, 8_000, 10_000, 10_000,
    ]);
    expect(createRetryPlan({ random: () => 0 }).waitMs(5)).toBe(0);
  });

  it("runs faster with the upstream's clock", () => {
    const plan = createRetryPlan({ baseMs: 1_000, giveUpAfterMs: 60_000, speed: 10, random: () => 1 });
    expect(plan.waitMs(1)).toBe(100);
    expect(plan.giveUpAfterMs).toBe(6_000);
  });

  it("goes on for 24 hours if nothing else is said", () => {
    expect(createRetryPlan().giveUpAfterMs).toBe(86_400_000);
  });
});

describe("a circuit", () => {
  const options = { failuresToOpen: 2, openMs: 100, openCapMs: 300 };

  it("opens after failures in a row, not after some in between", () => {
    const circuit = createCircuit(options);
    expect(circuit.failed(0)).toBe(false);
    circuit.answered();
    expect(circuit.failed(0)).toBe(false);
    expect(circuit.waitMs(0)).toBe(0);
    expect(circuit.failed(0)).toBe(true);
    expect(circuit.waitMs(30)).toBe(70);
  });

  it("lets one probe out when its time is over, and closes when that is answered", () => {
    const circuit = createCircuit(options);
    circuit.failed(0);
    circuit.failed(0);
    expect(circuit.waitMs(100)).toBe(0);
    circuit.begin();
    expect(circuit.waitMs(100)).toBe(Infinity);
    expect(circuit.answered()).toBe(true);
    expect(circuit.waitMs(100)).toBe(0);
    circuit.begin();
    expect(circuit.waitMs(100)).toBe(0);
  });

  it("stays open for longer with every probe that fails, up to the cap", () => {
    const circuit = createCircuit(options);
    circuit.failed(0);
    const waits = [1, 2, 3, 4].map(() => {
      circuit.failed(0);
      return circuit.waitMs(0);
    });
    expect(waits).toEqual([100, 200, 300, 300]);
  });

  it("pauses for as long as the receiver asks", () => {
    const circuit = createCircuit(options);
    circuit.pauseUntil(500);
    circuit.pauseUntil(200);
    expect(circuit.waitMs(0)).toBe(500);
    expect(circuit.waitMs(500)).toBe(0);
  });
});

describe("the queue of a hook", () => {
  const one = (deliveryId: string, changes: Partial<Delivery> = {}): Delivery => ({
    ...createDelivery(sampleAlert(), samplePayload(), "webhook", AT),
    deliveryId,
    ...changes,
  });

  it("keeps the order of an alert, even when its first waits for another attempt", () => {
    const queue = new OutboxQueue();
    queue.add(one("second", { createdAt: AT + 1, nextAt: AT + 1 }));
    queue.add(one("first", { nextAt: AT + 99_000 }));
    expect(queue.next()?.deliveryId).toBe("first");
  });

  it("lets one of an alert out at a time, and another alert's beside it", () => {
    const queue = new OutboxQueue();
    queue.add(one("a"));
    queue.add(one("b", { createdAt: AT + 1 }));
    queue.add(one("c", { alertId: "other" }));
    const first = queue.next() as Delivery;
    queue.begin(first);
    expect(queue.next()?.deliveryId).toBe("c");
    queue.add(one("earlier", { createdAt: AT - 1 }));
    queue.settle(first);
    expect(queue.next()?.deliveryId).toBe("earlier");
  });

  it("does not take in again what has been settled", () => {
    const queue = new OutboxQueue();
    queue.add(one("a"));
    queue.begin(one("a"));
    queue.settle(one("a"));
    queue.add(one("a"));
    expect(queue.size).toBe(0);
  });
});
