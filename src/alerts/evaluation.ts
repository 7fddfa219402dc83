/**
 * Evaluation: every rule's judgement of one request, turned into what changes among the alerts' members.
 *
 * Pure. The same request judged twice changes nothing the second time, so that a sweep may be repeated.
 */
import type { AlertGroup, AlertRuleName } from "../core/alert.ts";
import type { AlertMember } from "../core/alert-ports.ts";
import type { Evidence, Lifecycle } from "../core/lifecycle.ts";
import type { RequestRule, RequestView } from "./rule.ts";

/** A request that begins, goes on or ceases to fire under a rule. */
export interface MemberChange {
  readonly rule: RequestRule;
  readonly group: AlertGroup;
  readonly requestId: string;
  readonly what: "joined" | "changed" | "resolved" | "recovered";
  readonly evidence: Evidence;
  readonly reason: string;
  readonly one: Lifecycle;
}

export interface Held {
  readonly rule: AlertRuleName;
  readonly requestId: string;
  readonly reason: string;
}

export interface Evaluation {
  readonly changes: readonly MemberChange[];
  /** What would fire by inference, if the stream had not had a gap meanwhile. */
  readonly held: readonly Held[];
}

/**
 * @param known the request's firing members, by rule
 * @param inGap whether a gap in the stream lies over the time from the request's beginning on
 */
export function evaluateRequest(
  one: Lifecycle,
  rules: readonly RequestRule[],
  known: ReadonlyMap<AlertRuleName, AlertMember>,
  view: RequestView,
  inGap: boolean,
): Evaluation {
  const changes: MemberChange[] = [];
  const held: Held[] = [];
  for (const rule of rules) {
    const member = known.get(rule.name);
    const { verdict, evidence, reason } = rule.judge(one, view);
    const base = changeOf(one.requestId, one, rule, evidence, reason);
    if (verdict === "firing") {
      if (member !== undefined) {
        if (isChanged(member, one)) changes.push({ ...base, what: "changed" });
      } else if (evidence === "inferred" && inGap) {
        held.push({ rule: rule.name, requestId: one.requestId, reason });
      } else {
        changes.push({ ...base, what: "joined" });
      }
    } else if (member !== undefined) {
      changes.push({ ...base, what: endingOf(rule) });
    }
  }
  return { changes, held };
}

/** Ends what a submission fired for itself: the stream shows it, as another request, which is judged by its own. */
export function releaseAdopted(
  submission: string,
  one: Lifecycle,
  rules: readonly RequestRule[],
  known: ReadonlyMap<AlertRuleName, AlertMember>,
): readonly MemberChange[] {
  const reason = `the stream shows it as the request ${one.requestId}, which is ${one.state}`;
  return rules
    .filter((rule) => known.has(rule.name))
    .map((rule) => ({
      ...changeOf(submission, one, rule, "inferred", reason),
      what: endingOf(rule),
    }));
}

function changeOf(
  requestId: string,
  one: Lifecycle,
  rule: RequestRule,
  evidence: Evidence,
  reason: string,
): Omit<MemberChange, "what"> {
  return { rule, group: groupOf(one), requestId, evidence, reason, one };
}

function endingOf(rule: RequestRule): "recovered" | "resolved" {
  return rule.endsByQuiet ? "recovered" : "resolved";
}

function groupOf(one: Lifecycle): AlertGroup {
  return { instance: one.instance, objectName: one.objectName, source: "" };
}

function isChanged(member: AlertMember, one: Lifecycle): boolean {
  if (member.outstanding !== one.tally.outstanding) return true;
  const { failed } = one.tally;
  return member.failed.size !== failed.size || [...failed].some(([code, n]) => member.failed.get(code) !== n);
}
