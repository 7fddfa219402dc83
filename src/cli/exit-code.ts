/**
 * Exit codes: documented, the same for every command, so that scripts can rely on them.
 */
import type { CorrelationJson } from "./service-answers.ts";
import type { LifecycleJson } from "../core/lifecycle-json.ts";
import type { ErrorCode } from "../core/errors.ts";

export const EXIT = {
  /** Done; of a request: succeeded. */
  ok: 0,
  /** The command failed; of a request: settled in any state but succeeded. */
  bad: 1,
  /** Wrong options, settings, files, keys. */
  usage: 2,
  /** Not settled, or not in time. */
  open: 3,
  /** No such request, correlation, alert, silence, hook or dead letter. */
  unknown: 4,
  /** The service does not answer, or not as it should. */
  unreachable: 5,
  /** A fault of after202's own (EX_SOFTWARE). */
  fault: 70,
} as const;

export function exitCodeOfRequest(one: Pick<LifecycleJson, "state" | "terminal">): number {
  if (one.state === "succeeded") return EXIT.ok;
  return one.terminal ? EXIT.bad : EXIT.open;
}

/** Bad news is final, so it counts more than what is still open. */
export function exitCodeOfCorrelation(rollup: Pick<CorrelationJson, "settled" | "requests">): number {
  const { byState, total } = rollup.requests;
  const good = byState.succeeded ?? 0;
  const open = OPEN_STATES.reduce((sum, state) => sum + (byState[state] ?? 0), 0);
  if (total > good + open) return EXIT.bad;
  return rollup.settled ? EXIT.ok : EXIT.open;
}

const OPEN_STATES = ["unconfirmed", "accepted", "processing", "retrying"] as const;

const CODES: Partial<Record<ErrorCode, number>> = {
  REQUEST_UNKNOWN: EXIT.unknown,
  CORRELATION_UNKNOWN: EXIT.unknown,
  ALERT_UNKNOWN: EXIT.unknown,
  SILENCE_UNKNOWN: EXIT.unknown,
  DEAD_LETTER_UNKNOWN: EXIT.unknown,
  HOOK_UNKNOWN: EXIT.unknown,
  JOURNAL_UNKNOWN: EXIT.unknown,
  REPAIR_UNKNOWN: EXIT.unknown,
  BACKFILL_RUNNING: EXIT.bad,
  CONFIG_INVALID: EXIT.usage,
  INPUT_INVALID: EXIT.usage,
  KEY_MISSING: EXIT.usage,
  KEY_INVALID: EXIT.usage,
  SCOPE_MISSING: EXIT.usage,
  SERVICE_UNREACHABLE: EXIT.unreachable,
  SHUTTING_DOWN: EXIT.unreachable,
  BUFFER_FULL: EXIT.unreachable,
  TOO_MANY_REQUESTS: EXIT.unreachable,
};

/** @param asked the error came from a service that was asked, rather than from this process */
export function exitCodeOfError(code: ErrorCode, asked: boolean): number {
  return CODES[code] ?? (asked ? EXIT.unreachable : EXIT.bad);
}
