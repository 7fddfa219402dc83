/**
 * The lane of one hook: takes what is due, a few at a time, and settles it; a lane waits for no other.
 *
 * An attempt ends as delivered, as refused (undeliverable at once), or as failed: tried again until 24 hours are over, then
 * undeliverable. What became of it is stored before the next one of the same alert goes out. On the way down nothing new
 * goes out, and what is under way gets a moment: an attempt that is cut off is made again after the start, with its id.
 */
import type { Alert } from "../core/alert.ts";
import type { AlertHook, AlertPayload, AlertStore, Delivery, HookOutcome } from "../core/alert-ports.ts";
import type { Clock, Logger } from "../core/ports.ts";
import { type Circuit, createCircuit } from "./outbox-circuit.ts";
import { Heartbeat } from "./outbox-heartbeat.ts";
import { createLatch, type Latch } from "./outbox-latch.ts";
import type { OutboxObserver } from "./outbox-observer.ts";
import { OutboxQueue } from "./outbox-queue.ts";
import type { RetryPlan } from "./outbox-retry.ts";

export interface LaneParts {
  readonly store: Pick<AlertStore, "saveDeliveries">;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly retry: RetryPlan;
  readonly observe: OutboxObserver;
}

/** Attempts of one hook at the same time. */
const CONCURRENCY = 4;
/** For a hook that does not keep its own limit; real time, as networks take it. */
const ATTEMPT_MS = 30_000;
const DRAIN_MS = 2_000;
const SAVE_AGAIN_MS = 1_000;
/** Milliseconds of the upstream's clock. */
const CIRCUIT = { failuresToOpen: 5, openMs: 5_000, openCapMs: 60_000 };

export class OutboxLane {
  readonly hook: AlertHook;
  private readonly parts: LaneParts;
  private readonly queue = new OutboxQueue();
  private readonly circuit: Circuit;
  private readonly heartbeat: Heartbeat;
  private readonly latch: Latch;
  /** Aborts what is under way. */
  private readonly cut = new AbortController();
  private stopping = false;

  constructor(hook: AlertHook, parts: LaneParts) {
    this.hook = hook;
    this.parts = parts;
    this.latch = createLatch(parts.clock);
    this.heartbeat = new Heartbeat(hook.keepAliveMs);
    const { speed } = parts.retry;
    this.circuit = createCircuit({
      failuresToOpen: CIRCUIT.failuresToOpen,
      openMs: CIRCUIT.openMs / speed,
      openCapMs: CIRCUIT.openCapMs / speed,
    });
  }

  knows(deliveryId: string): boolean {
    return this.queue.knows(deliveryId);
  }

  /** Takes in what is stored as pending. */
  add(deliveries: readonly Delivery[]): void {
    for (const delivery of deliveries) this.queue.add(delivery);
    this.changed();
  }

  /**
   * Tells the receiver again of those alerts for which it is time. Nothing of it is stored or tried again: the next time
   * makes good what fails. What waits says as much, and goes first.
   */
  keepAlive(alerts: readonly Alert[], payloadOf: (alert: Alert) => AlertPayload, now: number): void {
    for (const alert of this.heartbeat.due(alerts, now)) {
      const isFree = this.queue.active < CONCURRENCY && this.circuit.waitMs(now) === 0;
      if (this.stopping || !isFree) return;
      const { alertId } = alert;
      if (this.queue.holds(alertId)) continue;
      this.queue.begin(alert);
      this.circuit.begin();
      this.heartbeat.heard(alertId, now);
      void this.beat(JSON.stringify(payloadOf(alert)), `${alertId}-${now}`).finally(() => {
        this.queue.release(alertId);
        this.changed();
      });
    }
  }

  private async beat(payload: string, id: string): Promise<void> {
    const outcome = await this.ask(payload, id);
    const now = this.parts.clock.now();
    if (outcome.kind !== "retry") {
      if (this.circuit.answered()) this.resumed(now);
    } else if (!this.cut.signal.aborted) this.spare(outcome, now);
  }

  /** Until the signal aborts and nothing is under way any more; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const stop = (): void => {
      this.stopping = true;
      this.latch.wake();
    };
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    while (!this.stopping) await this.latch.wait(this.startDue());
    const drain = setTimeout(() => this.cut.abort(), DRAIN_MS);
    while (this.queue.active > 0) await this.latch.wait(Infinity);
    clearTimeout(drain);
  }

  /** Begins every attempt that may begin now. @returns milliseconds until the next may */
  private startDue(): number {
    while (this.queue.active < CONCURRENCY) {
      const now = this.parts.clock.now();
      const next = this.queue.next();
      if (next === undefined) return Infinity;
      const blockedMs = this.circuit.waitMs(now);
      const isOver = now >= next.createdAt + this.parts.retry.giveUpAfterMs;
      if (blockedMs > 0 && this.circuit.isOpen() && isOver) {
        this.queue.begin(next);
        void this.giveUp(next, next.lastError || "the receiver keeps failing").finally(() => this.changed());
        continue;
      }
      const waitMs = Math.max(next.nextAt - now, blockedMs);
      if (waitMs > 0) return waitMs;
      this.queue.begin(next);
      this.circuit.begin();
      void this.attempt(next).finally(() => this.changed());
    }
    return Infinity;
  }

