/** A journal's cursor does not move: at 7 days its position expires, and events are lost. */
import { clear, firing, type StreamRule } from "../rule.ts";

export const cursorAging: StreamRule = {
  kind: "stream",
  name: "cursor-aging",
  severity: "critical",
  async observe(reader, { now, thresholds }) {
    const cursors = await reader.journalCursors();
    return cursors.map(({ source, savedAt }) => {
      const hours = ((now - savedAt) / 3_600_000).toFixed(1);
      return {
        group: { instance: "", objectName: "", source },
        judgement:
          now - savedAt > thresholds.cursorAgeMs
            ? firing("observed", `the cursor has not moved for ${hours} hours, and expires at 168`)
            : clear(`the cursor is ${hours} hours old`),
      };
    });
  },
};
