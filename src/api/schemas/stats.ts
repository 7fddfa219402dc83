/**
 * Counts over time, as the API gives them.
 */
import { Type } from "typebox";
import { TRAFFIC_DIMENSIONS } from "../../core/hourly-ports.ts";
import { closed, count, countsByCode, named, ref, text, time, timeOrNull } from "./field.ts";

const records = Type.Object(
  {
    expected: count("Submitted, or received by the service."),
    created: count("Created."),
    updated: count("Updated."),
    failed: countsByCode("Failed for good, by code."),
    outstanding: count("Of which nothing is known yet."),
    superseded: count("Failures of earlier attempts, made good since."),
  },
  { ...closed, description: "The records of these requests." },
);

const point = named(
  "StatsPoint",
  Type.Object(
    {
      at: time("When the step begins."),
      of: Type.Partial(
        Type.Object(Object.fromEntries(TRAFFIC_DIMENSIONS.map((one) => [one, text(`The ${one} of these.`)]))),
        { ...closed, description: "What these requests have in common: what `by` asked for." },
      ),
      requests: count("Requests that began in this step."),
      records,
    },
    { ...closed, description: "Requests that began in one step, as they stand now." },
  ),
);

const stats = named(
  "Stats",
  Type.Object(
    {
      since: time("Where the first step begins."),
      until: time("Where the last one ends."),
      stepMs: count("Length of a step, in milliseconds."),
      by: Type.Array(Type.Enum([...TRAFFIC_DIMENSIONS]), { description: "What tells the lines apart." }),
      countedUntil: timeOrNull(
        "Everything that arrived before is counted. Steps of whole hours are counted once a minute, by a process with the role alerts.",
      ),
      truncated: Type.Boolean({ description: "There were more points than are given; ask for less." }),
      items: Type.Array(ref("StatsPoint"), {
        description: "In order of time; steps without requests are left out.",
      }),
    },
    {
      ...closed,
      description: "Counts over time.",
      examples: [
        {
          since: "2026-11-22T02:00:00.000Z",
          until: "2026-11-22T03:00:00.000Z",
          stepMs: 3_600_000,
          by: ["state"],
          countedUntil: "2026-11-22T09:12:00.000Z",
          truncated: false,
          items: [
            {
              at: "2026-11-22T02:00:00.000Z",
              of: { state: "partially_failed" },
              requests: 2,
              records: {
                expected: 200,
                created: 150,
                updated: 40,
                failed: { "1003": 10 },
                outstanding: 0,
                superseded: 0,
              },
            },
          ],
        },
      ],
    },
  ),
);

export const STATS_SCHEMAS = [point, stats];
