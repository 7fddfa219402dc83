/**
 * Exact counts: asks the store which events of a parcel it holds already, and takes their rows out. What stays of them is
 * that this source has brought them too.
 */
import type { FactWriter } from "../core/ports.ts";
import type { EventMemory } from "./event-memory.ts";
import type { Parcel } from "./parcel.ts";

const IDS_A_QUERY = 5_000;

/** @returns the parcel without what is stored, its counts corrected */
export async function dropKnownEvents(
  parcel: Parcel,
  store: Pick<FactWriter, "knownEventIds">,
  memory: EventMemory,
): Promise<Parcel> {
  const known = new Set<string>();
  for (let from = 0; from < parcel.eventIds.length; from += IDS_A_QUERY) {
    const asked = parcel.eventIds.slice(from, from + IDS_A_QUERY);
    for (const eventId of await store.knownEventIds(asked)) known.add(eventId);
  }
  if (known.size === 0) return parcel;
  let corrected = 0;
  for (const eventId of known) if (memory.isFirst(eventId, parcel.delivery)) corrected++;
  memory.remember([...known]);
  const { rows } = parcel;
  const isNew = (row: { readonly eventId: string }): boolean => !known.has(row.eventId);
  return {
    ...parcel,
    fresh: parcel.fresh - corrected,
    duplicate: parcel.duplicate + corrected,
    eventIds: parcel.eventIds.filter((eventId) => !known.has(eventId)),
    rows: {
      ...rows,
      facts: rows.facts.filter((fact) => fact.kind !== "result" || isNew(fact)),
      events: rows.events.filter(isNew),
      sightings: [
        ...rows.sightings,
        ...rows.events.filter((event) => !isNew(event) && event.path !== "replay"),
      ],
      metrics: rows.metrics.filter(isNew),
      statuses: rows.statuses.filter(isNew),
    },
  };
}
