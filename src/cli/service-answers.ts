/**
 * What the commands read from a running service, as far as core does not name it.
 */
import type { correlationJson, LifecycleJson } from "../core/lifecycle-json.ts";
import type { ReprocessReport } from "../core/reprocess-report.ts";

export type CorrelationJson = ReturnType<typeof correlationJson>;

export interface LifecyclePage {
  readonly items: readonly LifecycleJson[];
  readonly nextCursor: string | null;
}

/** What became of events: of one call, or of all calls of a replay. */
export interface EventReceipt {
  readonly read: number;
  readonly new: number;
  readonly duplicate: number;
  readonly dead: number;
}

/** A reading of a journal from some time on. */
export interface RepairJson {
  readonly repairId: string;
  readonly source: string;
  readonly state: "waiting" | "running" | "done" | "failed";
  readonly pages: number;
  readonly events: number;
  readonly new: number;
  readonly duplicate: number;
  readonly dead: number;
  readonly reachedAt: string | null;
  readonly fault: string | null;
}

export interface RepairList {
  readonly items: readonly RepairJson[];
}

export interface DeadLetterJson {
  readonly deadLetterId: string;
  readonly at: string;
  readonly path: string;
  readonly source: string;
  readonly code: string;
  readonly reason: string;
  readonly eventId: string;
  readonly body?: string;
  readonly encoding?: "utf-8" | "base64";
}

/** A place in a letter's body: line and column in characters from 1, offset in bytes from 0. */
export interface FaultPlaceJson {
  readonly line: number;
  readonly column: number;
  readonly offset: number;
  readonly length: number;
}

export interface DeadLetterDetailJson extends DeadLetterJson {
  readonly state: "waiting" | "redriven" | "discarded";
  readonly settledAt: string | null;
  readonly readable: boolean | null;
  readonly faults: readonly {
    readonly code: string;
    readonly message: string;
    readonly path: string | null;
    readonly place: FaultPlaceJson | null;
  }[];
}

export interface DeadLetterPage {
  readonly items: readonly DeadLetterJson[];
  readonly nextCursor: string | null;
}

export interface RedriveReport {
  readonly read: number;
  readonly redriven: number;
  readonly dead: number;
  readonly unknown: readonly string[];
  readonly new: number;
  readonly duplicate: number;
  readonly more: boolean;
}

export interface DiscardReport {
  readonly discarded: number;
  readonly unknown: readonly string[];
}

/** A line of the answer to running stored events again. */
export interface ReprocessLine {
  readonly type: "progress" | "done" | "failed";
  readonly since: string;
  readonly until: string;
  readonly decoderVersion: number;
  readonly events: ReprocessReport["events"] & { readonly total: number };
  readonly facts: ReprocessReport["facts"];
  readonly examples: ReprocessReport["examples"];
  readonly error?: { readonly code: string; readonly message: string };
}
