/**
 * What the fold needs to know besides facts: the retry policy of the instance, which codes mean what, and
 * how long to wait. Plain data, so that the SQL form of the fold reads the very same.
 */
import { type RetryPolicy, RETRY_POLICIES, scalePolicy, type RetryPolicyName } from "./retry-policy.ts";

export interface LifecycleSettings {
  readonly policy: RetryPolicy;
  /** Failure codes that mean: the person behind the link field was not found. */
  readonly linkCodes: readonly string[];
  /** Failure codes that the service is known to retry. */
  readonly transientCodes: readonly string[];
  /** How long after the last retry a result may still be under way. */
  readonly graceMs: number;
  /** How far apart a submission without a response and a request of the stream may begin and still be one. */
  readonly adoptionWindowMs: number;
  /** How often Data Cloud takes up what came in by streaming. */
  readonly streamRefreshMs: number;
}

export const DEFAULT_LINK_CODES = ["1004", "404"] as const;
export const DEFAULT_TRANSIENT_CODES = [
  "502",
  "503",
  "504",
  "604",
  "608",
  "611",
  "614",
  "713",
  "719",
] as const;
const DEFAULT_GRACE_MS = 5 * 60_000;
const DEFAULT_ADOPTION_WINDOW_MS = 2 * 60_000;
const STREAM_REFRESH_MS = 3 * 60_000;

export interface LifecycleOptions {
  readonly policy?: RetryPolicyName;
  readonly linkCodes?: readonly string[];
  readonly transientCodes?: readonly string[];
  readonly graceMs?: number;
  /** How many times faster than real the upstream's clock runs; default 1. */
  readonly speed?: number;
}

/** The settings for one instance; every time in them is divided by `speed`. */
export function lifecycleSettings(options: LifecycleOptions = {}): LifecycleSettings {
  const speed = options.speed ?? 1;
  return {
    policy: scalePolicy(RETRY_POLICIES[options.policy ?? "marketo-2023"], speed),
    linkCodes: options.linkCodes ?? DEFAULT_LINK_CODES,
    transientCodes: options.transientCodes ?? DEFAULT_TRANSIENT_CODES,
    graceMs: Math.round((options.graceMs ?? DEFAULT_GRACE_MS) / speed),
    adoptionWindowMs: Math.round(DEFAULT_ADOPTION_WINDOW_MS / speed),
    streamRefreshMs: Math.round(STREAM_REFRESH_MS / speed),
  };
}

/** Settings by instance; the entry "" is the default for every instance not named. */
export type SettingsByInstance = ReadonlyMap<string, LifecycleSettings>;

export function settingsOf(settings: SettingsByInstance, instance: string): LifecycleSettings {
  const found = settings.get(instance) ?? settings.get("");
  if (found === undefined) throw new Error("lifecycle settings lack the default entry");
  return found;
}
