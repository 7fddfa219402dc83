/**
 * Sources of all processes: each tells the others of its own, through the store they share, so that any of them can say how
 * the stream is read.
 */
import { randomUUID } from "node:crypto";
import type { Clock, Logger, SourceStatus } from "./core/ports.ts";
import type { SourceBoard } from "./core/source-ports.ts";

export interface ToldSourcesParts {
  readonly store: SourceBoard;
  /** Whether other processes may use the store. */
  readonly shared: boolean;
  readonly own: () => readonly SourceStatus[];
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface ToldSources {
  /** Of this process and of others; one that several read stands once, as whoever reads it best has it. */
  all(): Promise<readonly SourceStatus[]>;
  /** Tells of this process' own until the signal aborts; soon after they are gone for the others. */
  run(signal: AbortSignal): Promise<void>;
}

const LOOK_MS = 1_000;
/** What has not changed is told again so often. */
const AGAIN_MS = 10_000;
/** Of whom nothing was heard for so long, it is gone. */
const GONE_MS = 30_000;

const BEST_FIRST = ["reading", "idle", "starting", "retrying", "stopped"] as const;

export function openToldSources({ store, shared, own, clock, logger }: ToldSourcesParts): ToldSources {
  const holder = randomUUID();

  async function tell(): Promise<void> {
    try {
      await store.tellSources(holder, own());
    } catch (err) {
      logger.debug({ err }, "the state of sources could not be told; it is told again");
    }
  }

  return {
    async all() {
      if (!shared) return own();
      return bestOfEach([...own(), ...(await store.sourcesElsewhere(holder, GONE_MS))]);
    },
    async run(signal) {
      if (!shared || own().length === 0) return;
      let told = { text: "", at: Number.NEGATIVE_INFINITY };
      while (!signal.aborted) {
        const text = JSON.stringify(own().map(({ state, fault }) => [state, fault]));
        if (text !== told.text || clock.now() - told.at >= AGAIN_MS) {
          await tell();
          told = { text, at: clock.now() };
        }
        await clock.sleep(LOOK_MS, signal).catch(() => undefined);
      }
    },
  };
}

function bestOfEach(statuses: readonly SourceStatus[]): SourceStatus[] {
  const best = new Map<string, SourceStatus>();
  for (const one of statuses) {
    const known = best.get(one.name);
    if (known === undefined || rank(one) < rank(known)) best.set(one.name, one);
  }
  return [...best.values()];
}

function rank({ state, fault }: SourceStatus): number {
  return 2 * BEST_FIRST.indexOf(state) + (fault === null ? 0 : 1);
}
