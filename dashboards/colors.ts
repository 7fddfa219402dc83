/** One colour for each state and outcome, on every dashboard: greens went well, yellows wait, reds want somebody. */
import type { DynamicConfigValue } from "@grafana/grafana-foundation-sdk/dashboard";

export const STATE_COLORS = {
  succeeded: "#56A64B",
  processing: "#8AB8FF",
  accepted: "#5794F2",
  retrying: "#F2CC0C",
  unconfirmed: "#B877D9",
  partially_failed: "#FF9830",
  failed: "#E02F44",
  exhausted: "#C4162A",
  overdue: "#FA6400",
  rejected: "#A352CC",
  aborted: "#8E8E8E",
} as const;

export const OUTCOME_COLORS = {
  created: "#37872D",
  updated: "#73BF69",
  outstanding: "#F2CC0C",
  failed: "#E02F44",
} as const;

export function fixedColor(color: string): DynamicConfigValue[] {
  return [{ id: "color", value: { mode: "fixed", fixedColor: color } }];
}
