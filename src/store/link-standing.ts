/**
 * Which link digests of requests have no person that surely counts: accepted, and never seen to do nothing but fail.
 *
 * The others come with the newest requests that carried the person: whether one of these counts after all is the fold's
 * to say. Many requests are asked about where no status by id waits behind them.
 */
import type { LinkStanding } from "../core/link-ports.ts";
import { idChunks } from "./alert-id-chunks.ts";
import type { StoreClient } from "./client.ts";

/** Requests of one person that are looked at; of more, the newest. */
const NEWEST = 5;
/** Beyond so many the question takes its time. */
const FEW_REQUESTS = 10;

interface StandingRow {
  readonly doubtful: readonly (readonly [instance: string, digest: string, requestIds: string[]])[];
}

export async function linkStanding(
  client: StoreClient,
  requestIds: readonly string[],
): Promise<LinkStanding> {
  const doubtful = new Map<string, LinkStanding["doubtful"][number]>();
  let total = 0;
  for (const ids of idChunks(requestIds)) {
    const background = requestIds.length > FEW_REQUESTS;
    const [told] = await client.query<{ told: string }>(`SELECT count() AS told FROM (${LINKS})`, { ids });
    if (told === undefined || told.told === "0") continue; // most requests: the long question is not asked
    const [row] = await client.query<StandingRow>(STANDING, { ids }, { background });
    total += Number(told.told);
    for (const [instance, digest, personRequestIds] of row?.doubtful ?? []) {
      doubtful.set(`${instance} ${digest}`, { instance, digest, personRequestIds });
    }
  }
  return { total, doubtful: [...doubtful.values()] };
}

const LINKS = `
  SELECT DISTINCT instance, digest FROM link_digests_by_request WHERE request_id IN {ids:Array(String)}`;

const STANDING = `
  SELECT
    arraySort(groupArrayIf((links.instance, links.digest, persons.newest), persons.sure = 0)) AS doubtful
  FROM (${LINKS}) AS links
  LEFT JOIN (
    SELECT
      instance, digest,
      max(accepted AND request_id NOT IN (SELECT request_id FROM fruitless_requests)) AS sure,
      arrayMap(one -> one.2, groupArraySorted(${NEWEST})((-toUnixTimestamp64Milli(at), request_id))) AS newest
    FROM link_digests
    WHERE role = 'person' AND digest IN (SELECT digest FROM (${LINKS}))
    GROUP BY instance, digest
  ) AS persons ON persons.instance = links.instance AND persons.digest = links.digest`;
