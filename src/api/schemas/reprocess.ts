/**
 * Running stored events again, as the API takes the order and tells of it.
 */
import { Type } from "typebox";
import { bound } from "../time-bound.ts";
import { closed, count, named, text, time } from "./field.ts";

export const reprocessOrder = named(
  "ReprocessOrder",
  Type.Object(
    {
      since: Type.String({
        maxLength: 64,
        description: "Events stored then or later: RFC 3339, or back from now: PT24H, 7d.",
      }),
      until: bound("Events stored before; now by default."),
      dryRun: Type.Optional(Type.Boolean({ description: "Compares, and stores nothing. False by default." })),
    },
    { ...closed, description: "Which events to run again.", examples: [{ since: "24h", dryRun: true }] },
  ),
);

const fields = Type.Array(
  Type.Object(
    {
      field: text("Its name."),
      before: Type.Unknown({ description: "As it is stored; null: not at all." }),
      after: Type.Unknown({ description: "As the present decoder has it; null: not at all." }),
    },
    { ...closed, description: "A field that differs." },
  ),
  { description: "What differs; of a fact that comes or goes its counts." },
);

const facts = (description: string) =>
  Type.Array(
    Type.Object(
      { requestId: text("Its request."), eventId: text("The event that it is made of."), fields },
      { ...closed, description: "A fact." },
    ),
    { description },
  );

const unreadable = Type.Object(
  { eventId: text("Its id."), code: text("Why, as in dead letters."), reason: text("The same for people.") },
  { ...closed, description: "An event." },
);

const reprocessLine = named(
  "ReprocessLine",
  Type.Object(
    {
      type: Type.Enum(["progress", "done", "failed"], {
        description: "`done` and `failed` are the last line.",
      }),
      since: time("Events stored then or later."),
      until: time("Events stored before."),
      dryRun: Type.Boolean({ description: "Nothing is stored." }),
      decoderVersion: count(
        "Of the present decoder: of two facts with one identity the higher one's counts.",
      ),
      events: Type.Object(
        {
          total: count("How many there are, about."),
          read: count("How many have been read."),
          withoutBody: count("Those stored while RAW_EVENTS was off."),
          unreadable: count("Those that the present decoder cannot read, or not all of."),
        },
        { ...closed, description: "Events." },
      ),
      facts: Type.Object(
        {
          same: count("As they are stored."),
          new: count("Not stored so far."),
          changed: count("Stored with other content."),
          gone: count("Stored, and not made of these events any more. They stay: no fact is ever removed."),
          outranked: count("Among the changed: the stored ones are not of an older decoder, and stay."),
          written: count("New and changed ones that are stored by now."),
        },
        { ...closed, description: "Facts." },
      ),
      examples: Type.Object(
        {
          new: facts("New ones."),
          changed: facts("Changed ones."),
          gone: facts("Gone ones."),
          unreadable: Type.Array(unreadable, { description: "Events that cannot be read." }),
        },
        { ...closed, description: "At most five of each." },
      ),
      error: Type.Optional(
        Type.Object(
          { code: text("Of the catalogue."), message: text("What went wrong and what to do.") },
          { ...closed, description: "With `failed`: why. What was stored by then is stored." },
        ),
      ),
    },
    { ...closed, description: "How far it is: a line of the answer." },
  ),
);

export const REPROCESS_SCHEMAS = [reprocessOrder, reprocessLine];
