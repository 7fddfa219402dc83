/** Ports of alerting: what it asks of the store, and what it hands to hooks. */
import type { Alert, AlertEvent, AlertGroup, AlertRequests, AlertRuleName } from "./alert.ts";
import type { CompletenessReader } from "./completeness-ports.ts";
import type { Evidence } from "./lifecycle.ts";
import type { RecordCounts, RecordCountsJson } from "./record-counts.ts";
import type { CoverageGap, JournalCursor } from "./ports.ts";
import type { Silence } from "./silence.ts";
import type { StreamStatus } from "./stream-status.ts";

/** A request under a rule: which alert it belongs to, and what it adds to it. Times are epoch milliseconds. */
export interface AlertMember {
  readonly rule: AlertRuleName;
  readonly requestId: string;
  readonly alertId: string;
  readonly status: "firing" | "resolved" | "recovered";
  readonly evidence: Evidence;
  readonly reason: string;
  readonly outstanding: number;
  readonly failed: RecordCounts;
  readonly changedAt: number;
}

/** Instances that share settings, and the others: bands of different policies are swept apart. */
export interface InstanceSet {
  readonly only?: readonly string[];
  readonly except?: readonly string[];
}

export interface FailureShare {
  readonly instance: string;
  readonly objectName: string;
  readonly accounted: number;
  readonly failed: number;
}

/** What an instance owes: results for what it has accepted. Times are epoch milliseconds. */
export interface AwaitedInstance {
  readonly instance: string;
  /** 0 when it never gave any. */
  readonly lastResultAt: number;
  /** The first accepted submission after its last result: a silence is no longer than since then. */
  readonly awaitedSince: number;
}

/** A part of a gap that has been read since. Times are epoch milliseconds. */
export interface RereadPart {
  readonly from: number;
  readonly until: number;
  readonly readAt: number;
}

export interface AlertReader extends Pick<CompletenessReader, "judgedWindows"> {
  /**
   * Requests that began in [since, until), by the time-ordered facts, unless these show every record done; in the order of
   * their beginning.
   */
  requestsInBand(instances: InstanceSet, since: number, until: number): Promise<readonly string[]>;
  /**
   * Requests with facts that arrived in [since, until) and may change an alert: refused; or begun before `begunBefore` and
   * with records open, failed, or among those that fire.
   */
  notableArrivals(since: number, until: number, begunBefore: number): Promise<readonly string[]>;
  /** The firing members among these requests. */
  firingMembers(requestIds: readonly string[]): Promise<readonly AlertMember[]>;
  /** Requests that are firing members of an alert, the newest findings first. */
  membersOf(alertId: string, limit: number): Promise<readonly string[]>;
  /** What the firing members of an alert add up to. */
  sumMembers(alertId: string): Promise<AlertRequests>;
  failureShares(since: number, until: number): Promise<readonly FailureShare[]>;
  journalCursors(): Promise<readonly JournalCursor[]>;
  /** What of gaps that reach beyond `since` was never read. */
  coverageGaps(since: number): Promise<readonly CoverageGap[]>;
  /** The parts of gaps that were read again after `since`, in the order of when. */
  rereadParts(since: number): Promise<readonly RereadPart[]>;
  streamStatuses(since: number, until: number): Promise<readonly StreamStatus[]>;
  /** Instances that have accepted something after their last result, and since when they owe one. */
  awaitedInstances(now: number): Promise<readonly AwaitedInstance[]>;
  countDeadLetters(): Promise<number>;
}

