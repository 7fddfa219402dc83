/** The outbox's part of the store, in memory: survives an outbox, as the real one survives a process. */
import type { AlertStore, Delivery } from "../../../src/core/alert-ports.ts";

export class MemoryOutboxStore implements Pick<AlertStore, "dueDeliveries" | "saveDeliveries"> {
  readonly rows = new Map<string, Delivery>();
  /** Every row that was ever written. */
  readonly written: Delivery[] = [];
  isAway = false;

  async saveDeliveries(deliveries: readonly Delivery[]): Promise<void> {
    await Promise.resolve();
    if (this.isAway) throw new Error("the store is away");
    for (const one of deliveries) {
      this.rows.set(one.deliveryId, one);
      this.written.push(one);
    }
  }

  async dueDeliveries(now: number, limit: number): Promise<readonly Delivery[]> {
    await Promise.resolve();
    if (this.isAway) throw new Error("the store is away");
    return this.all("pending")
      .filter((one) => one.nextAt <= now)
      .toSorted((a, b) => a.nextAt - b.nextAt)
      .slice(0, limit);
  }

  all(status: Delivery["status"]): Delivery[] {
    return [...this.rows.values()].filter((one) => one.status === status);
  }
}
