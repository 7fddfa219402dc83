/**
 * What an engineer writes in an afternoon: the journal read page by page, its results in one narrow table, ten thousand rows
 * an insert. No duplicates are found, no other order is kept, no cursor, nothing that cannot be read.
 */
import { createClient } from "@clickhouse/client";
import { createChdbConnection } from "chdb/connection";
import { answerParent } from "./child-answers.ts";

const ROWS_PER_INSERT = 10_000;
const { DATA_DIR = "", ADOBE_JOURNAL_URL = "", ADOBE_IMS_URL = "", ...env } = process.env;

interface Page {
  readonly events: readonly {
    readonly event: {
      readonly id: string;
      readonly time: string;
      readonly data: {
        readonly munchkinId: string;
        readonly requests: readonly {
          readonly requestId: string;
          readonly correlationId: string;
          readonly objectType: string;
          readonly records: Record<"received" | "created" | "updated", number> & { failed: object };
        }[];
      };
    };
  }[];
}

const client = createClient({
  connection: createChdbConnection({ path: DATA_DIR }) as never, // same contract, another copy of its types
});
await client.command({ query: "CREATE DATABASE by_hand ENGINE = Atomic" });
await client.command({
  query: `CREATE TABLE by_hand.results (
    request_id String, event_id String, at DateTime64(3, 'UTC'), instance LowCardinality(String),
    object_type LowCardinality(String), correlation_id String, received UInt32, created UInt32, updated UInt32,
    failed String
  ) ENGINE = MergeTree ORDER BY request_id`,
});
await client.command({ query: "SET async_insert = 0" });

/** Until so many results are in. @returns milliseconds from the first page asked for to the last insert */
async function ingest(results: number): Promise<number> {
  const began = performance.now();
  const headers = { authorization: `Bearer ${await token()}`, "x-api-key": env["ADOBE_CLIENT_ID"] ?? "" };
  const asked = { ...headers, "x-ims-org-id": env["ADOBE_ORG_ID"] ?? "" };
  let rows: unknown[][] = [];
  let seen = 0;
  for (let url: string | undefined = ADOBE_JOURNAL_URL; seen < results && url !== undefined;) {
    const response: Response = await fetch(url, { headers: asked });
    if (response.status !== 200) throw new Error(`the journal answers ${response.status} after ${seen}`);
    const { events } = (await response.json()) as Page;
    for (const { event } of events) {
      const { munchkinId, requests } = event.data;
      for (const { requestId, correlationId, objectType, records } of requests) {
        const { received, created, updated, failed } = records;
        const at = Date.parse(event.time);
        const counts = [received, created, updated, JSON.stringify(failed)];
        rows.push([requestId, event.id, at, munchkinId, objectType, correlationId, ...counts]);
        if (rows.length === ROWS_PER_INSERT) {
          await insert(rows);
          rows = [];
        }
      }
      seen += requests.length;
    }
    const next = /<([^>]+)>;\s*rel="?next"?/.exec(response.headers.get("link") ?? "")?.[1];
    url = next === undefined ? undefined : new URL(next, url).href;
  }
  await insert(rows);
  return performance.now() - began;
}

async function insert(values: readonly unknown[][]): Promise<void> {
  if (values.length > 0)
    await client.insert({ table: "by_hand.results", values, format: "JSONCompactEachRow" });
}

async function token(): Promise<string> {
  const response = await fetch(new URL("/ims/token/v3", ADOBE_IMS_URL), {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "client_credentials",
      client_id: env["ADOBE_CLIENT_ID"] ?? "",
      client_secret: env["ADOBE_CLIENT_SECRET"] ?? "",
      scope: "openid,AdobeID,adobeio_api",
    }),
  });
  return ((await response.json()) as { access_token: string }).access_token;
}

async function count(): Promise<number> {
  const result = await client.query({
    query: "SELECT count() AS n FROM by_hand.results",
    format: "JSONEachRow",
  });
  const [row] = await result.json<{ n: string }>();
  return Number(row?.n);
}

answerParent({ ingest, count }, () => client.close());
