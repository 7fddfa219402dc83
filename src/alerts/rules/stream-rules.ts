/** The rules that observe the stream: one line a rule. */
import type { StreamRule } from "../rule.ts";
import { cursorAging } from "./cursor-aging.ts";
import { deadLetters } from "./dead-letters.ts";
import { failureRate } from "./failure-rate.ts";
import { queueLag } from "./queue-lag.ts";
import { quotaLow } from "./quota-low.ts";
import { streamGap } from "./stream-gap.ts";
import { streamSilent } from "./stream-silent.ts";

export const STREAM_RULES: readonly StreamRule[] = [
  failureRate,
  streamSilent,
  streamGap,
  cursorAging,
  queueLag,
  quotaLow,
  deadLetters,
];
