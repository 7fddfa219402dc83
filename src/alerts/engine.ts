/**
 * The engine: sweeps, evaluates, keeps the book of alerts and says when hooks are to be told.
 *
 * One process runs it (lease.ts). A tick's writes go in an order that a crash cannot hurt: alerts, members, sums and notifications,
 * and the sweep's cursor last; what was evaluated twice changes nothing the second time. Inferences are made as of the
 * time up to which the stream has been read, so that a service that comes back after hours does not cry wolf.
 */
import { type Alert, type AlertMissingPersons, type AlertRuleName, groupKey } from "../core/alert.ts";
import type { Acknowledgement, AlertMember, AlertStore, InstanceSet } from "../core/alert-ports.ts";
import { type AlertTiming, decideNotification } from "../core/alert-timing.ts";
import type { Ledger, TimeStretch } from "../core/ledger.ts";
import { settingsOf, type SettingsByInstance } from "../core/lifecycle-settings.ts";
import type { Clock, CoverageGap, Logger } from "../core/ports.ts";
import { type Silence, silenceOf } from "../core/silence.ts";
import type { StreamStatus } from "../core/stream-status.ts";
import { mergeCounts } from "../core/record-counts.ts";
import { AlertBook } from "./alert-book.ts";
import { evaluateRequest, type MemberChange, releaseAdopted } from "./evaluation.ts";
import type { RequestRule, StreamRule } from "./rule.ts";
import { type Band, createSweep, type Sweep } from "./sweep.ts";
import type { Thresholds } from "./thresholds.ts";

export interface EngineOptions {
  readonly store: AlertStore;
  /** Folds as of `asOf`, which the engine sets. */
  readonly ledgerAt: (asOf: () => number) => Ledger;
  readonly settings: SettingsByInstance;
  readonly thresholds: Thresholds;
  readonly timing: AlertTiming;
  readonly requestRules: readonly RequestRule[];
  readonly streamRules: readonly StreamRule[];
  /** Up to when the stream has been read, epoch milliseconds. */
  readonly coveredUntil: (now: number) => Promise<number>;
  /** Hands a notification to the outbox; resolves when it is stored. */
  readonly notify: (alert: Alert) => Promise<void>;
  /** At the end of each tick: the alerts that fire and that hooks were told of, for those that want to hear it again. */
  readonly keepAlive?: (alerts: readonly Alert[]) => void;
  /** What other processes were asked to acknowledge; absent: there are none. */
  readonly acknowledgedElsewhere?: (now: number) => Promise<readonly Acknowledgement[]>;
  /** Whom the requests behind an alert wait for; asked once for each notification of a rule to which it matters. */
  readonly missingPersons: (alert: Alert) => Promise<AlertMissingPersons | null>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Between two ticks; default 250 ms. */
  readonly tickMs?: number;
  /** Between two looks at the stream's own condition; default 10 s. */
  readonly streamRuleIntervalMs?: number;
  readonly observe?: (figures: EngineFigures) => void;
}

export interface EngineFigures {
  readonly tickMs: number;
  readonly evaluated: number;
  readonly firing: number;
}

export interface AlertEngine {
  /** Until the signal aborts; a store that is away is waited for. */
  run(signal: AbortSignal): Promise<void>;
  /** One round; for tests and benchmarks. */
  tick(): Promise<EngineFigures>;
  acknowledge(alertId: string, by: string, comment: string): Promise<Alert | undefined>;
}

const STREAM_RULE_INTERVAL_MS = 10_000;
/** Nor before so many times as long as the last look took: what passes by in the window may be much. */
const STREAM_RULE_REST = 4;
const CHUNK = 2_000;
const SAMPLE = 10;
/** Members of one alert that are asked again at once, and after how many looks at the stream. */
const MOST_AGAIN = 2_000;
const AGAIN_EVERY_LOOKS = 6;
const GAP_LOOK_BACK_MS = 7 * 24 * 3_600_000;
const STATUS_LOOK_BACK_MS = 2 * 3_600_000;

/** Firing members by request and rule. */
type KnownMembers = ReadonlyMap<string, ReadonlyMap<AlertRuleName, AlertMember>>;

export async function openAlertEngine(options: EngineOptions): Promise<AlertEngine> {
  return new Engine(options, new AlertBook(await options.store.openAlerts()));
}

