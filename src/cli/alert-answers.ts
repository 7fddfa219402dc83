/**
 * What the service answers about alerts and silences.
 */
import type { AlertPayload } from "../core/alert-ports.ts";
import type { Matcher } from "../core/silence.ts";

export interface AlertJson extends AlertPayload {
  readonly reason: string;
  readonly acknowledgedAt: string | null;
  readonly acknowledgedBy: string | null;
  readonly silencedBy: string | null;
}

export interface AlertDetailJson extends AlertJson {
  readonly history: readonly { readonly at: string; readonly what: string; readonly reason: string }[];
  readonly deliveries: readonly {
    readonly deliveryId: string;
    readonly hook: string;
    readonly status: "pending" | "delivered" | "undeliverable";
    readonly attempts: number;
    readonly createdAt: string;
    readonly nextAt: string | null;
    readonly changedAt: string;
    readonly lastError: string;
  }[];
}

export interface AlertPage {
  readonly items: readonly AlertJson[];
  readonly nextCursor: string | null;
}

export interface SilenceJson {
  readonly silenceId: string;
  readonly matchers: readonly Matcher[];
  readonly startsAt: string;
  readonly until: string;
  readonly createdBy: string;
  readonly comment: string;
}

export interface SilenceEndJson {
  readonly silenceId: string;
  readonly until: string;
}

export interface HookTestReport {
  readonly hooks: readonly { readonly hook: string; readonly outcome: string; readonly reason?: string }[];
}
