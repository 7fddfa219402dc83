/**
 * The default texts: for each rule a title, what it means and what to do, and a summary for each status.
 *
 * A summary is one sentence that stands alone in a chat or on a pager. Placeholders: template-values.ts.
 */
import type { AlertRuleName, AlertStatus } from "../core/alert.ts";

export interface RuleTexts {
  readonly title: string;
  readonly description: string;
  readonly summary: Readonly<Record<AlertStatus, string>>;
}

export const DEFAULT_TEXTS: Readonly<Record<AlertRuleName, RuleTexts>> = {
  "link-retry-at-risk": {
    title: "Link retries at risk: {{subject}}",
    description:
      "These records link to persons who do not exist yet, and the last retry is near. " +
      "Create the persons before it, and the records will still get in.",
    summary: {
      firing:
        "{{requests}} to {{subject}} still {{have}} {{records}} waiting for a person, and the last retry is near{{persons}}",
      resolved: "No request to {{subject}} is at risk any more",
      recovered: "The records for {{subject}} that were at risk got in",
    },
  },
  "link-retry-exhausted": {
    title: "Link retries exhausted: {{subject}}",
    description:
      "The persons that these records link to were not there at the last retry: the records are dropped, and nothing tries " +
      "them again. Create the persons, then send the records again.",
    summary: {
      firing: "{{requests}} to {{subject}} {{have}} lost {{records}}: the link retries ran out{{persons}}",
      resolved: "No further request to {{subject}} has run out of link retries",
      recovered: "Late results made good what {{subject}} seemed to have lost when the link retries ran out",
    },
  },
  "request-overdue": {
    title: "Requests overdue: {{subject}}",
    description:
      "Every retry is over, and some records were never reported, neither as created nor as failed. They are presumed lost: " +
      "look some of them up, and send them again if they are missing.",
    summary: {
      firing: "{{requests}} to {{subject}} {{are}} overdue: {{outstanding}} were never reported",
      resolved: "No further request to {{subject}} is overdue",
      recovered: "The overdue results for {{subject}} have arrived",
    },
  },
  "request-rejected": {
    title: "Requests rejected: {{subject}}",
    description:
      "The upstream did not accept these requests: none of their records got in. " +
      "Its answer says why; mend that, then send them again.",
    summary: {
      firing: "{{requests}} to {{subject}} {{have}} been rejected: {{reason}}",
      resolved: "No further request to {{subject}} has been rejected",
      recovered: "The rejected requests to {{subject}} got in after all",
    },
  },
  "failure-rate": {
    title: "Many records fail: {{subject}}",
    description:
      "A larger share of records than the threshold fails. The error codes of recent requests say why: often a field, " +
      "a mapping or a permission was changed.",
    summary: {
      firing: "Too many records fail in {{subject}}: {{reason}}",
      resolved: "The share of failed records in {{subject}} is back below the threshold",
      recovered: "The share of failed records in {{subject}} is back below the threshold",
    },
  },
  "unconfirmed-submission": {
    title: "Submissions unconfirmed: {{subject}}",
    description:
      "These submissions never got a response, and the stream shows nothing of them: nobody knows whether they got in. " +
      "If the operation can be repeated safely, send them again.",
    summary: {
      firing: "{{requests}} to {{subject}} {{have}} no answer and no result: {{records}} may not have got in",
      resolved: "No further submission to {{subject}} is unconfirmed",
      recovered: "The unconfirmed submissions to {{subject}} have been confirmed",
    },
  },
  "stream-silent": {
    title: "Stream silent: {{subject}}",
    description:
      "No event has come for longer than expected. Check the registration of the stream, its credentials and its quota; " +
      "what is inferred from silence is less certain meanwhile.",
    summary: {
      firing: "The stream {{subject}} is silent: {{reason}}",
      resolved: "The stream {{subject}} brings events again",
      recovered: "The stream {{subject}} brings events again",
    },
  },
  "stream-gap": {
    title: "Gap in the stream: {{subject}}",
    description:
      "Part of the stream has not arrived: the journal no longer holds what was not read, or the hourly metrics events " +
      "state more than came. Requests of that time may have results that nobody saw. GET /v1/stream tells what is " +
      "missing; `after202 backfill` reads the journal again.",
    summary: {
      firing: "The stream {{subject}} has a gap: {{reason}}",
      resolved: "The gap in the stream {{subject}} is past",
      recovered: "The gap in the stream {{subject}} is closed",
    },
  },
  "cursor-aging": {
    title: "Cursor aging: {{subject}}",
    description:
      "The journal keeps events for 7 days, and the place up to which it was read does not move. " +
      "Find out why before the position expires, or events will be lost.",
    summary: {
      firing: "The cursor of {{subject}} is getting old: {{reason}}",
      resolved: "The cursor of {{subject}} moves again",
      recovered: "The cursor of {{subject}} moves again",
    },
  },
  "queue-lag": {
    title: "Queue lags: {{subject}}",
    description:
      "The upstream works through its queue more slowly than records come in. Results come later, and deadlines were moved " +
      "accordingly; there is nothing to mend here.",
    summary: {
      firing: "The upstream lags behind in {{subject}}: {{reason}}",
      resolved: "The queue {{subject}} has caught up",
      recovered: "The queue {{subject}} has caught up",
    },
  },
  "quota-low": {
    title: "Quota low: {{subject}}",
    description:
      "At the present rate the daily quota runs out, and requests will be rejected until it is reset. " +
      "Put off what can wait.",
    summary: {
      firing: "The daily quota of {{subject}} is running out: {{reason}}",
      resolved: "The daily quota of {{subject}} lasts again",
      recovered: "The daily quota of {{subject}} lasts again",
    },
  },
  "dead-letters": {
    title: "Dead letters: {{subject}}",
    description:
      "Events arrived that could not be read; they are kept as they came. `after202 dead-letters list` shows why; " +
      "redrive them after an upgrade, or discard them.",
    summary: {
      firing: "Events could not be read: {{reason}}",
      resolved: "No dead letter is waiting any more",
      recovered: "No dead letter is waiting any more",
    },
  },
  "bulk-job-failed": {
    title: "Bulk job failed: {{subject}}",
    description:
      "The job ended as Failed, or not one of its rows got in: the files have to be loaded again. " +
      "Data Cloud's refresh history of the data stream says why; the job itself does not.",
    summary: {
      firing: "{{requests}} to {{subject}} {{have}} failed as a bulk job: {{reason}}",
      resolved: "No further bulk job for {{subject}} has failed",
      recovered: "The failed bulk job for {{subject}} was completed after all",
    },
  },
};
