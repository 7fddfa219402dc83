/**
 * What a rule is: data, one question to the store, and one pure decision that returns its reason.
 *
 * Two kinds. Request rules judge one lifecycle; the sweep brings them the requests that an arrival or the clock may
 * have changed. Stream rules observe a condition at an interval and judge each observation.
 */
import type { AlertGroup, AlertRuleName, Judgement, Severity } from "../core/alert.ts";
import type { Evidence, Lifecycle } from "../core/lifecycle.ts";
import type { LifecycleSettings } from "../core/lifecycle-settings.ts";
import type { AlertReader } from "../core/alert-ports.ts";
import type { Thresholds } from "./thresholds.ts";

/** What a judgement may look at besides the lifecycle. */
export interface RequestView {
  readonly now: number;
  readonly settings: LifecycleSettings;
  readonly thresholds: Thresholds;
}

export interface RequestRule {
  readonly kind: "request";
  readonly name: AlertRuleName;
  readonly severity: Severity;
  /**
   * Times after the request's beginning at which the clock alone may make it fire; empty: only an arrival can.
   */
  milestonesMs(view: Omit<RequestView, "now">): readonly number[];
  judge(one: Lifecycle, view: RequestView): Judgement;
  /** Its requests wait for persons, or have waited in vain: the hooks are told for whom. */
  readonly awaitsPersons?: true;
  /** A finding that never ends by itself (a terminal state) is over when nothing new came for so long. */
  readonly endsByQuiet: boolean;
  /** What ends it may arrive under another request's id: its members are judged again from time to time. */
  readonly endsElsewhere?: true;
}

/** One state of a condition, for one group. */
export interface Observation {
  readonly group: AlertGroup;
  readonly judgement: Judgement;
}

export interface StreamRule {
  readonly kind: "stream";
  readonly name: AlertRuleName;
  readonly severity: Severity;
  observe(reader: AlertReader, view: StreamView): Promise<readonly Observation[]>;
}

export interface StreamView {
  readonly now: number;
  readonly thresholds: Thresholds;
}

export function firing(evidence: Evidence, reason: string): Judgement {
  return { verdict: "firing", evidence, reason };
}

export function clear(reason: string): Judgement {
  return { verdict: "clear", evidence: "observed", reason };
}
