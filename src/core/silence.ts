/** Silences: matchers that keep the hooks quiet until a time; alerts go on being evaluated and recorded. */
import type { Alert } from "./alert.ts";

export const SILENCE_LABELS = ["rule", "instance", "objectName", "source", "severity"] as const;
export type SilenceLabel = (typeof SILENCE_LABELS)[number];

export interface Matcher {
  readonly label: SilenceLabel;
  readonly value: string;
  /** `=` the whole value, `^=` its beginning. */
  readonly match: "=" | "^=";
}

export interface Silence {
  readonly silenceId: string;
  /** All must match; never empty. */
  readonly matchers: readonly Matcher[];
  readonly startsAt: number;
  readonly until: number;
  readonly createdBy: string;
  readonly comment: string;
}

/** The silence that covers the alert at `now`, if any. */
export function silenceOf(
  alert: Pick<Alert, "rule" | "group" | "severity">,
  silences: readonly Silence[],
  now: number,
): Silence | undefined {
  const labels: Readonly<Record<SilenceLabel, string>> = {
    rule: alert.rule,
    instance: alert.group.instance,
    objectName: alert.group.objectName,
    source: alert.group.source,
    severity: alert.severity,
  };
  return silences.find(
    (silence) =>
      silence.startsAt <= now &&
      now < silence.until &&
      silence.matchers.every(({ label, value, match }) =>
        match === "=" ? labels[label] === value : labels[label].startsWith(value),
      ),
  );
}
