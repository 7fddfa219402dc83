import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { openStoreClient, type StoreClient } from "../../src/store/client.ts";
import { openClickHouseEndpoint, type ClickHouseEndpoint } from "./clickhouse-endpoint.ts";

const HEALTHY = {
  failNext: 0,
  failStatus: 503,
  failBody: "Service Unavailable",
  loseNext: 0,
  delayMs: 0,
  frozen: false,
};

let endpoint: ClickHouseEndpoint;
let client: StoreClient;
const open = (): Promise<StoreClient> =>
  openStoreClient({ url: endpoint.url, database: "after202", dataDir: "" });

beforeAll(async () => {
  endpoint = await openClickHouseEndpoint();
  client = await open();
  await client.command("CREATE TABLE seen (id String) ENGINE MergeTree ORDER BY id");
});
beforeEach(async () => {
  await endpoint.control(HEALTHY);
});
afterAll(async () => {
  await client.close();
  await endpoint.close();
});

const count = async (like: string): Promise<number> =>
  Number(
    (
      await client.query<{ n: string }>("SELECT count() AS n FROM seen WHERE id LIKE {like:String}", { like })
    )[0]?.n,
  );

it("keeps every acknowledged row over a kill of the server in mid-insert", async () => {
  let acknowledged = 0;
  const inserting = (async () => {
    for (let batch = 0; ; batch += 1) {
      const rows = Array.from({ length: 500 }, (_, row) => `["kill-${batch}-${row}"]`).join("\n");
      await client.insert("seen", ["id"], rows);
      acknowledged += 500;
      if (acknowledged === 5_000) void endpoint.kill();
    }
  })();
  await expect(inserting).rejects.toMatchObject({ code: "STORE_UNAVAILABLE", retryable: true });
  expect(acknowledged).toBeGreaterThanOrEqual(5_000);
  expect(await client.ping()).toBe(false);
  await endpoint.restart();
  expect(await client.ping()).toBe(true);
  const stored = await count("kill-%");
  expect(stored).toBeGreaterThanOrEqual(acknowledged);
  expect(stored).toBeLessThanOrEqual(acknowledged + 500); // the unacknowledged batch may be there
});

it("calls a server that is away unavailable, when it opens and later", async () => {
  await endpoint.kill();
  await expect(open()).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
  await expect(client.query("SELECT 1")).rejects.toMatchObject({
    code: "STORE_UNAVAILABLE",
    retryable: true,
  });
  await endpoint.restart();
  await expect(client.query("SELECT 1 AS v")).resolves.toEqual([{ v: 1 }]);
});

it("calls a 503 of a proxy unavailable, once", async () => {
  await endpoint.control({ failNext: 1 });
  await expect(client.insert("seen", ["id"], '["proxy"]')).rejects.toMatchObject({
    code: "STORE_UNAVAILABLE",
  });
  await client.insert("seen", ["id"], '["proxy"]');
  expect(await count("proxy")).toBe(1);
});

it.each([
  "252 TOO_MANY_PARTS",
  "242 TABLE_IS_READ_ONLY",
  "164 READONLY",
  "202 TOO_MANY_SIMULTANEOUS_QUERIES",
])("calls %s a passing state", async (exception) => {
  const [code, type] = exception.split(" ");
  const failBody = `Code: ${code}. DB::Exception: It is so. (${type}) (version 26.7.2.1)`;
  await endpoint.control({ failNext: 1, failStatus: 500, failBody });
  await expect(client.insert("seen", ["id"], '["x"]')).rejects.toMatchObject({
    code: "STORE_UNAVAILABLE",
    cause: { code, type },
  });
});

it("reports an insert whose answer was lost, though it was carried out", async () => {
  await endpoint.control({ loseNext: 1 });
  await expect(client.insert("seen", ["id"], '["lost"]')).rejects.toMatchObject({
    code: "STORE_UNAVAILABLE",
  });
  expect(await count("lost")).toBe(1);
});

it("waits for a slow server, and goes on with one that was frozen", async () => {
  await endpoint.control({ delayMs: 100 });
  await expect(client.query("SELECT 1 AS v")).resolves.toEqual([{ v: 1 }]);
  await endpoint.control({ delayMs: 0, frozen: true });
  const abortSignal = AbortSignal.timeout(200);
  await expect(client.query("SELECT 1", {}, { abortSignal })).rejects.toMatchObject({ name: "TimeoutError" });
  const waiting = client.query("SELECT 2 AS v");
  await endpoint.control({ frozen: false });
  await expect(waiting).resolves.toEqual([{ v: 2 }]);
});
