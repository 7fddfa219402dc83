/**
 * Silences as the API takes and gives them.
 */
import { Type } from "typebox";
import { SILENCE_LABELS } from "../../core/silence.ts";
import { closed, named, ref, text, time } from "./field.ts";

const ORDER = {
  matchers: [{ label: "instance", match: "=", value: "123-ABC-456" }],
  until: "2h",
  by: "ana",
  comment: "migration of purchases",
};

const label = Type.Enum([...SILENCE_LABELS], { description: "What is compared." });
const value = Type.String({ maxLength: 1_024, description: "With what it is compared." });
const match = Type.Enum(["=", "^="], { description: "`=` the whole value, `^=` its beginning." });

export const silenceOrder = named(
  "SilenceOrder",
  Type.Object(
    {
      matchers: Type.Array(
        Type.Object(
          { label, value, match: Type.Optional(match) },
          { ...closed, description: "One condition; without `match` the whole value is compared." },
        ),
        { minItems: 1, maxItems: 20, description: "All must match." },
      ),
      until: Type.String({
        maxLength: 64,
        description: "When it ends: RFC 3339, or a duration from its beginning: `2h`, `PT90M`.",
      }),
      startsAt: Type.Optional(
        Type.String({ maxLength: 64, description: "When it begins, RFC 3339; now when absent." }),
      ),
      by: Type.Optional(Type.String({ maxLength: 256, description: "Who wants it quiet." })),
      comment: Type.Optional(Type.String({ maxLength: 2_000, description: "Why." })),
    },
    { ...closed, description: "Keeps the hooks quiet about alerts that match.", examples: [ORDER] },
  ),
);

const silence = named(
  "Silence",
  Type.Object(
    {
      silenceId: text("Its id."),
      matchers: Type.Array(
        Type.Object({ label, match, value }, { ...closed, description: "One condition." }),
        { description: "All must match." },
      ),
      startsAt: time("When it begins."),
      until: time("When it ends."),
      createdBy: text("Who made it; empty when nobody said."),
      comment: text("Why; empty when nobody said."),
    },
    { ...closed, description: "Matching alerts go on being evaluated and listed; hooks are not told." },
  ),
);

const silenceList = named(
  "SilenceList",
  Type.Object(
    { items: Type.Array(ref("Silence"), { description: "The first to end first." }) },
    { ...closed, description: "Silences that hold now, or will." },
  ),
);

const silenceEnd = named(
  "SilenceEnd",
  Type.Object(
    { silenceId: text("Its id."), until: time("When it ended.") },
    { ...closed, description: "A silence that is over." },
  ),
);

export const SILENCE_SCHEMAS = [silenceOrder, silence, silenceList, silenceEnd];
