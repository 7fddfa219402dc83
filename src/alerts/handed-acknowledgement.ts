/**
 * Acknowledging an alert where alerting does not run: it is handed over through the store, and the answer waits until the
 * process that runs alerting has taken it on.
 */
import type { Alert } from "../core/alert.ts";
import type { AlertStore } from "../core/alert-ports.ts";
import { After202Error } from "../core/errors.ts";
import type { Clock } from "../core/ports.ts";

/** A leader looks at what was handed over in each of its rounds: what was handed over longer ago than this is let go. */
export const HANDED_OVER_MS = 60 * 60_000;

const LOOK_MS = 100;
const LOOKS = 50;

/**
 * @returns the alert as it is then; undefined when no open one has this id
 * @throws After202Error ALERTS_STANDBY: nobody has taken it within seconds; it may still be taken within the hour
 */
export async function handAcknowledgement(
  { store, clock }: { store: AlertStore; clock: Clock },
  alertId: string,
  by: string,
  comment: string,
): Promise<Alert | undefined> {
  const found = await store.findAlert(alertId);
  if (found === undefined || (found.status !== "firing" && found.notifiedStatus !== "firing"))
    return undefined;
  const at = clock.now();
  await store.saveAcknowledgement({ alertId, at, by, comment });
  for (let look = 0; look < LOOKS; look += 1) {
    await clock.sleep(LOOK_MS);
    const alert = await store.findAlert(alertId);
    if (alert?.acknowledgedAt != null && alert.acknowledgedAt >= at) return alert;
  }
  throw new After202Error(
    "ALERTS_STANDBY",
    "No process that runs alerting has taken this on yet (after202_alerts_leading is 1 where one does): look at the alert, or ask again.",
  );
}
