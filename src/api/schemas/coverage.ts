/**
 * What was read of each journal, its gaps, and what was read again, as the API gives them.
 */
import { Type } from "typebox";
import { REPAIR_REASONS } from "../../core/repair.ts";
import { closed, count, named, ref, text, time, timeOrNull } from "./field.ts";

const interval = Type.Object(
  { from: time("Where it begins."), until: time("Where it ends.") },
  { ...closed, description: "An interval of time." },
);

export const coverage = Type.Object(
  {
    source: text("Name of the journal."),
    intervals: Type.Array(interval, { description: "In their order; what touches is one." }),
  },
  { ...closed, description: "What was read of a journal." },
);

export const gap = Type.Object(
  {
    source: text("Name of the journal."),
    from: time("Where it begins."),
    until: time("Where it ends."),
    reason: Type.Enum(["position_expired"], { description: "`position_expired`: the journal answered 410." }),
    state: Type.Enum(["open", "repaired", "beyond_repair"], {
      description:
        "`repaired`: all of it has been read since. `beyond_repair`: what has not is older than 7 days, and the journal keeps it no longer.",
    }),
    rest: Type.Array(interval, { description: "What has not been read since; empty when it is repaired." }),
    repairedAt: timeOrNull("When the last of it was read."),
    repairedBy: Type.Union([Type.Enum(["reading", "backfill", "repair"]), Type.Null()], {
      description: "What read the last of it: the journal as it went on, a backfill, or an automatic repair.",
    }),
  },
  { ...closed, description: "An interval in which events may have been lost on their way." },
);

const repair = named(
  "Repair",
  Type.Object(
    {
      repairId: text("Its id."),
      source: text("Name of the journal."),
      reason: Type.Enum([...REPAIR_REASONS], {
        description:
          "`asked`: by a backfill. `position_expired`: a gap. `path_silent`: other sources brought what no journal did. `records_missing`: by the stream\u2019s own counts results are missing.",
      }),
      state: Type.Enum(["waiting", "running", "done", "failed"], {
        description: "How it stands; `waiting`: until the process that reads this journal takes it up.",
      }),
      from: time("From when on the journal is read."),
      until: time("Where ends what was missing; of a backfill, when it was asked for."),
      startedAt: time("When it began."),
      endedAt: timeOrNull("When it ended."),
      pages: count("Pages read."),
      events: count("Events read."),
      new: count("Those that were not known before."),
      duplicate: count("Those that were."),
      dead: count("Those that went to dead letters."),
      reachedAt: timeOrNull("Time of the newest event read."),
      fault: Type.Union([Type.String(), Type.Null()], { description: "Why it failed; else null." }),
    },
    { ...closed, description: "A reading of a journal from some time on: asked for, or by itself." },
  ),
);

const repairList = named(
  "RepairList",
  Type.Object(
    { items: Type.Array(ref("Repair"), { description: "One a journal." }) },
    { ...closed, description: "Readings that have begun." },
  ),
);

export const backfillOrder = named(
  "BackfillOrder",
  Type.Object(
    {
      since: Type.String({
        minLength: 1,
        maxLength: 64,
        description: "From when on: RFC 3339, or back from now: PT6H, P2D. At most 7 days back.",
      }),
      source: Type.Optional(
        Type.String({ minLength: 1, maxLength: 255, description: "Name of one journal; all when absent." }),
      ),
    },
    { ...closed, description: "What to read again.", examples: [{ since: "PT6H" }] },
  ),
);

export const COVERAGE_SCHEMAS = [repair, repairList, backfillOrder];
