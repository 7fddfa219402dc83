/**
 * The stream is silent: a journal has nothing for longer than its hourly metrics events would let one expect, or, where no
 * journal is read, an instance owes results for what it has accepted.
 */
import { clear, firing, type Observation, type StreamRule } from "../rule.ts";

export const streamSilent: StreamRule = {
  kind: "stream",
  name: "stream-silent",
  severity: "critical",
  async observe(reader, { now, thresholds }) {
    const cursors = await reader.journalCursors();
    const judge = (since: number, what: string): Observation["judgement"] => {
      const minutes = Math.round((now - since) / 60_000);
      return now - since > thresholds.streamSilentMs
        ? firing("inferred", `${what} for ${minutes} minutes`)
        : clear(`something came ${minutes} minutes ago`);
    };
    if (cursors.length > 0) {
      return cursors.map(({ source, lastEventAt, savedAt }) => ({
        group: { instance: "", objectName: "", source },
        judgement: judge(lastEventAt ?? savedAt, "no event has come, though metrics events come hourly,"),
      }));
    }
    const awaited = await reader.awaitedInstances(now);
    return awaited.map(({ instance, awaitedSince }) => ({
      group: { instance, objectName: "", source: "" },
      judgement: judge(awaitedSince, "accepted requests have had no result"),
    }));
  },
};
