/**
 * The two periodic events of the stream: metrics of the window just ended, and the status of quota and queue.
 *
 * `lagSeconds` is wall-clock time, like every time on the stream.
 */
import type { AcceptedRequest } from "../marketo/processor.ts";
import type { ObservabilitySettings } from "../options.ts";
import type { Random } from "../random.ts";
import type { Scheduler } from "../scheduler.ts";
import { count, type TruthRow } from "../truth.ts";
import { createEvent } from "./cloud-event.ts";
import type { ResultsEntry } from "./results-outbox.ts";
import type { Stream } from "./stream.ts";

export interface Observability {
  requestAnswered(truth: TruthRow, errorCode: string | null): void;
  resultReported(entry: ResultsEntry): void;
  /** Starts the periodic events. */
  start(): void;
}

interface RecordCounts {
  received: number;
  created: number;
  updated: number;
  failed: Record<string, number>;
}

interface Window {
  requests: { received: number; processed: number; rejected: Record<string, number> };
  records: Record<string, Record<string, RecordCounts>>;
}

export interface ObservabilityParts {
  readonly settings: ObservabilitySettings;
  readonly stream: Stream;
  readonly scheduler: Scheduler;
  readonly random: Random;
  /** Instances that report even without traffic. */
  readonly instances: readonly string[];
  quota(instance: string): number;
  backlog(): Iterable<AcceptedRequest>;
}

export function createObservability(parts: ObservabilityParts): Observability {
  const { settings, stream, scheduler, random } = parts;
  const instances = new Set(parts.instances);
  let windows = new Map<string, Window>();
  let windowStart = new Date().toISOString();

  function windowOf(instance: string): Window {
    instances.add(instance);
    let window = windows.get(instance);
    if (window === undefined) {
      window = { requests: { received: 0, processed: 0, rejected: {} }, records: {} };
      windows.set(instance, window);
    }
    return window;
  }

  function publishMetrics(): void {
    const time = new Date().toISOString();
    for (const instance of instances) {
      const data = { munchkinId: instance, windowStart, ...windowOf(instance) };
      stream.publish(createEvent("metrics", random.uuid(), time, data, random));
    }
    windows = new Map();
    windowStart = time;
  }

  function publishStatus(): void {
    const now = Date.now();
    for (const instance of instances) {
      const data = { munchkinId: instance, quota: parts.quota(instance), queue: queueOf(instance, now) };
      stream.publish(createEvent("status", random.uuid(), new Date(now).toISOString(), data, random));
    }
  }

  function queueOf(instance: string, now: number): object {
    const queue = { high: emptyQueue(), normal: emptyQueue() };
    for (const { truth, acceptedAtMs } of parts.backlog()) {
      if (truth.instance !== instance) continue;
      const lane = truth.priority === "high" ? queue.high : queue.normal;
      lane.lagSeconds = Math.max(lane.lagSeconds, Math.round((now - acceptedAtMs) / 1_000));
      lane.requestBacklog += 1;
      lane.recordBacklog += truth.records;
    }
    return queue;
  }

  return {
    requestAnswered(truth, errorCode) {
      const { requests, records } = windowOf(truth.instance);
      requests.received += 1;
      if (errorCode !== null) {
        count(requests.rejected, errorCode);
        return;
      }
      requests.processed += 1;
      recordCounts(records, truth).received += truth.records;
    },
    resultReported({ truth, records: reported }) {
      const counts = recordCounts(windowOf(truth.instance).records, truth);
      counts.created += reported.created;
      counts.updated += reported.updated;
      for (const [code, records] of Object.entries(reported.failed)) count(counts.failed, code, records);
    },
    start() {
      if (settings.metricsMs > 0) scheduler.every(settings.metricsMs, publishMetrics);
      if (settings.statusMs > 0) scheduler.every(settings.statusMs, publishStatus);
    },
  };
}

function recordCounts(records: Window["records"], truth: TruthRow): RecordCounts {
  const byPriority = (records[truth.objectType] ??= {});
  return (byPriority[truth.priority] ??= { received: 0, created: 0, updated: 0, failed: {} });
}

function emptyQueue(): { lagSeconds: number; requestBacklog: number; recordBacklog: number } {
  return { lagSeconds: 0, requestBacklog: 0, recordBacklog: 0 };
}
