/**
 * Ways in which a story may reach the service: any order, any duplication, any cutting into pages and batches, any path.
 */
import fc from "fast-check";
import { journalPage } from "../pipeline/sample-events.ts";
import type { Story } from "./story.ts";

type StoryEvent = Story["events"][number];

/** One call or page; what it holds is whole in itself. */
export type Step =
  | { readonly kind: "events"; readonly form: EventForm; readonly events: readonly StoryEvent[] }
  | { readonly kind: "submissions"; readonly submissions: Story["submissions"] };

export const EVENT_FORMS = ["page", "array", "lines", "bridge", "nested"] as const;
export type EventForm = (typeof EVENT_FORMS)[number];

/** Every event and submission at least once; some twice; in any order and any company. */
export function transcript(told: Story): fc.Arbitrary<Step[]> {
  return fc
    .record({
      events: cuts(told.events),
      submissions: cuts(told.submissions),
      form: fc.infiniteStream(fc.constantFrom(...EVENT_FORMS)),
    })
    .chain(({ events, submissions, form }) => {
      const steps: Step[] = [
        ...events.map((part): Step => ({ kind: "events", form: form.next().value, events: part })),
        ...submissions.map((part): Step => ({ kind: "submissions", submissions: part })),
      ];
      return fc.shuffledSubarray(steps, { minLength: steps.length });
    });
}

/** Items in any order, each at least once, cut into parts anywhere. */
function cuts<T>(items: readonly T[]): fc.Arbitrary<T[][]> {
  return fc
    .record({
      all: fc.shuffledSubarray([...items], { minLength: items.length }),
      again: fc.subarray([...items]),
      cut: fc.array(fc.boolean(), { minLength: items.length * 2, maxLength: items.length * 2 }),
    })
    .map(({ all, again, cut }) => {
      const parts: T[][] = [];
      for (const [index, item] of [...all, ...again].entries()) {
        const last = parts.at(-1);
        if (last === undefined || cut[index] === true) parts.push([item]);
        else last.push(item);
      }
      return parts;
    });
}

/** The payloads that carry the events in the form; where the form knows no batches, one for each event. */
export function payloadsOf(form: EventForm, events: readonly StoryEvent[]): string[] {
  switch (form) {
    case "page":
      return [journalPage(events)];
    case "array":
      return [JSON.stringify(events)];
    case "lines":
      return [events.map((event) => `${JSON.stringify(event)}\n`).join("")];
    case "bridge":
      return events.map((event) => JSON.stringify({ version: "0", source: "aws.partner", detail: event }));
    case "nested":
      return [JSON.stringify(events.map((event) => ({ eventid: `d-${event.id}`, event: { body: event } })))];
  }
}
