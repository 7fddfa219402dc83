/**
 * The newest events of the stream, numbered from 1: what a relay can give once more. Bounded by count and bytes.
 */
import type { StreamEvent } from "./cloud-event.ts";
import type { StreamReader } from "./paths.ts";

export interface HistoryBounds {
  readonly maxEvents: number;
  readonly maxBytes: number;
}

export interface History extends StreamReader {
  /** Number of the oldest event that is kept; one beyond the newest when there is none. */
  first(): number;
  /** One beyond the newest. */
  end(): number;
  get(number: number): StreamEvent | undefined;
  /** Called after each new event. */
  watch(watcher: () => void): void;
  unwatch(watcher: () => void): void;
}

export function createHistory({ maxEvents, maxBytes }: HistoryBounds): History {
  let kept: StreamEvent[] = [];
  let base = 1;
  let first = 1;
  let bytes = 0;
  const watchers = new Set<() => void>();
  const end = (): number => base + kept.length;

  function forgetFirst(): void {
    bytes -= kept[first - base]?.bytes ?? 0;
    first += 1;
    if (first - base > 4_096 && first - base > kept.length / 2) {
      kept = kept.slice(first - base);
      base = first;
    }
  }

  return {
    append(event) {
      kept.push(event);
      bytes += event.bytes;
      while (end() - first > maxEvents || bytes > maxBytes) forgetFirst();
      for (const watcher of watchers) watcher();
    },
    first: () => first,
    end,
    get: (number) => (number < first ? undefined : kept[number - base]),
    watch: (watcher) => void watchers.add(watcher),
    unwatch: (watcher) => void watchers.delete(watcher),
  };
}