export interface AlertStore extends AlertReader {
  claimAlerting(holder: string): Promise<void>;
  /** @param isReleased the claim is given up */
  renewAlerting(claim: AlertingClaim, isReleased: boolean): Promise<void>;
  /** Those that were renewed within the last `lapseMs`, the first claim first. */
  alertingClaims(lapseMs: number): Promise<readonly AlertingClaim[]>;
  loadSweepCursor(name: string): Promise<number | undefined>;
  saveSweepCursor(name: string, at: number): Promise<void>;
  openAlerts(): Promise<readonly Alert[]>;
  saveAlerts(alerts: readonly Alert[], events: readonly AlertEvent[]): Promise<void>;
  /** @param before the firing members of these requests, if they were just asked for: each leaves the alert it was in */
  saveMembers(members: readonly AlertMember[], before?: readonly AlertMember[]): Promise<void>;
  listAlerts(filter: AlertFilter, limit: number, after: string | undefined): Promise<readonly Alert[]>;
  findAlert(alertId: string): Promise<Alert | undefined>;
  alertHistory(alertId: string, limit: number): Promise<readonly AlertEvent[]>;
  /** Hands it to the process that runs alerting. */
  saveAcknowledgement(one: Acknowledgement): Promise<void>;
  /** Those that were handed over since then, oldest first. */
  acknowledgements(since: number): Promise<readonly Acknowledgement[]>;
  silences(now: number): Promise<readonly Silence[]>;
  saveSilence(silence: Silence): Promise<void>;
  /** @returns whether there was one */
  endSilence(silenceId: string, at: number): Promise<boolean>;
  dueDeliveries(now: number, limit: number): Promise<readonly Delivery[]>;
  saveDeliveries(deliveries: readonly Delivery[]): Promise<void>;
  listDeliveries(alertId: string): Promise<readonly Delivery[]>;
}

/** That somebody takes an alert on, told to a process that does not run alerting. Times are epoch milliseconds. */
export interface Acknowledgement {
  readonly alertId: string;
  readonly at: number;
  readonly by: string;
  readonly comment: string;
}

/** An offer to run alerting: of those that are alive the first one leads. */
export interface AlertingClaim {
  readonly holder: string;
  /** By the store's clock, epoch milliseconds. */
  readonly claimedAt: number;
}

export interface AlertFilter {
  readonly status?: string;
  readonly rule?: string;
  readonly instance?: string;
  readonly objectName?: string;
}

/** One notification on its way to one hook; its id is the idempotency key. */
export interface Delivery {
  readonly deliveryId: string;
  readonly alertId: string;
  readonly hook: string;
  /** The payload as contracted, JSON. */
  readonly payload: string;
  readonly status: "pending" | "delivered" | "undeliverable";
  readonly attempts: number;
  readonly createdAt: number;
  readonly nextAt: number;
  readonly lastError: string;
  readonly changedAt: number;
}

/** The payload of every hook (the webhook sends it as it is). Times are RFC 3339. */
export interface AlertPayload {
  readonly id: string;
  readonly type: AlertRuleName;
  readonly status: Alert["status"];
  readonly severity: Alert["severity"];
  readonly evidence: Evidence;
  readonly startsAt: string;
  readonly endsAt: string | null;
  readonly group: Partial<AlertGroup>;
  readonly summary: string;
  readonly requests: { readonly count: number; readonly sample: readonly string[] };
  readonly records: { readonly outstanding: number; readonly failed: RecordCountsJson };
  /** Of alerts about link fields, where submissions told link values. */
  readonly missingPersons?: { readonly count: number; readonly sample: readonly string[] };
  readonly links: { readonly self: string; readonly page: string };
}

/** What became of one attempt to deliver. */
export type HookOutcome =
  | { readonly kind: "delivered" }
  | { readonly kind: "retry"; readonly reason: string; readonly afterMs?: number }
  | { readonly kind: "refused"; readonly reason: string };

export interface AlertHook {
  readonly name: string;
  /**
   * How often its receiver wants to hear that an alert still fires, lest it takes it for over; milliseconds of real time.
   * It hears so of alerts that are acknowledged or silenced, too, if it was told of their beginning. Absent: never.
   */
  readonly keepAliveMs?: number;
  /** Never rejects; gives up when the signal aborts. */
  deliver(payload: AlertPayload, deliveryId: string, signal: AbortSignal): Promise<HookOutcome>;
}
