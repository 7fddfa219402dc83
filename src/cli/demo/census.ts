/**
 * How many requests are in which state, as the service's API tells.
 *
 * What is settled stays so: only requests from the oldest open one on are read again.
 */
import type { LifecycleJson } from "../../core/lifecycle-json.ts";
import type { LifecyclePage } from "../service-answers.ts";
import type { ServiceClient } from "../service-client.ts";

export interface Census {
  readonly byState: Readonly<Record<string, number>>;
  readonly total: number;
  /** A request in each state. */
  readonly samples: ReadonlyMap<string, string>;
}

interface Known {
  readonly state: string;
  readonly open: boolean;
  /** Epoch milliseconds. */
  readonly begunAt: number;
}

const PAGE = 500;
/** The service may date a request a little earlier than it looks from here. */
const MARGIN_MS = 5_000;
/** A request that nobody answered may be found in the stream later, but not much later. */
const UNCONFIRMED_MS = 60_000;

/** @returns a function that takes the next census */
export function openCensus(client: ServiceClient): () => Promise<Census> {
  const known = new Map<string, Known>();
  const samples = new Map<string, string>();
  let since = 0;

  return async () => {
    const now = Date.now();
    const seen = new Set<string>();
    for await (const one of listRequests(client, since)) {
      seen.add(one.requestId);
      known.set(one.requestId, knownOf(one, now));
    }
    for (const [id, one] of known) {
      if (one.begunAt > since + MARGIN_MS && !seen.has(id)) known.delete(id); // adopted: it has another id now
    }
    const byState: Record<string, number> = {};
    let oldest = now;
    for (const [id, one] of known) {
      byState[one.state] = (byState[one.state] ?? 0) + 1;
      if (one.open) oldest = Math.min(oldest, one.begunAt);
      if (known.get(samples.get(one.state) ?? "")?.state !== one.state) samples.set(one.state, id);
    }
    for (const [state, id] of samples) if (known.get(id)?.state !== state) samples.delete(state);
    since = Math.max(0, oldest - MARGIN_MS);
    return { byState, total: known.size, samples };
  };
}

function knownOf(one: LifecycleJson, now: number): Known {
  const begunAt = Date.parse(one.submittedAt ?? one.acceptedAt ?? one.firstResultAt ?? "");
  const lost = one.state === "unconfirmed" && now - begunAt > UNCONFIRMED_MS;
  return {
    state: one.state,
    open: !one.terminal && one.verifiable && !lost,
    begunAt: Number.isNaN(begunAt) ? now : begunAt,
  };
}

/** Every request that began at `since` or later, newest first. */
export async function* listRequests(client: ServiceClient, since: number): AsyncGenerator<LifecycleJson> {
  const query = new URLSearchParams({ limit: String(PAGE) });
  if (since > 0) query.set("since", new Date(since).toISOString());
  for (;;) {
    const page = await client.ask<LifecyclePage>(`/v1/requests?${query}`);
    yield* page.items;
    if (page.nextCursor === null) return;
    query.set("cursor", page.nextCursor);
  }
}
