/**
 * What waits for one hook: a queue for each alert, so that an alert's end never overtakes its beginning.
 *
 * Only the head of a queue may go out, and only one of an alert at a time. Known are also the last settled ones: a read of
 * the store that began before they were settled brings them again.
 */
import type { Delivery } from "../core/alert-ports.ts";

const REMEMBERED = 10_000;

export class OutboxQueue {
  private readonly byAlert = new Map<string, Delivery[]>();
  private readonly waiting = new Set<string>();
  private readonly settled = new Set<string>();
  private readonly busy = new Set<string>();

  get size(): number {
    return this.waiting.size;
  }

  get active(): number {
    return this.busy.size;
  }

  knows(deliveryId: string): boolean {
    return this.waiting.has(deliveryId) || this.settled.has(deliveryId);
  }

  /** Puts it into its place by time; does nothing where it is known. */
  add(delivery: Delivery): void {
    const { deliveryId, alertId } = delivery;
    if (this.knows(deliveryId)) return;
    this.waiting.add(deliveryId);
    const queue = this.byAlert.get(alertId) ?? [];
    const after = queue.findIndex(
      (one, at) => one.createdAt > delivery.createdAt && !(at === 0 && this.busy.has(alertId)),
    );
    queue.splice(after === -1 ? queue.length : after, 0, delivery);
    this.byAlert.set(alertId, queue);
  }

  /** The head that has been due the longest, of those that are not under way; undefined where there is none. */
  next(): Delivery | undefined {
    let next: Delivery | undefined;
    for (const [alertId, [head]] of this.byAlert) {
      if (head === undefined || this.busy.has(alertId)) continue;
      if (next === undefined || head.nextAt < next.nextAt) next = head;
    }
    return next;
  }

  /** Whether anything of the alert waits or is under way. */
  holds(alertId: string): boolean {
    return this.byAlert.has(alertId) || this.busy.has(alertId);
  }

  begin({ alertId }: { readonly alertId: string }): void {
    this.busy.add(alertId);
  }

  /** What was under way without waiting here is over. */
  release(alertId: string): void {
    this.busy.delete(alertId);
  }

  /** The attempt is over: it waits for another, as changed. */
  postpone(delivery: Delivery): void {
    this.busy.delete(delivery.alertId);
    const queue = this.byAlert.get(delivery.alertId);
    if (queue !== undefined) queue[0] = delivery;
  }

  /** The attempt is over, and was the last. */
  settle({ alertId, deliveryId }: Delivery): void {
    this.busy.delete(alertId);
    this.waiting.delete(deliveryId);
    const queue = this.byAlert.get(alertId);
    queue?.shift();
    if (queue?.length === 0) this.byAlert.delete(alertId);
    this.settled.add(deliveryId);
    for (const oldest of this.settled) {
      if (this.settled.size <= REMEMBERED) break;
      this.settled.delete(oldest);
    }
  }

  /** Whatever waits for a later attempt is due now: the receiver is back. */
  makeDue(now: number): void {
    for (const [alertId, queue] of this.byAlert) {
      const [head] = queue;
      if (head !== undefined && !this.busy.has(alertId) && head.nextAt > now)
        queue[0] = { ...head, nextAt: now };
    }
  }
}
