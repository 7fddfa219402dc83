/** Missing persons, as the API gives them. A test holds this schema to `missingPersonsJson`. */
import { Type } from "typebox";
import { STATES } from "../../core/lifecycle.ts";
import type { MissingPersonsJson } from "../../core/missing-persons-json.ts";
import { closed, count, named, text, time, timeOrNull } from "./field.ts";

const SAMPLE_MISSING_PERSONS: MissingPersonsJson = {
  requestId: "e3d92152-0fc0-4a0c-9b05-1d2c6f2b7a11",
  state: "retrying",
  known: true,
  linkValues: 100,
  missing: 1,
  waitingRecords: 1,
  windowEndsAt: "2026-11-22T03:05:00.000Z",
  remainingMs: 1_380_000,
  items: [
    {
      digest: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
      waitedSince: "2026-11-22T02:00:00.000Z",
      requests: 1,
      inVain: {
        requestId: "1d2c6f2b-7a11-4a0c-9b05-e3d921520fc0",
        state: "rejected",
        submittedAt: "2026-11-22T02:10:00.000Z",
      },
    },
  ],
  nextCursor: null,
};

const countOrNull = (description: string) =>
  Type.Union([Type.Integer({ minimum: 0 }), Type.Null()], { description });

const person = Type.Object(
  {
    digest: text("The link value's digest, as the submission carried it."),
    waitedSince: time("When the first request that is kept (8 days) began to wait for it."),
    requests: count("How many accepted requests of the last 8 days carry it."),
    inVain: Type.Union(
      [
        Type.Object(
          {
            requestId: text("The request."),
            state: Type.Enum([...STATES], { description: "What became of it." }),
            submittedAt: timeOrNull("When it was sent."),
          },
          { ...closed, description: "A request that carried the person." },
        ),
        Type.Null(),
      ],
      { description: "The newest attempt to upsert the person, which came to nothing; null: none was seen." },
    ),
  },
  { ...closed, description: "A link value without a person." },
);

const missingPersons = named(
  "MissingPersons",
  Type.Object(
    {
      requestId: text("The request."),
      state: Type.Enum([...STATES], { description: "How it stands." }),
      known: Type.Boolean({
        description: "false: its submission told no link values (`linkKeys`), so nothing can be said.",
      }),
      linkValues: countOrNull("Distinct link values of the request; null when not known."),
      missing: countOrNull("How many of them have no person; 0 when nothing waits; null when not known."),
      waitingRecords: count(
        "Records that wait for a person, by the counts of the stream. Fewer than `missing`: some of these persons are in " +
          "Marketo for longer than after202 remembers.",
      ),
      windowEndsAt: timeOrNull("When the window for link fields closes."),
      remainingMs: countOrNull("Milliseconds until then; 0 when it is over; null where there is no window."),
      items: Type.Array(person, { description: "By digest." }),
      nextCursor: Type.Union([Type.String(), Type.Null()], {
        description: "Where the list goes on; null at its end.",
      }),
    },
    {
      ...closed,
      description: "The link values of a request that nobody has upserted, as far as submissions told.",
      examples: [SAMPLE_MISSING_PERSONS],
    },
  ),
);

export const MISSING_PERSONS_SCHEMAS = [missingPersons];
