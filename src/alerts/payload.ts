/**
 * The payload of hooks, as contracted: an alert as others see it.
 *
 * Made once, when the notification is: retries and every hook tell the same.
 */
import type { Alert } from "../core/alert.ts";
import type { AlertPayload } from "../core/alert-ports.ts";
import { missingPersonsText } from "../core/missing-persons-text.ts";
import { countsJson, total } from "../core/record-counts.ts";
import { type AlertTexts, createAlertTexts } from "./template.ts";

export interface AlertLinks {
  /** Where the service is reached from outside: `https://after202.example.com`, with or without a path. */
  readonly base: string;
}

const DEFAULT = createAlertTexts();

export function alertPayload(alert: Alert, { base }: AlertLinks, texts: AlertTexts = DEFAULT): AlertPayload {
  const { alertId, group, requests, missingPersons } = alert;
  const root = base.replace(/\/+$/, "");
  const id = encodeURIComponent(alertId);
  const payload: AlertPayload = {
    id: alertId,
    type: alert.rule,
    status: alert.status,
    severity: alert.severity,
    evidence: alert.evidence,
    startsAt: new Date(alert.startsAt).toISOString(),
    endsAt: alert.endsAt === null ? null : new Date(alert.endsAt).toISOString(),
    group: {
      ...(group.instance !== "" && { instance: group.instance }),
      ...(group.objectName !== "" && { objectName: group.objectName }),
      ...(group.source !== "" && { source: group.source }),
    },
    summary: "",
    requests: { count: requests.count, sample: requests.sample },
    records: { outstanding: requests.outstanding, failed: countsJson(requests.failed) },
    ...(missingPersons && {
      missingPersons: { count: missingPersons.count, sample: missingPersons.sample },
    }),
    links: { self: `${root}/v1/alerts/${id}`, page: `${root}/#/alerts/${id}` },
  };
  return { ...payload, summary: texts.summary(payload, alert.reason, missingText(alert)) };
}

function missingText({ missingPersons, requests }: Alert): string {
  if (missingPersons === null) return "";
  const { count, of, askedAt, windowEndsAt } = missingPersons;
  return missingPersonsText({
    missing: count,
    of,
    records: requests.outstanding + total(requests.failed),
    leftMs: windowEndsAt === null ? null : Math.max(0, windowEndsAt - askedAt),
  });
}
