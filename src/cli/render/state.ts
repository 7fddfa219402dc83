/** States in words and colours. */
import type { Colors } from "../terminal/look.ts";
import { printable } from "../terminal/printable.ts";

export function stateText(state: string): string {
  return printable(state.replaceAll("_", " "));
}

const PAINTS: Readonly<Record<string, keyof Colors>> = {
  succeeded: "green",
  accepted: "cyan",
  processing: "cyan",
  retrying: "yellow",
  unconfirmed: "yellow",
  partially_failed: "red",
  failed: "red",
  exhausted: "red",
  overdue: "red",
  rejected: "red",
  aborted: "red",
};

export function paintState(state: string, text: string, colors: Colors): string {
  const paint = colors[PAINTS[state] ?? "bold"];
  return typeof paint === "function" ? paint(text) : text;
}

/** In the order in which people want to see them: good, under way, bad. */
export const STATE_ORDER = [
  "succeeded",
  "accepted",
  "processing",
  "retrying",
  "unconfirmed",
  "partially_failed",
  "failed",
  "exhausted",
  "overdue",
  "rejected",
  "aborted",
];

/** The entries in that order; states that are not known here come last. */
export function orderedStates(byState: Readonly<Partial<Record<string, number>>>): [string, number][] {
  const rank = (state: string): number => {
    const index = STATE_ORDER.indexOf(state);
    return index === -1 ? STATE_ORDER.length : index;
  };
  return Object.entries(byState)
    .filter((entry): entry is [string, number] => (entry[1] ?? 0) > 0)
    .sort(([a], [b]) => rank(a) - rank(b));
}