  private async attempt(delivery: Delivery): Promise<void> {
    const outcome = await this.ask(delivery.payload, delivery.deliveryId);
    const now = this.parts.clock.now();
    if (outcome.kind === "retry") {
      if (this.cut.signal.aborted) this.queue.postpone(delivery);
      else await this.failed(delivery, outcome, now);
      return;
    }
    if (this.circuit.answered()) this.resumed(now);
    const attempts = delivery.attempts + 1;
    if (outcome.kind === "refused") await this.giveUp({ ...delivery, attempts }, outcome.reason);
    else await this.delivered({ ...delivery, attempts }, now);
  }

  /** Never rejects, and ends even if the hook does not. */
  private async ask(text: string, id: string): Promise<HookOutcome> {
    const stop = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const ended = new Promise<HookOutcome>((resolve) => {
      const end = (reason: string): void => {
        stop.abort();
        resolve({ kind: "retry", reason });
      };
      timer = setTimeout(() => end(`the hook took longer than ${ATTEMPT_MS} ms`), ATTEMPT_MS);
      this.cut.signal.addEventListener("abort", () => end("the service is stopping"), {
        signal: stop.signal,
      });
    });
    try {
      const payload = JSON.parse(text) as AlertPayload;
      return await Promise.race([this.hook.deliver(payload, id, stop.signal), ended]);
    } catch (err) {
      this.parts.logger.error({ err, hook: this.hook.name }, "an alert hook failed by itself");
      return { kind: "retry", reason: "the hook failed by itself" };
    } finally {
      clearTimeout(timer);
      stop.abort(); // takes the listener off
    }
  }

  private async delivered(delivery: Delivery, now: number): Promise<void> {
    const { observe } = this.parts;
    observe.delivered?.(this.hook.name, (now - delivery.createdAt) / 1_000);
    this.heartbeat.heard(delivery.alertId, now);
    await this.save({ ...delivery, status: "delivered", changedAt: now });
    this.queue.settle(delivery);
  }

  private async failed(
    delivery: Delivery,
    outcome: HookOutcome & { kind: "retry" },
    now: number,
  ): Promise<void> {
    const { retry, logger, observe } = this.parts;
    const { reason, afterMs } = outcome;
    const hook = this.hook.name;
    this.spare(outcome, now);
    const attempts = delivery.attempts + 1;
    if (now >= delivery.createdAt + retry.giveUpAfterMs) {
      await this.giveUp({ ...delivery, attempts }, reason);
      return;
    }
    const nextAt = now + Math.max(retry.waitMs(attempts), afterMs ?? 0);
    const { deliveryId, alertId } = delivery;
    logger[attempts === 1 ? "warn" : "debug"](
      { hook, deliveryId, alertId, attempts, nextAt, reason },
      "an alert could not be delivered; it is tried again",
    );
    observe.retried?.(hook);
    const later = { ...delivery, attempts, nextAt, lastError: reason, changedAt: now };
    await this.save(later);
    this.queue.postpone(later);
  }

  /** The receiver failed: after some failures in a row, or when it asks for it, it is left alone for a while. */
  private spare({ reason, afterMs }: HookOutcome & { kind: "retry" }, now: number): void {
    const { logger, observe } = this.parts;
    const hook = this.hook.name;
    if (afterMs !== undefined) this.circuit.pauseUntil(now + afterMs);
    if (!this.circuit.failed(now)) return;
    observe.spared?.(hook, true);
    logger.warn({ hook, reason }, "an alert hook keeps failing; it is tried less often");
  }

  private async giveUp(delivery: Delivery, reason: string): Promise<void> {
    const { clock, logger, observe } = this.parts;
    const { deliveryId, alertId, attempts } = delivery;
    const hook = this.hook.name;
    logger.error({ hook, deliveryId, alertId, attempts, reason }, "an alert is undeliverable");
    observe.undeliverable?.(hook);
    await this.save({ ...delivery, status: "undeliverable", lastError: reason, changedAt: clock.now() });
    this.queue.settle(delivery);
  }

  private resumed(now: number): void {
    const hook = this.hook.name;
    this.parts.observe.spared?.(hook, false);
    this.parts.logger.info({ hook }, "an alert hook answers again");
    this.queue.makeDue(now);
  }

  /** Until it is stored: otherwise it would go out again. Gives up only on the way down. */
  private async save(delivery: Delivery): Promise<void> {
    const { store, clock, logger } = this.parts;
    for (let isFirst = true; ; isFirst = false) {
      try {
        await store.saveDeliveries([delivery]);
        return;
      } catch (err) {
        if (isFirst)
          logger.warn({ err, hook: this.hook.name }, "a delivery could not be stored; trying again");
        if (this.stopping) return;
        await clock.sleep(SAVE_AGAIN_MS, this.cut.signal).catch(() => undefined);
      }
    }
  }

  private changed(): void {
    this.parts.observe.waiting?.(this.hook.name, this.queue.size);
    this.latch.wake();
  }
}
