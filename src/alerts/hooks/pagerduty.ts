/**
 * PagerDuty, Events API v2: an alert triggers an incident, and its end resolves it.
 *
 * The alert's id is the dedup key: repetitions and retries update the incident that is open.
 */
import type { AlertHook, AlertPayload } from "../../core/alert-ports.ts";
import { After202Error } from "../../core/errors.ts";
import { type AlertTexts, createAlertTexts } from "../template.ts";
import { openReceiver, type ReceiverOptions } from "./receiver.ts";

export interface PagerdutyHookOptions extends Omit<ReceiverOptions, "url"> {
  /** Default `pagerduty`. */
  readonly name?: string;
  /** Integration key of the service; a secret. */
  readonly routingKey: string;
  /** Empty or missing: PagerDuty's US region; https://events.eu.pagerduty.com/v2/enqueue for the EU. */
  readonly url?: string;
  readonly texts?: AlertTexts;
}

const PAGERDUTY_URL = "https://events.pagerduty.com/v2/enqueue";

/** Most characters of a summary. */
const SUMMARY_LENGTH = 1_024;

/** @throws After202Error CONFIG_INVALID: the URL, or an empty key */
export function createPagerdutyHook(options: PagerdutyHookOptions): AlertHook {
  const { name = "pagerduty", routingKey, texts = createAlertTexts() } = options;
  const url = options.url || PAGERDUTY_URL;
  if (routingKey === "") {
    throw new After202Error("CONFIG_INVALID", `The ${name} hook needs the routing key of its integration.`);
  }
  const receiver = openReceiver(name, { ...options, url }, [routingKey]);
  return {
    name,
    deliver(payload, _deliveryId, signal) {
      return receiver.post(JSON.stringify(pagerdutyEvent(payload, routingKey, texts)), {}, signal);
    },
  };
}

function pagerdutyEvent(payload: AlertPayload, routingKey: string, texts: AlertTexts): object {
  const { id, type, status, severity, evidence, group, requests, records, missingPersons, links } = payload;
  const key = { routing_key: routingKey, dedup_key: id };
  if (status !== "firing") return { ...key, event_action: "resolve" };
  return {
    ...key,
    event_action: "trigger",
    client: "after202",
    client_url: links.page,
    links: [
      { href: links.page, text: "The alert in after202" },
      { href: links.self, text: "The alert as JSON" },
    ],
    payload: {
      summary: payload.summary.slice(0, SUMMARY_LENGTH),
      source: group.instance || group.source || "after202",
      severity, // PagerDuty knows these three by the same names
      timestamp: payload.startsAt,
      component: group.objectName || group.source || "stream",
      group: group.instance || "after202",
      class: type,
      custom_details: {
        title: texts.title(payload),
        description: texts.description(payload),
        evidence,
        requests: requests.count,
        sample: requests.sample,
        records_outstanding: records.outstanding,
        records_failed: records.failed,
        ...(missingPersons && {
          persons_missing: missingPersons.count,
          persons_missing_sample: missingPersons.sample,
        }),
      },
    },
  };
}
