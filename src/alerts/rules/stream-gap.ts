/**
 * Something of the stream is missing. Of a journal: its position expired before it was read, so that events between may be
 * lost, and what is inferred there waits. Of an instance: its metrics events state more than has arrived.
 */
import type { KnownWindow } from "../../core/completeness-ports.ts";
import { clear, firing, type Observation, type StreamRule } from "../rule.ts";

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
    const ofJournals = [...sources].map((source): Observation => {
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
    return [...ofJournals, ...ofInstances(await reader.judgedWindows(now - GAP_MATTERS_MS))];
  },
};

const TOLD_AT_MOST = 3;

function ofInstances(windows: readonly KnownWindow[]): Observation[] {
  const instances = [...new Set(windows.map(({ instance }) => instance))].sort();
  return instances.map((instance) => {
    const lacking = windows.filter((one) => one.instance === instance && one.missing > 0);
    const told = lacking.slice(-TOLD_AT_MOST).map(describe);
    if (lacking.length > TOLD_AT_MOST)
      told.push(`and more in ${lacking.length - TOLD_AT_MOST} earlier windows`);
    return {
      group: { instance, objectName: "", source: "" },
      judgement:
        lacking.length === 0
          ? clear("everything that its metrics events state has arrived")
          : firing("observed", told.join("; ")),
    };
  });
}

function describe({ objectType, priority, missing, stated, from, until }: KnownWindow): string {
  const span = `${new Date(from).toISOString()} to ${new Date(until).toISOString()}`;
  return `${missing} of ${stated} ${objectType} records (${priority}) from ${span} have not arrived`;
}
