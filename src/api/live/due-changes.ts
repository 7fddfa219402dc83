/**
 * Changes that the clock brings: the next retry, the end of the link window, the deadline of requests that were told of.
 *
 * Bounded: of too many open requests the oldest are no longer watched; their next fact brings them back.
 */
import { isTerminal, type Lifecycle } from "../../core/lifecycle.ts";

const MOST_WATCHED = 50_000;

export class DueChanges {
  private readonly watched = new Map<string, { readonly at: number; readonly state: string }>();

  /** @returns whether it stands otherwise than when it was last noted */
  note(one: Lifecycle, now: number): boolean {
    const state = `${one.state} ${one.retry?.attempt ?? ""}`;
    const known = this.watched.get(one.requestId);
    this.watched.delete(one.requestId);
    const at = isTerminal(one.state) ? undefined : nextChangeAt(one, now);
    if (at !== undefined) {
      this.watched.set(one.requestId, { at, state });
      if (this.watched.size > MOST_WATCHED) this.watched.delete(this.watched.keys().next().value ?? "");
    }
    return known?.state !== state;
  }

  /** At most `limit` requests whose time has come. */
  due(now: number, limit: number): string[] {
    const found: string[] = [];
    for (const [requestId, { at }] of this.watched) {
      if (at <= now && found.push(requestId) >= limit) break;
    }
    return found;
  }

  forget(requestIds: Iterable<string>): void {
    for (const requestId of requestIds) this.watched.delete(requestId);
  }

  clear(): void {
    this.watched.clear();
  }
}

function nextChangeAt({ retry }: Lifecycle, now: number): number | undefined {
  const times = [retry?.nextAt, retry?.windowEndsAt, retry?.deadlineAt].filter(
    (at): at is number => typeof at === "number" && at > now,
  );
  return times.length === 0 ? undefined : Math.min(...times);
}
