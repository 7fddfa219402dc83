/**
 * A journal: the stream's events in the order they arrived, each with its position, kept for a while.
 *
 * Bounded by count, bytes and age; what falls out at the old end makes positions before it expire (410).
 */
import type { JournalSettings } from "../options.ts";
import type { StreamEvent } from "../stream/cloud-event.ts";
import type { StreamReader } from "../stream/paths.ts";
import { createPositions } from "./position.ts";

export interface JournalQuery {
  /** Exclusive. */
  readonly since?: string;
  readonly latest?: boolean;
  /** Wall-clock milliseconds before now. */
  readonly seekMs?: number;
  readonly limit?: number;
}

type JournalRead =
  | { readonly status: "expired" }
  | { readonly status: "invalid" }
  | {
      readonly status: "page" | "end";
      /** Position of the last event of the page, or the reader's own at the end. */
      readonly position: string;
      /** The page as JSON text; empty at the end. */
      readonly body: string;
      readonly journalIsEmpty: boolean;
    };

export interface Journal extends StreamReader {
  readonly registration: string;
  read(query: JournalQuery): JournalRead;
  /** Forgets all but the newest events. */
  expire(keep: number): void;
  size(): number;
}

interface Stored {
  readonly text: string;
  readonly bytes: number;
  readonly atMs: number;
  readonly hidden: boolean;
}

/** `{"position":"…","event":…},` around each event, and the page around all: a little more than is ever used. */
const OVERHEAD_BYTES = 80;

/**
 * @param retentionMs wall-clock
 * @param hides whether an event is hidden until somebody seeks
 * @param shows whether seeking shows what is hidden, now
 */
export function createJournal(
  registration: string,
  lifetime: string,
  settings: JournalSettings,
  retentionMs: number,
  hides: (event: StreamEvent) => boolean = () => false,
  shows: () => boolean = () => true,
): Journal {
  const positions = createPositions(lifetime);
  /** Events by sequence number: `stored[sequence - base]`; those before `first` are gone. */
  let stored: Stored[] = [];
  let base = 1;
  let first = 1;
  let bytes = 0;
  /** What is hidden at or before it is shown. */
  let shownUntil = 0;

  const end = (): number => base + stored.length;

  function forgetFirst(): void {
    bytes -= stored[first - base]?.bytes ?? 0;
    first += 1;
    if (first - base > 4_096 && first - base > stored.length / 2) {
      stored = stored.slice(first - base);
      base = first;
    }
  }

  function forgetOld(): void {
    const oldestMs = Date.now() - retentionMs;
    while (first < end() && (stored[first - base]?.atMs ?? 0) < oldestMs) forgetFirst();
    while (end() - first > settings.maxEvents || bytes > settings.maxBytes) forgetFirst();
  }

  function append(event: StreamEvent): void {
    stored.push({ text: event.text, bytes: event.bytes, atMs: Date.now(), hidden: hides(event) });
    bytes += event.bytes;
    forgetOld();
  }

  /** The sequence number after which to read. */
  function startOf(query: JournalQuery): number | "expired" | "invalid" {
    if (query.since !== undefined) {
      const since = positions.parse(query.since);
      if (since === "foreign") return "expired";
      if (since === "invalid" || since >= end()) return "invalid";
      return since < first - 1 ? "expired" : since;
    }
    if (query.latest === true) return end() - 1;
    if (query.seekMs === undefined) return first - 1;
    if (shows()) shownUntil = end() - 1;
    const fromMs = Date.now() - query.seekMs;
    let low = first;
    let high = end();
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((stored[middle - base]?.atMs ?? 0) < fromMs) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  function read(query: JournalQuery): JournalRead {
    forgetOld();
    const start = startOf(query);
    if (typeof start === "string") return { status: start };
    const most = Math.min(query.limit ?? settings.pageEvents, settings.pageEvents);
    const events: string[] = [];
    let pageBytes = OVERHEAD_BYTES;
    let last = start;
    while (last + 1 < end() && events.length < most) {
      const event = stored[last + 1 - base];
      if (event === undefined) break;
      if (event.hidden && last + 1 > shownUntil) {
        last += 1;
        continue;
      }
      pageBytes += event.bytes + OVERHEAD_BYTES;
      if (pageBytes > settings.pageBytes && events.length > 0) break;
      last += 1;
      events.push(`{"position":"${positions.format(last)}","event":${event.text}}`);
    }
    const position = positions.format(last);
    const journalIsEmpty = first === end();
    if (events.length === 0) return { status: "end", position, body: "", journalIsEmpty };
    const body = `{"events":[${events.join(",")}],"_page":{"last":"${position}","count":${events.length}}}`;
    return { status: "page", position, body, journalIsEmpty };
  }

  return {
    registration,
    append,
    read,
    expire(keep) {
      while (end() - first > keep) forgetFirst();
    },
    size: () => end() - first,
  };
}
