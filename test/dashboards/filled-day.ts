/**
 * A day of a busy installation, put into a store as facts: every state and every kind of trouble occurs in it.
 *
 * Deterministic but for its times, which end now. What the stream says of itself lies beside it: status, metrics, sightings,
 * cursors, a gap, repairs, dead letters, alerts.
 */
import type { RecordCountsJson } from "../../src/core/record-counts.ts";
import { DECODER_VERSION, type Fact, type JobFact, jobFactId, T0_RANK } from "../../src/core/fact.ts";
import type { LinkKey } from "../../src/core/submission.ts";
import type { Store } from "../../src/store/store.ts";
import { sampleAlert } from "../alerts/hooks/sample-alert.ts";
import { result, submitted } from "../api/facts.ts";
import { repairRun } from "../core/repair-runs.ts";
import { EMPTY_BATCH } from "../store/empty-batch.ts";
import { counts } from "../counts.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const INSTANCES = ["123-ABC-456", "777-PRD-001"];
export const CODES = ["1003", "1006", "1004", "INVALID_DATE"];
const TENANT = "tenant.c360a.salesforce.com";

interface Story {
  readonly id: string;
  readonly t0: number;
  readonly n: number;
}

/** Everything until `now`, over so many hours. */
export async function fillDay(store: Store, now: number, hours = 24, everyMs = 30_000): Promise<void> {
  const facts: Fact[] = [];
  const linkKeys: LinkKey[] = [];
  const count = Math.floor((hours * HOUR) / everyMs);
  for (let n = 0; n < count; n += 1) {
    // more by day than by night, and a nightly load at the half
    const t0 = now - hours * HOUR + n * everyMs + 1;
    const load =
      n % count > count * 0.45 && n % count < count * 0.6
        ? 3
        : 1 + (Math.sin((n / count) * 6.28) > 0 ? 1 : 0);
    for (let part = 0; part < load; part += 1) {
      const story = { id: `day-${n}-${part}`, t0: t0 + part * 900, n: n * 3 + part };
      facts.push(...tell(story).filter(({ at }) => at <= now));
      linkKeys.push(...digestsOf(story));
    }
  }
  facts.push(...jobs(now));
  await store.append({ ...EMPTY_BATCH, facts, linkKeys });
  await fillStream(store, now, hours);
  await fillTroubles(store, now);
}

const instanceOf = (n: number): string => INSTANCES[n % 5 === 4 ? 1 : 0] ?? "";
const correlationOf = ({ n, t0 }: Story): string =>
  n % 4 === 0 ? `web-forms/${n}` : `nightly-${new Date(t0).toISOString().slice(0, 10)}/${Math.floor(n / 40)}`;

function tell(story: Story): Fact[] {
  const { id, t0, n } = story;
  const linked = n % 3 === 0;
  const kind = linked
    ? { objectType: "customObject", objectName: n % 2 === 0 ? "purchases" : "visits", linkField: "email" }
    : { objectType: n % 7 === 1 ? "company" : "person", objectName: "", linkField: "" };
  const { linkField, ...names } = kind;
  const over = {
    instance: instanceOf(n),
    correlationId: correlationOf(story),
    priority: n % 9 === 0 ? "high" : "normal",
    ...names,
  };
  const sent = (more: object = {}): Fact =>
    submitted(id, {
      submissionId: `00000000-0000-4000-8000-${(n + Math.floor(t0 / 1_000) * 1_000_000).toString(16).padStart(12, "0").slice(-12)}`,
      submittedAt: new Date(t0).toISOString(),
      respondedAt: new Date(t0 + 120).toISOString(),
      ...over,
      ...(linkField === "" ? { linkField: undefined as unknown as string } : { linkField }),
      ...more,
    });
  const came = (afterMs: number, created: number, updated: number, failed: RecordCountsJson = {}): Fact =>
    result(id, afterMs, { ...over, created, updated, failed: counts(failed) }, t0);
  const soon = 8_000 + (n % 17) * 4_000;
  switch (n % 60) {
    case 0: // link: reported when the window closes
      return [sent(), came(soon, 60, 30), came(65 * MINUTE + 4_000, 0, 0, { "1004": 10 })];
    case 12: // link: never heard of again
      return [sent(), came(soon, 80, 10)];
    case 21: // link: the persons come in time
      return [sent(), came(soon, 80, 10), came(36 * MINUTE, 10, 0)];
    case 7:
      return [sent({ httpStatus: 429, errorCode: "4290801" })];
    case 13:
      return [sent({ httpStatus: undefined, respondedAt: undefined, requestId: undefined })];
    case 19:
      return [sent(), came(soon, 0, 0, { "1006": 100 })];
    case 25: // lost
      return [sent(), came(soon, 94, 0)];
    case 31: // made good by a retry
      return [sent(), came(soon, 50, 40, { "503": 10 }), came(5.2 * MINUTE, 10, 0)];
    case 37:
    case 38:
      return [sent(), came(soon, 40, 55, { "1003": 3, "1006": 2 })];
    case 44: // not heard of by anybody else
      return [came(soon, 100, 0)];
    default:
      return [sent(), came(soon, 60, 40)];
  }
}

