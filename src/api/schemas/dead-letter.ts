/**
 * Dead letters, and what is to become of them, as the API takes and gives them.
 */
import { Type } from "typebox";
import { ERROR_CATALOGUE } from "../../core/errors.ts";
import { closed, count, named, ref, text, time, timeOrNull } from "./field.ts";
import { PATHS } from "./stream.ts";

const CODES = Object.keys(ERROR_CATALOGUE);

const told = {
  deadLetterId: text("Its id: the same broken input twice is one dead letter."),
  at: time("When it arrived."),
  path: Type.Enum(PATHS, { description: "The way in which it arrived." }),
  source: text("Where it came from."),
  code: Type.Enum(CODES, { description: "Why it could not be read." }),
  reason: text("What is wrong, and where."),
  eventId: text("The event's id, where it could be read; else empty."),
};

const encoding = Type.Enum(["utf-8", "base64"], {
  description: "Of the body: base64 where it is not UTF-8.",
});

const deadLetter = named(
  "DeadLetter",
  Type.Object(
    {
      ...told,
      body: Type.Optional(text("With `body=true`: the input.")),
      encoding: Type.Optional(encoding),
    },
    { ...closed, description: "Input that could not be read." },
  ),
);

const place = Type.Object(
  {
    line: Type.Integer({ minimum: 1, description: "Line of the body." }),
    column: Type.Integer({ minimum: 1, description: "Character of the line." }),
    offset: count("Bytes before it in the body."),
    length: Type.Integer({ minimum: 1, description: "Characters that are to blame." }),
  },
  { ...closed, description: "A place in the body." },
);

const fault = Type.Object(
  {
    code: Type.Enum(CODES, { description: "What is wrong." }),
    message: text("The same for people."),
    path: Type.Union([Type.String(), Type.Null()], {
      description: "The value: `events[3].data.requests[0].records.received`; null: it is no JSON.",
    }),
    place: Type.Union([place, Type.Null()], { description: "Where it stands; null: nowhere in particular." }),
  },
  { ...closed, description: "What the present decoder finds wrong." },
);

const deadLetterDetail = named(
  "DeadLetterDetail",
  Type.Object(
    {
      ...told,
      state: Type.Enum(["waiting", "redriven", "discarded"], {
        description: "Only those that wait are in lists and counts, and have a body.",
      }),
      settledAt: timeOrNull("When it was redriven or discarded."),
      readable: Type.Union([Type.Boolean(), Type.Null()], {
        description: "Whether a redrive would read it; null where it is dead for another reason.",
      }),
      faults: Type.Array(fault, { description: "The first five, by the present decoder." }),
      body: Type.Optional(text("The input; for admins.")),
      encoding: Type.Optional(encoding),
    },
    { ...closed, description: "A dead letter with the places of its faults." },
  ),
);

const deadLetterList = named(
  "DeadLetterList",
  Type.Object(
    {
      items: Type.Array(ref("DeadLetter"), { description: "A page of dead letters." }),
      nextCursor: Type.Union([Type.String(), Type.Null()], {
        description: "Where the list goes on; null at its end.",
      }),
    },
    { ...closed, description: "A page of dead letters." },
  ),
);

/** Filters of the list and of what is done to many. */
export const deadLetterFilters = {
  code: Type.Optional(Type.Enum(CODES, { description: "Only those with this code." })),
  path: Type.Optional(Type.Enum(PATHS, { description: "Only those that arrived in this way." })),
  since: Type.Optional(
    Type.String({
      maxLength: 64,
      description: "Only those since then: RFC 3339, or back from now: PT6H, 7d.",
    }),
  ),
};

const ids = Type.Optional(
  Type.Array(Type.String({ minLength: 1, maxLength: 255 }), {
    minItems: 1,
    maxItems: 1_000,
    description: "Those to take, in place of filters.",
  }),
);

export const redriveOrder = named(
  "RedriveOrder",
  Type.Object(
    { ids, ...deadLetterFilters },
    {
      ...closed,
      description: "Which dead letters to run again; all when empty.",
      examples: [{ ids: ["5f1c…"] }],
    },
  ),
);

export const discardOrder = named(
  "DiscardOrder",
  Type.Object(
    {
      ids,
      ...deadLetterFilters,
      all: Type.Optional(Type.Literal(true, { description: "All of them: without ids and filters." })),
    },
    {
      ...closed,
      description: "Which dead letters to discard: ids, filters, or `all`.",
      examples: [{ code: "EVENT_TYPE_UNKNOWN", since: "P1D" }],
    },
  ),
);

const redriveReport = named(
  "RedriveReport",
  Type.Object(
    {
      read: count("Dead letters that were run again."),
      redriven: count("Those that could be read now; they are dead letters no longer."),
      dead: count("Those that still cannot be read, or are meant for another client id."),
      unknown: Type.Array(Type.String(), { description: "Ids that no dead letter has." }),
      new: count("Events stored that were not known before."),
      duplicate: count("Events that had arrived by another way in the meantime."),
      more: Type.Boolean({ description: "There are more than one call runs; call again." }),
    },
    { ...closed, description: "What became of them." },
  ),
);

const discardReport = named(
  "DiscardReport",
  Type.Object(
    {
      discarded: count("Dead letters that were discarded."),
      unknown: Type.Array(Type.String(), { description: "Ids that no dead letter has, or none that waits." }),
    },
    { ...closed, description: "What became of them." },
  ),
);

export const DEAD_LETTER_SCHEMAS = [
  deadLetter,
  deadLetterDetail,
  deadLetterList,
  redriveOrder,
  redriveReport,
  discardOrder,
  discardReport,
];
