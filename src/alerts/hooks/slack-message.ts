/**
 * An alert as a Slack message in Block Kit: what, where, how much, which requests, and how it is known.
 *
 * Text of others (names, ids) is escaped: it neither formats nor mentions anybody. Lengths stay under Slack's limits
 * (header 150, section 3,000, field 2,000 characters).
 */
import type { AlertPayload } from "../../core/alert-ports.ts";
import type { AlertTexts } from "../template.ts";

export interface SlackMessage {
  /** For notifications and screen readers. */
  readonly text: string;
  readonly blocks: readonly SlackBlock[];
}

type SlackText = { readonly type: "mrkdwn" | "plain_text"; readonly text: string; readonly emoji?: true };

type SlackBlock =
  | { readonly type: "header"; readonly text: SlackText }
  | { readonly type: "section"; readonly text: SlackText }
  | { readonly type: "section"; readonly fields: readonly SlackText[] }
  | { readonly type: "context"; readonly elements: readonly SlackText[] };

const SEVERITY_EMOJI = { critical: "🔴", warning: "🟠", info: "🔵" } as const;
const ENDED_EMOJI = { resolved: "✅", recovered: "💚" } as const;
const SHOWN_REQUESTS = 5;

export function slackMessage(payload: AlertPayload, texts: AlertTexts): SlackMessage {
  const emoji = payload.status === "firing" ? SEVERITY_EMOJI[payload.severity] : ENDED_EMOJI[payload.status];
  const headline = `${emoji} ${texts.title(payload)}`;
  const fields = fieldsOf(payload);
  const sample = sampleOf(payload);
  return {
    text: cut(escaped(`${headline}: ${payload.summary}`), 3_000),
    blocks: [
      { type: "header", text: { type: "plain_text", text: cut(headline, 150), emoji: true } },
      section(`*${escaped(payload.summary)}*\n${escaped(texts.description(payload))}`),
      ...(fields.length > 0 ? [{ type: "section" as const, fields }] : []),
      ...(sample === "" ? [] : [section(sample)]),
      { type: "context", elements: contextOf(payload).map((text) => ({ type: "mrkdwn", text })) },
    ],
  };
}

function fieldsOf({ group, requests, records, missingPersons }: AlertPayload): SlackText[] {
  const failed = Object.entries(records.failed).map(([code, count]) => `${count} × ${code}`);
  const rows: [string, string | undefined][] = [
    ["Instance", group.instance],
    ["Object", group.objectName],
    ["Source", group.source],
    ["Requests", requests.count > 0 ? thousands(requests.count) : undefined],
    ["Records outstanding", records.outstanding > 0 ? thousands(records.outstanding) : undefined],
    [
      "Persons missing",
      missingPersons && missingPersons.count > 0 ? thousands(missingPersons.count) : undefined,
    ],
    ["Records failed", failed.length > 0 ? failed.join(", ") : undefined],
  ];
  return rows.flatMap(([label, value]) =>
    value ? [{ type: "mrkdwn" as const, text: cut(`*${label}*\n${escaped(value)}`, 2_000) }] : [],
  );
}

function sampleOf({ requests: { sample, count } }: AlertPayload): string {
  if (sample.length === 0) return "";
  const shown = sample.slice(0, SHOWN_REQUESTS);
  const more = Math.max(count, sample.length) - shown.length;
  return `${shown.map(code).join("\n")}${more > 0 ? `\nand ${thousands(more)} more` : ""}`;
}

function contextOf(payload: AlertPayload): string[] {
  const { evidence, startsAt, endsAt, links } = payload;
  const known =
    evidence === "inferred" ? "inferred: nothing was reported in time" : "observed: reported upstream";
  const times = endsAt === null ? `since ${date(startsAt)}` : `${date(startsAt)} to ${date(endsAt)}`;
  return [`${payload.severity} · ${known}`, times, `<${escaped(links.page)}|Open in after202>`];
}

/** In the reader's own time zone; RFC 3339 where Slack cannot. */
function date(rfc3339: string): string {
  const seconds = Math.floor(Date.parse(rfc3339) / 1_000);
  return `<!date^${seconds}^{date_short_pretty} {time_secs}|${rfc3339}>`;
}

function section(text: string): SlackBlock {
  return { type: "section", text: { type: "mrkdwn", text: cut(text, 3_000) } };
}

function code(text: string): string {
  return `\`${escaped(text.replaceAll("`", "'"))}\``;
}

/** Slack's three control characters; `*`, `_` and `~` only look different. */
function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

function thousands(count: number): string {
  return count.toLocaleString("en-US");
}
