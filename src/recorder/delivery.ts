/**
 * Delivery: segment after segment to the service, each removed once the service has it.
 *
 * A service that is away, busy or restarting costs time, never a submission; only what it calls wrong by itself is given
 * up, written down and counted. Pauses between tries do not keep a process alive: the next one finds the segments.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { type Backoff, backoffMs } from "../core/backoff.ts";
import type { After202Error } from "../core/errors.ts";
import { type RefusedLine, writeRefused } from "./refused-file.ts";
import { readSegment, type Segment } from "./segment.ts";
import type { Spool } from "./spool.ts";
import { postSubmissions, type ServiceAddress } from "./submission-post.ts";

export interface DeliveryParts {
  readonly spool: Spool;
  readonly directory: string;
  readonly service: ServiceAddress;
  /** How long more is waited for before a segment is closed and sent. */
  readonly lingerMs: number;
  readonly backoff: Backoff;
  /** Told of each failure, and with `null` when the service takes again. */
  readonly onFault: (fault: After202Error | null) => void;
}

export interface DeliveryCounts {
  /** Of what this process recorded. */
  delivered: number;
  /** Of what other processes had left. */
  adopted: number;
  refused: number;
}

export interface Delivery {
  readonly counts: Readonly<DeliveryCounts>;
  /** There is something to send. */
  wake(): void;
  /** Tries at once, pause or not; resolves when nothing is left, or at the abort. */
  drain(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

export function createDelivery(parts: DeliveryParts): Delivery {
  const { spool, service, backoff } = parts;
  const counts: DeliveryCounts = { delivered: 0, adopted: 0, refused: 0 };
  const ending = new AbortController();
  /** Aborted: the pause that is under way ends. */
  let hurry = new AbortController();
  let draining = 0;
  let running: Promise<void> | undefined;
  let failures = 0;

  async function pause(ms: number, ref: boolean): Promise<void> {
    const signal = AbortSignal.any([ending.signal, hurry.signal]);
    await sleep(ms, undefined, { signal, ref }).catch(() => undefined);
  }

  async function run(): Promise<void> {
    if (draining === 0) await pause(parts.lingerMs, true);
    while (!ending.signal.aborted) {
      const segment = await spool.oldest();
      if (segment !== undefined) {
        const waitMs = await deliver(segment);
        if (waitMs !== undefined) await pause(waitMs, false);
      } else if (spool.bytes() > 0) {
        await pause(parts.lingerMs, false); // on its way to the disk
      } else {
        return;
      }
    }
  }

  /** @returns undefined when the service has it; else how long to wait */
  async function deliver(segment: Segment): Promise<number | undefined> {
    const lines = await readSegment(segment.path).catch((error: NodeJS.ErrnoException) =>
      error.code === "ENOENT" ? [] : Promise.reject(error),
    );
    const refused: RefusedLine[] = [];
    const away = await post(lines, refused);
    if (away !== undefined) {
      failures += 1;
      parts.onFault(away.fault);
      return Math.max(backoffMs(backoff, failures, Math.random()), away.retryAfterMs ?? 0);
    }
    if (failures > 0) parts.onFault(null);
    failures = 0;
    if (refused.length > 0) await writeRefused(parts.directory, refused);
    counts.refused += refused.length;
    if (segment.ownLines > 0) counts.delivered += segment.ownLines - refused.length;
    else counts.adopted += lines.length - refused.length;
    await spool.remove(segment);
    return undefined;
  }

  /** In halves, where something is wrong and nobody says what. @returns why it stopped, if it did */
  async function post(
    lines: readonly string[],
    refused: RefusedLine[],
  ): Promise<{ fault: After202Error; retryAfterMs: number | undefined } | undefined> {
    if (lines.length === 0) return undefined;
    const outcome = await postSubmissions(service, lines, ending.signal);
    if (outcome.kind === "away") return outcome;
    if (outcome.kind === "taken") {
      for (const { index, error } of outcome.refused) refused.push({ line: lines[index] ?? "", error });
      return undefined;
    }
    if (lines.length === 1) {
      refused.push({ line: lines[0] ?? "", error: outcome.error });
      return undefined;
    }
    const half = Math.ceil(lines.length / 2);
    return (await post(lines.slice(0, half), refused)) ?? (await post(lines.slice(half), refused));
  }

  function start(): Promise<void> {
    running ??= run()
      .catch(() => pause(backoff.baseMs, false)) // a segment that cannot be read now
      .finally(() => {
        running = undefined;
        if (spool.bytes() > 0 && !ending.signal.aborted) void start();
      });
    return running;
  }

  return {
    counts,
    wake: () => void start(),
    async drain(signal) {
      const gone = new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        signal.addEventListener("abort", () => resolve(), { once: true });
      });
      draining += 1;
      const interrupted = hurry;
      hurry = new AbortController();
      interrupted.abort();
      while (!signal.aborted && !ending.signal.aborted && spool.bytes() > 0) {
        await Promise.race([start(), gone]);
      }
      draining -= 1;
    },
    async close() {
      ending.abort();
      await running;
    },
  };
}
