/**
 * Texts about alerts: `{{placeholders}}` filled in; defaults for every rule, and an operator's own words over them.
 *
 * Everything is checked when the texts are made: a mistyped name is an error at start, not a hole in a message.
 */
import { ALERT_RULES, type AlertRuleName, type AlertStatus } from "../core/alert.ts";
import type { AlertPayload } from "../core/alert-ports.ts";
import { After202Error } from "../core/errors.ts";
import { DEFAULT_TEXTS } from "./template-texts.ts";
import { payloadValues, PLACEHOLDERS } from "./template-values.ts";

export interface AlertTexts {
  /**
   * @param reason what the rule found
   * @param persons whom the requests wait for, in words; empty where not known
   */
  summary(payload: Omit<AlertPayload, "summary">, reason: string, persons?: string): string;
  title(payload: AlertPayload): string;
  description(payload: AlertPayload): string;
}

/**
 * An operator's own words, by `rule[.status][.kind]`, such as `link-retry-exhausted.firing.summary`.
 *
 * Without a kind, the summary is meant; without a status, a summary is that of `firing`, and titles and descriptions are
 * those of every status. The more exact name wins.
 */
export type TextOverrides = Readonly<Record<string, string>>;

type TextKind = keyof typeof PLACEHOLDERS;

interface TextPlace {
  readonly rule: AlertRuleName;
  readonly status: AlertStatus;
  readonly kind: TextKind;
}

const STATUSES = ["firing", "resolved", "recovered"] as const satisfies readonly AlertStatus[];
const KINDS = ["summary", "title", "description"] as const satisfies readonly TextKind[];

/** @throws After202Error CONFIG_INVALID: names or placeholders that are not known; details list all of them */
export function createAlertTexts(overrides: TextOverrides = {}): AlertTexts {
  const own = readOverrides(overrides);

  function template(place: TextPlace): string {
    const preset = DEFAULT_TEXTS[place.rule];
    return (
      own.get(nameOf(place)) ?? (place.kind === "summary" ? preset.summary[place.status] : preset[place.kind])
    );
  }

  function fromPayload(payload: AlertPayload, kind: "title" | "description"): string {
    const values = { ...payloadValues(payload), summary: payload.summary };
    return render(template({ rule: payload.type, status: payload.status, kind }), values);
  }

  return {
    summary(payload, reason, persons = "") {
      const place = { rule: payload.type, status: payload.status, kind: "summary" } as const;
      return render(template(place), {
        ...payloadValues(payload),
        reason,
        persons: persons === "" ? "" : `; ${persons}`,
      });
    },
    title: (payload) => fromPayload(payload, "title"),
    description: (payload) => fromPayload(payload, "description"),
  };
}

const PLACEHOLDER = /\{\{\s*([^{}]*?)\s*\}\}/g;

/** Values are put in as they are: one that looks like a placeholder stays text. */
function render(template: string, values: Readonly<Record<string, string>>): string {
  return template.replaceAll(PLACEHOLDER, (_whole, name: string) => values[name] ?? "");
}

function readOverrides(overrides: TextOverrides): Map<string, string> {
  const texts = new Map<string, string>();
  const problems: string[] = [];
  const general = Object.entries(overrides).toSorted(([a], [b]) => a.split(".").length - b.split(".").length);
  for (const [name, text] of general) {
    const places = placesOf(name);
    const [first] = places;
    if (first === undefined) {
      problems.push(`The text ${name} is not known: expected rule[.status][.kind], such as ${EXAMPLE}.`);
      continue;
    }
    problems.push(...problemsOf(name, text, first.kind));
    for (const place of places) texts.set(nameOf(place), text);
  }
  if (problems.length > 0)
    throw new After202Error("CONFIG_INVALID", problems.join(" "), { details: problems });
  return texts;
}

const EXAMPLE = "link-retry-exhausted.firing.summary";

/** What a name means; nothing, where it means nothing. */
function placesOf(name: string): TextPlace[] {
  const [first, ...rest] = name.split(".");
  const rule = ALERT_RULES.find((one) => one === first);
  const status = STATUSES.find((one) => one === rest[0]);
  if (status !== undefined) rest.shift();
  const kind = rest.length === 0 ? "summary" : KINDS.find((one) => one === rest[0]);
  if (rule === undefined || kind === undefined || rest.length > 1) return [];
  if (status !== undefined) return [{ rule, status, kind }];
  return kind === "summary"
    ? [{ rule, status: "firing", kind }]
    : STATUSES.map((one) => ({ rule, status: one, kind }));
}

function nameOf({ rule, status, kind }: TextPlace): string {
  return `${rule}.${status}.${kind}`;
}

function problemsOf(name: string, text: string, kind: TextKind): string[] {
  const known = Object.keys(PLACEHOLDERS[kind]);
  const used = [...text.matchAll(PLACEHOLDER)].map(([, placeholder = ""]) => placeholder);
  const problems = used
    .filter((placeholder) => !known.includes(placeholder))
    .map((one) => `The text ${name} has {{${one}}}, which is not known; known are ${known.join(", ")}.`);
  if (text.trim() === "") problems.push(`The text ${name} is empty.`);
  if (/\{\{|\}\}/.test(text.replaceAll(PLACEHOLDER, ""))) {
    problems.push(`The text ${name} has a {{ or a }} without its counterpart.`);
  }
  return problems;
}
