/** Nothing has come from a journal for longer than the hourly metrics events would let one expect. */
import { clear, firing, type StreamRule } from "../rule.ts";

export const streamSilent: StreamRule = {
  kind: "stream",
  name: "stream-silent",
  severity: "critical",
  async observe(reader, { now, thresholds }) {
    const cursors = await reader.journalCursors();
    return cursors.map(({ source, lastEventAt, savedAt }) => {
      const silentMs = now - (lastEventAt ?? savedAt);
      const minutes = Math.round(silentMs / 60_000);
      return {
        group: { instance: "", objectName: "", source },
        judgement:
          silentMs > thresholds.streamSilentMs
            ? firing("inferred", `no event for ${minutes} minutes, though metrics events come hourly`)
            : clear(`the last event is ${minutes} minutes old`),
      };
    });
  },
};
