/** Requests by state, one state a line, with bars that can be compared. */
import type { Look } from "../terminal/look.ts";
import { numberText } from "./count-text.ts";
import { orderedStates, paintState, stateText } from "./state.ts";

const LONGEST_BAR = 40;

/** @param always states that get a line even without a request */
export function renderStates(
  byState: Readonly<Partial<Record<string, number>>>,
  { colors, width }: Look,
  always: readonly string[] = [],
): string {
  const zero = Object.fromEntries(always.map((state) => [state, 0]));
  const counted = { ...zero, ...byState };
  const rows = orderedStates(Object.fromEntries(Object.keys(counted).map((state) => [state, 1])));
  const counts = rows.map(([state]) => counted[state] ?? 0);
  const most = Math.max(1, ...counts);
  const nameWidth = Math.max(...rows.map(([state]) => stateText(state).length));
  const countWidth = Math.max(...counts.map((count) => numberText(count).length));
  const barWidth = Math.max(1, Math.min(LONGEST_BAR, width - nameWidth - countWidth - 6));
  return rows
    .map(([state], index) => {
      const count = counts[index] ?? 0;
      const name = stateText(state).padEnd(nameWidth);
      const bar = "█".repeat(count === 0 ? 0 : Math.max(1, Math.round((count / most) * barWidth)));
      const number = numberText(count).padStart(countWidth);
      if (count === 0) return colors.dim(`  ${name}  ${number}`);
      return `  ${paintState(state, name, colors)}  ${number}  ${paintState(state, bar, colors)}`;
    })
    .join("\n");
}
