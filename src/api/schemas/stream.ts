/**
 * The stream's health and what it left behind, as the API gives them.
 */
import { Type } from "typebox";
import { coverage, gap } from "./coverage.ts";
import { closed, count, named, ref, text, time, timeOrNull } from "./field.ts";

export const PATHS = ["journal", "webhook", "sse", "websocket", "relay", "replay"];

const cursor = Type.Object(
  {
    source: text("Name of the journal."),
    savedAt: time("When the cursor was stored."),
    lastEventAt: timeOrNull("Time of the newest event read."),
    ageMs: count("How far the cursor lies back: since its newest event, or since it was stored if longer."),
    expiresInMs: count("What is left of the 7 days for which the journal keeps events; 0: a gap threatens."),
  },
  { ...closed, description: "How far a journal has been read." },
);

const source = Type.Object(
  {
    name: text("Name of the source."),
    path: Type.Enum([...PATHS, "poll"], { description: "The way in which its events arrive." }),
    state: Type.Enum(["starting", "reading", "idle", "retrying", "stopped"], {
      description: "What it is doing.",
    }),
    lastReadAt: timeOrNull("When it last read anything."),
    lastEventAt: timeOrNull("Time of its newest event."),
    fault: Type.Union([Type.String(), Type.Null()], {
      description: "The last fault, in words, while there is one.",
    }),
  },
  { ...closed, description: "A source of this process." },
);

const path = Type.Object(
  {
    path: Type.Enum(PATHS, { description: "The way in which its events arrive." }),
    source: text("Name of the source."),
    first: count("Events that it brought before every other."),
    late: count("Events that another had brought already."),
    never: count("Events that only others brought: lost on this way, or not there yet."),
    loss: Type.Number({ description: "`never` as a share of all events, 0 to 1." }),
    delayMs: Type.Union(
      [
        Type.Object(
          { median: count("Half of them came after so long."), p99: count("99 of 100 of them.") },
          closed,
        ),
        Type.Null(),
      ],
      { description: "By how much its late events came after the first; null: it has none." },
    ),
  },
  { ...closed, description: "What a source has brought of all events that are known." },
);

const paths = Type.Object(
  {
    since: time("Events of this time and later, by their own time."),
    until: time("Events before this time."),
    events: count("Events that any source brought, duplicates counted once."),
    sampled: count("One in so many events was looked at, and the counts are scaled up; 1: all."),
    items: Type.Array(path, { description: "One a source; files that were replayed are none." }),
  },
  { ...closed, description: "What each source has delivered first, late or never." },
);

const windowPart = Type.Object(
  {
    objectType: text("Object type."),
    priority: text("Priority."),
    stated: count("Records created, updated or failed, as the metrics event states."),
    seen: count("The same, by results events of that time that have arrived."),
    missing: count("Records that are stated and have not arrived."),
  },
  { ...closed, description: "Of one object type and priority." },
);

const completenessWindow = Type.Object(
  {
    instance: text("The Marketo instance."),
    from: time("Where the window of the metrics event begins."),
    until: time("Where it ends."),
    stated: count("Records that the stream states."),
    seen: count("Records that have arrived."),
    missing: count("Records that are stated and have not arrived."),
    completeness: Type.Number({ description: "What is not missing, as a share of what is stated: 0 to 1." }),
    incomplete: Type.Array(windowPart, { description: "The parts of which something is missing." }),
    judgedAt: time("When this was judged last; what is incomplete is judged again and again."),
  },
  { ...closed, description: "An hour of an instance." },
);

const unstated = Type.Object(
  { instance: text("The Marketo instance."), from: time("Begin."), until: time("End.") },
  { ...closed, description: "An hour with results whose metrics event has not come." },
);

const completeness = Type.Object(
  {
    since: time("Windows that end after this time."),
    windows: Type.Array(completenessWindow, { description: "Newest first." }),
    notStated: Type.Array(unstated, {
      description: "Of these hours nobody can say whether they are complete.",
    }),
  },
  {
    ...closed,
    description:
      "What the stream's metrics events state, against what has arrived; judged some minutes after each hour.",
  },
);

const queue = Type.Object(
  {
    priority: text("Name of the queue."),
    at: time("Time of the status event."),
    lagSeconds: count("How far the upstream lags behind."),
    requestBacklog: count("Requests that wait."),
    recordBacklog: count("Records that wait."),
  },
  { ...closed, description: "A queue of the upstream, as its newest status event tells." },
);

const instance = Type.Object(
  {
    instance: text("The Marketo instance."),
    quota: Type.Union([Type.Integer(), Type.Null()], {
      description: "Records left of the daily quota; null when no event says.",
    }),
    queues: Type.Array(queue, { description: "Its queues." }),
  },
  { ...closed, description: "What the stream's status events tell of an instance." },
);

const streamHealth = named(
  "StreamHealth",
  Type.Object(
    {
      at: time("As of."),
      lastEventAt: timeOrNull("Time of the newest event of any source or cursor."),
      lastResultAt: timeOrNull("Time of the newest result."),
      cursors: Type.Array(cursor, { description: "One a journal." }),
      sources: Type.Array(source, {
        description:
          "Sources of this process and of those that share its ClickHouse; one that several read stands once.",
      }),
      coverage: Type.Array(coverage, { description: "What was read, of each journal." }),
      gaps: Type.Array(gap, {
        description: "Where the stream had gaps, newest first, and what became of them.",
      }),
      repairs: Type.Array(ref("Repair"), { description: "What was read again, newest first." }),
      paths,
      completeness,
      instances: Type.Array(instance, { description: "Queues and quota." }),
      deadLetters: Type.Object(
        { count: count("How many there are.") },
        { ...closed, description: "Input that could not be read; see /v1/dead-letters." },
      ),
    },
    { ...closed, description: "Whether the stream can be relied on." },
  ),
);

const eventReceipt = named(
  "EventReceipt",
  Type.Object(
    {
      read: count("Events (or lines) read."),
      new: count("Those that were not known before."),
      duplicate: count("Those that were."),
      dead: count("Those that went to dead letters."),
    },
    {
      ...closed,
      description: "What became of the events, once everything is durable.",
      examples: [{ read: 20, new: 18, duplicate: 1, dead: 1 }],
    },
  ),
);

export const STREAM_SCHEMAS = [streamHealth, eventReceipt];