/** Of linked requests ten link values each; of most the person was sent before. */
function digestsOf(story: Story): LinkKey[] {
  if (story.n % 12 !== 0) return [];
  const common = { at: story.t0, instance: instanceOf(story.n), accepted: true };
  return Array.from({ length: 10 }, (_, k) => `${story.n}-${k}`.padEnd(64, "0")).flatMap((digest, k) => [
    { ...common, digest, role: "link" as const, requestId: story.id },
    ...(k < 7 ? [{ ...common, digest, role: "person" as const, requestId: `person-${story.id}` }] : []),
  ]);
}

const JOB_ENDS: readonly JobFact["jobState"][] = [
  "JobComplete",
  "JobComplete",
  "Failed",
  "Aborted",
  "InProgress",
  "Open",
];

function jobs(now: number): Fact[] {
  return JOB_ENDS.flatMap((end, n): Fact[] => {
    const t0 = now - (JOB_ENDS.length - n) * 50 * MINUTE;
    const requestId = `7501Q00000job${n}`;
    const seen = (jobState: JobFact["jobState"], afterMs: number): JobFact => ({
      kind: "job",
      requestId,
      factId: jobFactId(requestId, jobState, "day"),
      version: DECODER_VERSION,
      at: t0 + afterMs,
      t0,
      t0Rank: T0_RANK.serverTime,
      target: "salesforce",
      instance: TENANT,
      objectType: "bulk",
      objectName: n % 2 === 0 ? "Orders" : "Visits",
      operation: "upsert",
      priority: "",
      clientId: "",
      correlationId: "salesforce-backfill/1",
      requestSource: "",
      jobState,
      retries: 0,
    });
    const upload = submitted(requestId, {
      submissionId: `00000000-0000-4000-9000-00000000000${n}`,
      target: "salesforce",
      instance: TENANT,
      objectType: "bulk",
      objectName: seen("Open", 0).objectName,
      operation: "upload",
      correlationId: "salesforce-backfill/1",
      submittedAt: new Date(t0 + MINUTE).toISOString(),
      respondedAt: new Date(t0 + MINUTE + 500).toISOString(),
      records: 15_000,
      linkField: undefined as unknown as string,
    });
    const problems = result(
      requestId,
      20 * MINUTE,
      { failed: counts({ INVALID_DATE: 12 }), received: 0 },
      t0,
    );
    return [
      seen("Open", 0),
      { ...upload, t0 },
      ...(end === "Open" ? [] : [seen("UploadComplete", 2 * MINUTE), seen("InProgress", 5 * MINUTE)]),
      ...(end === "Open" || end === "InProgress" ? [] : [seen(end, 18 * MINUTE)]),
      ...(n === 1
        ? [{ ...problems, target: "salesforce" as const, instance: TENANT, objectType: "bulk" }]
        : []),
    ];
  });
}

