/** One thing that was checked. */
import { After202Error } from "../../core/errors.ts";

export interface CheckResult {
  readonly name: string;
  /** `warning`: works so far; `skipped`: not needed with these settings, or not to be told. */
  readonly verdict: "ok" | "warning" | "failed" | "skipped";
  readonly said: string;
  /** What to do about it. */
  readonly advice?: readonly string[];
}

export function ok(name: string, said: string): CheckResult {
  return { name, verdict: "ok", said };
}

export function skipped(name: string, said: string): CheckResult {
  return { name, verdict: "skipped", said };
}

export function failed(name: string, said: string, ...advice: string[]): CheckResult {
  return { name, verdict: "failed", said, advice };
}

export function warning(name: string, said: string, ...advice: string[]): CheckResult {
  return { name, verdict: "warning", said, advice };
}

/** A fault in one line; the catalogue's errors with their code. */
export function faultText(error: unknown): string {
  const cause = error instanceof Error ? (error.cause as { code?: string } | undefined) : undefined;
  const reason = cause?.code === undefined ? "" : ` (${cause.code})`;
  if (error instanceof After202Error) return `${error.code} ${error.message}`;
  return (error instanceof Error ? error.message : String(error)) + reason;
}