class Engine implements AlertEngine {
  private readonly options: EngineOptions;
  private readonly book: AlertBook;
  private readonly sweep: Sweep;
  private readonly ledger: Ledger;
  private readonly heldBefore = new Set<string>();
  private asOf = 0;
  /** Of this tick, once something is evaluated in it. */
  private gaps: readonly CoverageGap[] | undefined;
  private statuses: readonly StreamStatus[] = [];
  private nextStreamRulesAt = Number.NEGATIVE_INFINITY;
  private askedAgainAt = Number.NEGATIVE_INFINITY;
  private evaluated = 0;

  constructor(options: EngineOptions, book: AlertBook) {
    this.options = options;
    this.book = book;
    const { store, requestRules, settings, thresholds } = options;
    this.sweep = createSweep(store, requestRules, settings, thresholds, (instances) =>
      this.maxLagMs(instances),
    );
    this.ledger = options.ledgerAt(() => this.asOf);
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, logger, tickMs = 250 } = this.options;
    let failing = false;
    while (!signal.aborted) {
      try {
        await this.tick();
        if (failing) logger.info({}, "alerts are evaluated again");
        failing = false;
      } catch (err) {
        if (!failing) logger.error({ err }, "alerts could not be evaluated; trying again");
        failing = true;
      }
      await clock.sleep(tickMs, signal).catch(() => undefined);
    }
  }

  async tick(): Promise<EngineFigures> {
    const { clock, coveredUntil, observe } = this.options;
    const startedAt = clock.now();
    this.evaluated = 0;
    this.asOf = Math.min(startedAt, await coveredUntil(startedAt));
    this.gaps = undefined;
    await this.lookAtStream(startedAt);
    for await (const band of this.sweep.bands({ now: startedAt, coveredUntil: this.asOf })) {
      await this.takeBand(band);
    }
    await this.askAgain(startedAt);
    await this.takeAcknowledgements(startedAt);
    this.endQuiet(startedAt);
    await this.tell(clock.now()); // what began in this tick may be due already
    await this.write();
    this.options.keepAlive?.(this.book.all().filter(isToldAsFiring));
    const figures = {
      tickMs: clock.now() - startedAt,
      evaluated: this.evaluated,
      firing: this.book.all().filter((alert) => alert.status === "firing").length,
    };
    observe?.(figures);
    return figures;
  }

  async acknowledge(alertId: string, by: string, comment: string): Promise<Alert | undefined> {
    this.takeOn({ alertId, at: this.options.clock.now(), by, comment });
    await this.write();
    return this.book.byId(alertId);
  }

  private takeOn({ alertId, at, by, comment }: Acknowledgement): void {
    const alert = this.book.byId(alertId);
    if (alert === undefined || (alert.acknowledgedAt !== null && alert.acknowledgedAt >= at)) return;
    this.book.put({ ...alert, acknowledgedAt: at, acknowledgedBy: by });
    this.book.note(alertId, at, "acknowledged", comment === "" ? `by ${by}` : `by ${by}: ${comment}`);
  }

  /** One that was taken on before is as old as what the alert says of itself, and changes nothing. */
  private async takeAcknowledgements(now: number): Promise<void> {
    const { acknowledgedElsewhere } = this.options;
    if (acknowledgedElsewhere === undefined || this.book.all().length === 0) return;
    for (const one of await acknowledgedElsewhere(now)) this.takeOn(one);
  }

  private async takeBand(band: Band): Promise<void> {
    for (let from = 0; from < band.requestIds.length; from += CHUNK) {
      await this.evaluate(band.requestIds.slice(from, from + CHUNK), band.began);
    }
    await this.sweep.done(band);
  }

  private async evaluate(requestIds: readonly string[], began?: TimeStretch): Promise<void> {
    const { store, requestRules, settings, thresholds } = this.options;
    const [lifecycles, members, gaps] = await Promise.all([
      began === undefined ? this.ledger.getMany(requestIds) : this.ledger.getManyInShort(requestIds, began),
      store.firingMembers(requestIds),
      this.gaps ?? store.coverageGaps(this.asOf - GAP_LOOK_BACK_MS),
    ]);
    this.gaps = gaps;
    const knownOf = byRequest(members);
    const changes: MemberChange[] = [];
    for (const [requestId, one] of lifecycles) {
      const known = knownOf.get(requestId) ?? new Map<AlertRuleName, AlertMember>();
      const view = { now: this.asOf, settings: settingsOf(settings, one.instance), thresholds };
      const inGap = gaps.some((gap) => gap.from <= this.asOf && gap.until >= one.t0);
      if (one.requestId !== requestId) {
        changes.push(...releaseAdopted(requestId, one, requestRules, known));
        continue;
      }
      const { changes: found, held } = evaluateRequest(one, requestRules, known, view, inGap);
      changes.push(...found);
      for (const { rule, reason } of held) this.holdBack(rule, one.instance, reason);
    }
    this.evaluated += lifecycles.size;
    if (changes.length > 0) await this.apply(changes, members, knownOf);
  }

  private async apply(
    changes: readonly MemberChange[],
    members: readonly AlertMember[],
    knownOf: KnownMembers,
  ): Promise<void> {
    const now = this.options.clock.now();
    const changed = new Map<string, Alert>();
    const endings = new Map<string, "resolved" | "recovered">();
    const rows = changes.map((change): AlertMember => {
      const { rule, requestId, what, evidence, reason, one } = change;
      const known = knownOf.get(requestId)?.get(rule.name);
      const alert = this.alertFor(change, known, now);
      if (alert !== undefined) changed.set(alert.alertId, alert);
      const alertId = alert?.alertId ?? known?.alertId ?? "";
      if (what === "resolved" || what === "recovered") endings.set(alertId, what);
      return {
        rule: rule.name,
        requestId,
        alertId,
        status: what === "joined" || what === "changed" ? "firing" : what,
        evidence,
        reason,
        outstanding: one.tally.outstanding,
        failed: one.tally.failed,
        changedAt: now,
      };
    });
    for (const alertId of changed.keys()) this.sumUp(alertId, rows);
    await this.write(); // new alerts stand in the store before their members
    await this.options.store.saveMembers(rows, members);
    for (const alertId of changed.keys()) {
      const alert = this.book.byId(alertId);
      if (alert === undefined) continue;
      const sums = await this.options.store.sumMembers(alertId);
      this.book.resum(alert, sums, endings.get(alertId) ?? "resolved", now);
    }
  }

  /**
   * The alert that a change concerns. A member stays with its own while that fires, whatever became known of its group;
   * with one that is over it has nothing to end, and what goes on begins another.
   */
  private alertFor(
    { rule, group, what, evidence, reason }: MemberChange,
    known: AlertMember | undefined,
    now: number,
  ): Alert | undefined {
    const own = known === undefined ? undefined : this.book.byId(known.alertId);
    if (own?.status === "firing") return own;
    if (what === "resolved" || what === "recovered") return undefined;
    return this.book.openFor(rule, group, { evidence, reason }, now);
  }

  /** From time to time, the members that may have ended under another id; few, and only while such an alert fires. */
  private async askAgain(now: number): Promise<void> {
    const { store, requestRules, streamRuleIntervalMs = STREAM_RULE_INTERVAL_MS } = this.options;
    if (now - this.askedAgainAt < AGAIN_EVERY_LOOKS * streamRuleIntervalMs) return;
    this.askedAgainAt = now;
    const rules = new Set(requestRules.filter((rule) => rule.endsElsewhere).map((rule) => rule.name));
    for (const { rule, status, alertId } of this.book.all()) {
      if (status === "firing" && rules.has(rule))
        await this.evaluate(await store.membersOf(alertId, MOST_AGAIN));
    }
  }

  /** What a new alert begins with, until its members are stored and summed. */
  private sumUp(alertId: string, rows: readonly AlertMember[]): void {
    const alert = this.book.byId(alertId);
    if (alert === undefined || alert.requests.count > 0) return;
    const own = rows.filter((row) => row.alertId === alertId && row.status === "firing");
    this.book.put({
      ...alert,
      requests: {
        count: own.length,
        sample: own.slice(0, SAMPLE).map((row) => row.requestId),
        outstanding: own.reduce((sum, row) => sum + row.outstanding, 0),
        failed: mergeCounts(own.map((row) => row.failed)),
      },
    });
  }

  /** From time to time: what the stream says of itself, and what its rules say of that. */
  private async lookAtStream(now: number): Promise<void> {
    const { clock, store, streamRules, thresholds } = this.options;
    if (now < this.nextStreamRulesAt) return;
    const { streamRuleIntervalMs = STREAM_RULE_INTERVAL_MS } = this.options;
    this.nextStreamRulesAt = now + streamRuleIntervalMs;
    this.statuses = await store.streamStatuses(now - STATUS_LOOK_BACK_MS, now);
    for (const rule of streamRules) {
      for (const { group, judgement } of await rule.observe(store, { now, thresholds })) {
        const known = this.book.find(groupKey(rule.name, group));
        const isOpen = known?.status === "firing";
        if (judgement.verdict === "firing") {
          const alert = this.book.openFor(rule, group, judgement, now);
          if (alert.reason !== judgement.reason) this.book.put({ ...alert, reason: judgement.reason });
        } else if (isOpen && known !== undefined) {
          this.book.end(known, "resolved", judgement.reason, now);
        }
      }
    }
    const tookMs = clock.now() - now;
    this.nextStreamRulesAt = now + Math.max(streamRuleIntervalMs, STREAM_RULE_REST * tookMs);
  }

  /** Terminal states do not pass: an alert about them is over when it was told and nothing new has come for a while. */
  private endQuiet(now: number): void {
    const quiet = new Set(
      this.options.requestRules.filter((rule) => rule.endsByQuiet).map((rule) => rule.name),
    );
    for (const alert of this.book.all()) {
      if (alert.status !== "firing" || !quiet.has(alert.rule) || alert.notifiedAt === null) continue;
      if (now - alert.changedAt < this.options.thresholds.quietMs) continue;
      this.book.end(alert, "resolved", "no further request for a while", now);
    }
  }

  private async tell(now: number): Promise<void> {
    const { store, timing, notify } = this.options;
    let silences: readonly Silence[] | undefined;
    for (const alert of this.book.all()) {
      const decision = decideNotification(alert, timing, now);
      if (!decision.notify) {
        if (alert.status !== "firing") this.book.close(alert);
        continue;
      }
      silences ??= await store.silences(now);
      // an end is told all the same: receivers keep open what they were told of
      const silence = alert.status === "firing" ? silenceOf(alert, silences, now) : undefined;
      const current = silence === undefined ? await this.withPersons(alert) : alert;
      const told: Alert = {
        ...current,
        notifiedAt: now,
        notifiedCount: alert.requests.count,
        notifiedStatus: alert.status,
      };
      if (silence === undefined) {
        await notify(current);
        this.book.note(alert.alertId, now, "notified", decision.reason);
        this.book.put(told);
      } else if (decision.reason === "first") {
        this.book.note(
          alert.alertId,
          now,
          "silenced",
          `${silence.comment || "silenced"} until ${new Date(silence.until).toISOString()}`,
        );
        this.book.put({ ...told, notifiedStatus: "" });
      }
      if (alert.status !== "firing") this.book.close(alert);
    }
  }

  /** Persons come and go meanwhile: whom hooks are told of is asked when they are. */
  private async withPersons(alert: Alert): Promise<Alert> {
    const awaits = this.options.requestRules.some((rule) => rule.name === alert.rule && rule.awaitsPersons);
    if (!awaits || alert.status !== "firing") return { ...alert, missingPersons: null };
    return { ...alert, missingPersons: await this.options.missingPersons(alert) };
  }

  /** Says once for a rule and instance that alerts wait for a gap. */
  private holdBack(rule: string, instance: string, reason: string): void {
    const key = `${rule} ${instance}`;
    if (this.heldBefore.has(key)) return;
    this.heldBefore.add(key);
    this.options.logger.warn(
      { rule, instance, reason },
      "an alert waits: the stream had a gap over its time",
    );
  }

  private async write(): Promise<void> {
    const { alerts, events } = this.book.takeChanges();
    if (alerts.length > 0 || events.length > 0) await this.options.store.saveAlerts(alerts, events);
  }

  private maxLagMs(instances: InstanceSet): number {
    const newest = new Map<string, number>();
    for (const { instance, priority, lagSeconds } of this.statuses) {
      if (instances.only !== undefined && !instances.only.includes(instance)) continue;
      if (instances.except?.includes(instance)) continue;
      newest.set(JSON.stringify([instance, priority]), lagSeconds * 1_000);
    }
    return Math.max(0, ...newest.values());
  }
}

function isToldAsFiring({ status, notifiedStatus }: Alert): boolean {
  return status === "firing" && notifiedStatus === "firing";
}

function byRequest(members: readonly AlertMember[]): KnownMembers {
  const known = new Map<string, Map<AlertRuleName, AlertMember>>();
  for (const member of members) {
    const own = known.get(member.requestId) ?? new Map<AlertRuleName, AlertMember>();
    known.set(member.requestId, own.set(member.rule, member));
  }
  return known;
}
