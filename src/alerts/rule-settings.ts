/** What the settings make of a rule: on or off, how severe, for which requests. */
import type { AlertRuleName, Severity } from "../core/alert.ts";
import type { Lifecycle } from "../core/lifecycle.ts";
import { clear, type RequestRule, type StreamRule } from "./rule.ts";

/** A request must fit all that is given. */
export interface RequestMatch {
  readonly instance?: string;
  readonly objectType?: string;
  readonly objectName?: string;
  readonly requestSource?: string;
  /** Beginning of the correlation id. */
  readonly correlationPrefix?: string;
}

export interface RuleSettings {
  readonly enabled?: boolean;
  readonly severity?: Severity;
  readonly match?: RequestMatch;
}

export type RuleSettingsByName = Partial<Readonly<Record<AlertRuleName, RuleSettings>>>;

export function withSettings<R extends RequestRule | StreamRule>(
  rules: readonly R[],
  settings: RuleSettingsByName,
): R[] {
  return rules
    .filter((rule) => settings[rule.name]?.enabled !== false)
    .map((rule) => {
      const { severity = rule.severity, match } = settings[rule.name] ?? {};
      if (rule.kind === "stream" || match === undefined) return { ...rule, severity };
      const judge: RequestRule["judge"] = (one, view) =>
        fits(one, match) ? rule.judge(one, view) : clear("the settings leave this request out");
      return { ...rule, severity, judge };
    });
}

function fits(one: Lifecycle, match: RequestMatch): boolean {
  return (
    (match.instance === undefined || one.instance === match.instance) &&
    (match.objectType === undefined || one.objectType === match.objectType) &&
    (match.objectName === undefined || one.objectName === match.objectName) &&
    (match.requestSource === undefined || one.requestSource === match.requestSource) &&
    (match.correlationPrefix === undefined || one.correlationId.startsWith(match.correlationPrefix))
  );
}
