/** The journal's position expired before it was read: events between may be lost, and what is inferred there waits. */
import { clear, firing, type StreamRule } from "../rule.ts";

/** A journal holds 7 days: what an older gap hid is beyond repair. */
const GAP_MATTERS_MS = 7 * 24 * 3_600_000;

export const streamGap: StreamRule = {
  kind: "stream",
  name: "stream-gap",
  severity: "critical",
  async observe(reader, { now }) {
    const gaps = await reader.coverageGaps(now - GAP_MATTERS_MS);
    const sources = new Set([
      ...gaps.map((gap) => gap.source),
      ...(await reader.journalCursors()).map((cursor) => cursor.source),
    ]);
    return [...sources].map((source) => {
      const gap = gaps.find((one) => one.source === source);
      const span =
        gap === undefined
          ? ""
          : `${new Date(gap.from).toISOString()} to ${new Date(gap.until).toISOString()}`;
      return {
        group: { instance: "", objectName: "", source },
        judgement:
          gap === undefined
            ? clear("every interval was read")
            : firing(
                "observed",
                `events from ${span} may be missing; alerts inferred from silence wait there`,
              ),
      };
    });
  },
};
