/**
 * The outbox: notifications on their way to the hooks, at least once each.
 *
 * The store holds what is pending; memory holds the same, to be quick and to keep each alert's order. `run` takes what an
 * earlier process left, and looks again from time to time for what another one stored. One process runs it (lease.ts): two
 * would deliver twice (with the same ids).
 */
import type { Alert } from "../core/alert.ts";
import type { AlertHook, AlertPayload, AlertStore, Delivery } from "../core/alert-ports.ts";
import type { Clock, Logger } from "../core/ports.ts";
import { createDelivery } from "./outbox-delivery.ts";
import { OutboxLane } from "./outbox-lane.ts";
import type { OutboxObserver } from "./outbox-observer.ts";
import { createRetryPlan, type RetryOptions } from "./outbox-retry.ts";

export interface OutboxOptions {
  readonly store: Pick<AlertStore, "dueDeliveries" | "saveDeliveries">;
  /** Names differ. */
  readonly hooks: readonly AlertHook[];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly retry?: RetryOptions;
  readonly observe?: OutboxObserver;
}

export interface Outbox {
  /**
   * Stores a notification for each hook, and wakes the hooks.
   *
   * @param alert as it stands before it is noted as told; note it after this has resolved
   * @returns the deliveries, durable by then; rejects where the store does, and then none may have been stored
   */
  enqueue(alert: Alert, payload: AlertPayload, now: number): Promise<readonly Delivery[]>;
  /**
   * Tells hooks that want it again of what goes on, now and then.
   *
   * @param alerts all that fire and that hooks were told of
   */
  keepAlive(alerts: readonly Alert[], payloadOf: (alert: Alert) => AlertPayload, now: number): void;
  /** Delivers until the signal aborts; resolves when nothing is under way any more, and never rejects. */
  run(signal: AbortSignal): Promise<void>;
}

const LOOK_MS = 10_000;
const LOAD_LIMIT = 10_000;
/** A wait before another attempt is never longer: an hour is the longest Retry-After. */
const HORIZON_MS = 2 * 60 * 60 * 1_000;

export function createOutbox(options: OutboxOptions): Outbox {
  const { store, hooks, clock, logger, observe = {} } = options;
  const retry = createRetryPlan(options.retry);
  const parts = { store, clock, logger, retry, observe };
  const lanes = new Map(hooks.map((hook) => [hook.name, new OutboxLane(hook, parts)]));
  const orphans = new Set<string>();

  /** Takes in what is pending, also what waits for a later attempt: it comes before newer ones of its alert. */
  async function load(until: number): Promise<void> {
    const found = await store.dueDeliveries(until, LOAD_LIMIT);
    for (const [hook, lane] of lanes) lane.add(found.filter((one) => one.hook === hook));
    await dropOrphans(found.filter((one) => !lanes.has(one.hook)));
  }

  /** A hook that is no longer configured may come back with the next start, for as long as retries go on. */
  async function dropOrphans(found: readonly Delivery[]): Promise<void> {
    const now = clock.now();
    for (const { hook } of found) {
      if (orphans.has(hook)) continue;
      orphans.add(hook);
      logger.warn({ hook }, "alerts wait for a hook that is not configured");
    }
    const over = found.filter((one) => now >= one.createdAt + retry.giveUpAfterMs);
    if (over.length === 0) return;
    await store.saveDeliveries(
      over.map((one) => ({
        ...one,
        status: "undeliverable",
        lastError: "the hook is not configured any more",
        changedAt: now,
      })),
    );
    for (const { hook, deliveryId, alertId } of over) {
      observe.undeliverable?.(hook);
      logger.error({ hook, deliveryId, alertId }, "an alert is undeliverable: its hook is not configured");
    }
  }

  /** @returns whether it could be read */
  async function look(until: number, isFailing: boolean): Promise<boolean> {
    try {
      await load(until);
      return true;
    } catch (err) {
      if (!isFailing) logger.warn({ err }, "the outbox could not be read; trying again");
      return false;
    }
  }

  async function watch(signal: AbortSignal): Promise<void> {
    let isFailing = false;
    while (!signal.aborted) {
      await clock.sleep(LOOK_MS, signal).catch(() => undefined);
      if (!signal.aborted) isFailing = !(await look(clock.now(), isFailing));
    }
  }

  return {
    async enqueue(alert, payload, now) {
      const deliveries = hooks.map((hook) => createDelivery(alert, payload, hook.name, now));
      // made before: it is on its way, or has arrived, and must not become pending again
      const fresh = deliveries.filter((one) => lanes.get(one.hook)?.knows(one.deliveryId) !== true);
      if (fresh.length > 0) await store.saveDeliveries(fresh);
      for (const one of fresh) lanes.get(one.hook)?.add([one]);
      return deliveries;
    },
    keepAlive(alerts, payloadOf, now) {
      for (const lane of lanes.values()) lane.keepAlive(alerts, payloadOf, now);
    },
    async run(signal) {
      for (let isFailing = false; !signal.aborted;) {
        if (await look(clock.now() + HORIZON_MS, isFailing)) break;
        isFailing = true;
        await clock.sleep(1_000, signal).catch(() => undefined);
      }
      await Promise.all([watch(signal), ...[...lanes.values()].map((lane) => lane.run(signal))]);
    },
  };
}