async function fillStream(store: Store, now: number, hours: number): Promise<void> {
  const steps = Array.from({ length: hours * 6 }, (_, n) => n);
  const statuses = steps.flatMap((n) =>
    INSTANCES.flatMap((instance) =>
      ["normal", "high"].map((priority) => ({
        eventId: `status-${instance}-${n}`,
        instance,
        at: now - hours * HOUR + n * 10 * MINUTE,
        quota: 10_000_000 - (n % 144) * 55_000,
        priority,
        lagSeconds: priority === "high" ? 0 : Math.max(0, Math.round(90 * Math.sin(n / 9))),
        requestBacklog: n % 11,
        recordBacklog: Math.max(0, Math.round(4_000 * Math.sin(n / 9))),
      })),
    ),
  );
  const metrics = Array.from({ length: hours }, (_, n) => n).flatMap((n) =>
    [true, false].map((ofRequests) => ({
      eventId: `metrics-${n}`,
      instance: "123-ABC-456",
      windowStart: Math.floor(now / HOUR) * HOUR - (hours - n) * HOUR,
      windowEnd: Math.floor(now / HOUR) * HOUR - (hours - n - 1) * HOUR,
      objectType: ofRequests ? "" : "person",
      priority: ofRequests ? "" : "normal",
      received: 240,
      created: 200,
      updated: 30,
      failed: counts(ofRequests ? { "606": 1 + (n % 4), "4290801": n % 3 } : { "1003": 3 }),
    })),
  );
  const events = Array.from({ length: 150 }, (_, n) => ({
    eventId: `event-${n}`,
    type: "com.adobe.platform.marketo.observability.results",
    time: now - 6 * MINUTE - n * 40_000,
    instance: "123-ABC-456",
    body: "{}",
    path: "journal" as const,
    source: "journal",
  }));
  const sightings = events
    .filter((_, n) => n % 23 !== 0)
    .map(({ eventId, time }) => ({ eventId, time, path: "webhook" as const, source: "webhook" }));
  const deadLetters = Array.from({ length: 12 }, (_, n) => ({
    deadLetterId: `dead-${n}`,
    at: now - n * 100 * MINUTE - MINUTE,
    path: "journal" as const,
    source: "journal",
    code: n % 3 === 0 ? ("EVENT_UNREADABLE" as const) : ("EVENT_INVALID" as const),
    reason:
      n % 3 === 0
        ? "not JSON at byte 412: unexpected end"
        : "data.requests[0].records.received is not a count",
    eventId: `event-x${n}`,
    body: "{",
    encoding: "utf-8" as const,
  }));
  await store.append({ ...EMPTY_BATCH, statuses, metrics, events, sightings, deadLetters });
}

async function fillTroubles(store: Store, now: number): Promise<void> {
  const windows = Array.from({ length: 22 }, (_, n) => ({
    instance: "123-ABC-456",
    objectType: "person",
    priority: "normal",
    from: Math.floor(now / HOUR) * HOUR - (23 - n) * HOUR,
    until: Math.floor(now / HOUR) * HOUR - (22 - n) * HOUR,
    stated: 24_000 + 200 * n,
    seen: 24_000 + 200 * n - (n === 9 ? 400 : 0),
    missing: n === 9 ? 400 : 0,
  }));
  await store.saveJudged(windows, now);
  const cursor = { source: "journal", next: "https://events.example.com/next", savedAt: now - 5_000 };
  const times = { lastEventAt: now - 9_000, coveredUntil: now - 5_000, coveredFrom: now - 24 * HOUR };
  await store.saveCursor({ ...cursor, ...times });
  const gap = { from: now - 20 * HOUR, until: now - 19 * HOUR };
  await store.recordGap({ source: "journal", ...gap, reason: "position_expired" });
  const run = {
    ...gap,
    startedAt: now - 18 * HOUR,
    endedAt: now - 17.9 * HOUR,
    changedAt: now - 17.9 * HOUR,
  };
  await store.saveRepair(
    repairRun({
      ...run,
      reason: "position_expired",
      state: "done",
      pages: 40,
      events: 8_000,
      fresh: 310,
      duplicate: 7_690,
    }),
  );
  const alert = (alertId: string, hoursAgo: number, more: Parameters<typeof sampleAlert>[0]) =>
    sampleAlert({ alertId, startsAt: now - hoursAgo * HOUR, changedAt: now - hoursAgo * HOUR, ...more });
  await store.saveAlerts(
    [
      alert("a-1", 2, { rule: "link-retry-exhausted" }),
      alert("a-2", 0.2, {
        rule: "link-retry-at-risk",
        severity: "warning",
        reason: "10 records wait, 12 minutes are left",
        missingPersons: { count: 12, of: 40, sample: [], askedAt: now, windowEndsAt: now + 12 * MINUTE },
      }),
      alert("a-3", 9, {
        rule: "stream-gap",
        status: "resolved",
        endsAt: now - 8 * HOUR,
        reason: "400 of 25800 person records have not arrived",
      }),
      alert("a-4", 15, { rule: "link-retry-exhausted", status: "recovered", endsAt: now - 14 * HOUR }),
    ],
    [],
  );
}
