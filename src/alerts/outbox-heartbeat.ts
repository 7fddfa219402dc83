/**
 * The heartbeat of one hook: which alerts its receiver has to hear of again, lest it takes them for over.
 *
 * Kept in memory only: after a start every alert that fires is told again at once, which changes nothing for who knows it.
 */
import type { Alert } from "../core/alert.ts";

export class Heartbeat {
  private readonly everyMs: number | undefined;
  private readonly heardAt = new Map<string, number>();

  /** @param everyMs undefined: the hook has none */
  constructor(everyMs: number | undefined) {
    this.everyMs = everyMs;
  }

  heard(alertId: string, now: number): void {
    if (this.everyMs !== undefined) this.heardAt.set(alertId, now);
  }

  /** @param alerts all that fire and that hooks were told of; others are forgotten */
  due(alerts: readonly Alert[], now: number): readonly Alert[] {
    const { everyMs, heardAt } = this;
    if (everyMs === undefined) return [];
    const firing = new Set(alerts.map((alert) => alert.alertId));
    for (const alertId of heardAt.keys()) {
      if (!firing.has(alertId)) heardAt.delete(alertId);
    }
    return alerts.filter(({ alertId }) => now >= (heardAt.get(alertId) ?? -Infinity) + everyMs);
  }
}
