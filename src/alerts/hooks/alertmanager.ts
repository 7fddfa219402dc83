/**
 * Alertmanager, API v2: the alert with labels by which it can be routed, grouped, inhibited and silenced there.
 *
 * A firing alert carries an end in the near future, and is told again well before: when after202 dies, nobody does, and
 * Alertmanager resolves it by itself. So it goes on hearing of what is acknowledged or silenced here; noise is its own to
 * judge. One that is over carries its end.
 */
import type { AlertHook, AlertPayload } from "../../core/alert-ports.ts";
import { type AlertTexts, createAlertTexts } from "../template.ts";
import { openReceiver, type ReceiverOptions } from "./receiver.ts";

export interface AlertmanagerHookOptions extends ReceiverOptions {
  /** Default `alertmanager`. */
  readonly name?: string;
  /** How long it lives on there without being told again; it is, four times as often. Default 20 min, real time. */
  readonly resolveAfterMs?: number;
  readonly texts?: AlertTexts;
}

/** One alert as Alertmanager reads it; times RFC 3339. */
export interface AlertmanagerAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly generatorURL: string;
}

/** Longer than a restart with a migration takes, and short enough for an alert of a service that is gone. */
const RESOLVE_AFTER_MS = 20 * 60_000;
/** Prometheus does it so, too: an alert lives four times as long as the pause between two messages. */
const BEATS = 4;

/**
 * @param options `url` is Alertmanager's own, without /api/v2
 * @throws After202Error CONFIG_INVALID: the URL
 */
export function createAlertmanagerHook(options: AlertmanagerHookOptions): AlertHook {
  const {
    name = "alertmanager",
    clock,
    resolveAfterMs = RESOLVE_AFTER_MS,
    texts = createAlertTexts(),
  } = options;
  const url = alertsUrl(options.url);
  const receiver = openReceiver(name, { ...options, url });
  return {
    name,
    keepAliveMs: resolveAfterMs / BEATS,
    deliver(payload, _deliveryId, signal) {
      const alert = alertmanagerAlert(payload, texts, clock.now(), resolveAfterMs);
      return receiver.post(JSON.stringify([alert]), {}, signal);
    },
  };
}

/** Takes Alertmanager's own URL, under a path prefix or not; what is no URL is for `openReceiver` to refuse. */
function alertsUrl(base: string): string {
  if (!URL.canParse(base)) return base;
  const url = new URL(base);
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/api/v2/alerts`;
  return url.href;
}

function alertmanagerAlert(
  payload: AlertPayload,
  texts: AlertTexts,
  now: number,
  resolveAfterMs: number,
): AlertmanagerAlert {
  return {
    labels: labelsOf(payload),
    annotations: annotationsOf(payload, texts),
    startsAt: payload.startsAt,
    endsAt: endOf(payload, now, resolveAfterMs),
    generatorURL: payload.links.page,
  };
}

/**
 * The labels are the alert's identity there: what may change while it fires (evidence, counts, status) is not among them.
 * `instance` means a scraped host in Prometheus: the upstream's instance has a label of its own.
 */
function labelsOf({ type, severity, group }: AlertPayload): Record<string, string> {
  return {
    alertname: type
      .split("-")
      .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
      .join(""),
    service: "after202",
    rule: type,
    severity,
    ...(group.instance ? { upstream_instance: group.instance } : {}),
    ...(group.objectName ? { object_name: group.objectName } : {}),
    ...(group.source ? { source: group.source } : {}),
  };
}

function annotationsOf(payload: AlertPayload, texts: AlertTexts): Record<string, string> {
  const { requests, records, missingPersons } = payload;
  const failed = Object.entries(records.failed).map(([code, count]) => `${code}: ${count}`);
  return {
    summary: payload.summary,
    title: texts.title(payload),
    description: texts.description(payload),
    status: payload.status,
    evidence: payload.evidence,
    alert_id: payload.id,
    requests: String(requests.count),
    ...(requests.sample.length > 0 ? { sample: requests.sample.join(" ") } : {}),
    records_outstanding: String(records.outstanding),
    ...(failed.length > 0 ? { records_failed: failed.join(", ") } : {}),
    ...(missingPersons ? { persons_missing: String(missingPersons.count) } : {}),
  };
}

function endOf({ status, startsAt, endsAt }: AlertPayload, now: number, resolveAfterMs: number): string {
  if (status === "firing") return new Date(now + resolveAfterMs).toISOString();
  const end = endsAt === null ? now : Math.min(Date.parse(endsAt), now);
  return new Date(Math.max(end, Date.parse(startsAt))).toISOString(); // an end before the start is refused
}
