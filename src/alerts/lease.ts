/**
 * The lease: of several processes with the role alerts on one ClickHouse, one runs alerting, and another takes over.
 *
 * ClickHouse has no compare-and-set. Each process makes a claim and renews it, all by ClickHouse's clock; of those that are
 * alive the first one leads. States: claiming (its claim is too new to be sure that no earlier one is still under way) →
 * standby (another is first) or leading → standby, once it could not renew for `holdMs`, which is well before the others
 * hold it for gone (`lapseMs`). A claim that has lapsed is never renewed, but made anew, behind the others.
 * Not promised: that no two ever lead at once. An insert that becomes visible only after `settleMs`, or a process that was
 * stopped in the midst of a round, may overlap; deliveries have the same ids then.
 */
import { randomUUID } from "node:crypto";
import type { AlertStore } from "../core/alert-ports.ts";
import type { Clock, Logger } from "../core/ports.ts";

/** Milliseconds of real time. */
export interface LeaseTiming {
  /** Between two renewals. */
  readonly renewMs: number;
  /** Without a renewal for so long, a leader stops. */
  readonly holdMs: number;
  /** Without a renewal for so long, a claim counts no more. */
  readonly lapseMs: number;
  /** A claim does not lead before it is so old: by then earlier ones are visible. */
  readonly settleMs: number;
}

const TIMING: LeaseTiming = { renewMs: 3_000, holdMs: 10_000, lapseMs: 15_000, settleMs: 3_000 };

export interface LeaseOptions {
  readonly store: Pick<AlertStore, "claimAlerting" | "renewAlerting" | "alertingClaims">;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly timing?: LeaseTiming | undefined;
}

/**
 * Runs `lead` whenever this process leads, until the signal aborts; never rejects.
 *
 * @param lead is to end soon after its signal aborts; one that ends or rejects before is begun again
 */
export async function runLeased(
  { store, clock, logger, timing = TIMING }: LeaseOptions,
  lead: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  let holder = randomUUID();
  let settledAt = Infinity;
  let term: Term | undefined;
  let isStandby = false;
  let isFailing = false;
  signal.addEventListener("abort", () => term?.stop(), { once: true });

  /** @returns whether this process leads from now on */
  async function renew(): Promise<boolean> {
    const isSettled = clock.now() >= settledAt;
    const claims = await store.alertingClaims(timing.lapseMs);
    const own = claims.find((claim) => claim.holder === holder);
    if (own === undefined) {
      holder = randomUUID();
      await store.claimAlerting(holder);
      settledAt = clock.now() + timing.settleMs;
      return false;
    }
    await store.renewAlerting(own, false);
    const leads = isSettled && claims[0] === own;
    if (isSettled && !leads && !isStandby) {
      logger.info({ holder, leader: claims[0]?.holder }, "another process runs alerting; this one waits");
    }
    isStandby = isSettled && !leads;
    return leads;
  }

  while (!signal.aborted) {
    const askedAt = performance.now();
    try {
      if (await renew()) {
        if (term === undefined || term.hasEnded()) {
          await term?.end();
          logger.info({ holder }, "this process runs alerting");
          term = beginTerm(lead, logger);
        }
        term.extend(timing.holdMs - (performance.now() - askedAt));
      } else await term?.end();
      isFailing = false;
    } catch (err) {
      if (!isFailing) logger.warn({ err }, "the claim to alerting could not be renewed; trying again");
      isFailing = true;
    }
    const unsettledMs = settledAt - clock.now();
    const waitMs = unsettledMs > 0 && unsettledMs < Infinity ? unsettledMs + 1 : timing.renewMs;
    await clock.sleep(waitMs, signal).catch(() => undefined);
  }
  await term?.end();
  await release();

  /** So that another need not wait for it to lapse. */
  async function release(): Promise<void> {
    try {
      const own = (await store.alertingClaims(timing.lapseMs)).find((claim) => claim.holder === holder);
      if (own !== undefined) await store.renewAlerting(own, true);
    } catch (err) {
      logger.warn({ err }, "the claim to alerting could not be given up; it lapses");
    }
  }
}

interface Term {
  /** It goes on for so long, and stops unless extended before. */
  extend(ms: number): void;
  stop(): void;
  hasEnded(): boolean;
  /** Stops it, and waits until it has. */
  end(): Promise<void>;
}

function beginTerm(lead: (signal: AbortSignal) => Promise<void>, logger: Logger): Term {
  const stopping = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let ended = false;
  const stop = (): void => stopping.abort();
  const done = lead(stopping.signal)
    .catch((err: unknown) =>
      logger.error({ err }, "alerting has ended by a fault of its own; beginning again"),
    )
    .finally(() => {
      ended = true;
      clearTimeout(timer);
    });
  return {
    extend(ms) {
      clearTimeout(timer);
      if (!ended) timer = setTimeout(stop, Math.max(0, ms));
    },
    stop,
    hasEnded: () => ended || stopping.signal.aborted,
    end: () => (stop(), done),
  };
}
