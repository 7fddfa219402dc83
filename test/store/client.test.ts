import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openStoreClient, type StoreClient } from "../../src/store/client.ts";
import { openClickHouseEndpoint, type ClickHouseEndpoint } from "./clickhouse-endpoint.ts";

const AWKWARD = "a'b\"c\\d\te\nf\r;--é😀 {x:String} \\N %00";

describe.each(["embedded", "server"])("the store client, %s", (way) => {
  let client: StoreClient;
  let dataDir: string;
  let endpoint: ClickHouseEndpoint | undefined;

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "after202-client-"));
    if (way === "server") endpoint = await openClickHouseEndpoint();
    client = await openStoreClient({ url: endpoint?.url, database: "after202_test", dataDir });
    await client.command(
      "CREATE TABLE seen (id String, n UInt64, at DateTime64(3, 'UTC')) ENGINE MergeTree ORDER BY id",
    );
  });

  afterAll(async () => {
    await client.close();
    await endpoint?.close();
    await rm(dataDir, { recursive: true, force: true });
  });

  const one = async (sql: string, params?: Record<string, unknown>): Promise<unknown> =>
    (await client.query<{ v: unknown }>(`SELECT ${sql} AS v`, params))[0]?.v;

  it.each<[type: string, value: unknown, answer: unknown]>([
    ["String", AWKWARD, AWKWARD],
    ["String", "", ""],
    ["UInt8", 255, 255],
    ["UInt32", 4_294_967_295, 4_294_967_295],
    ["UInt64", 18_446_744_073_709_551_615n, "18446744073709551615"],
    ["UInt64", "18446744073709551615", "18446744073709551615"],
    ["Int64", -5, "-5"],
    ["Float64", 1.5, 1.5],
    ["Bool", true, true],
    ["DateTime64(3, 'UTC')", "1700000000123", "2023-11-14 22:13:20.123"],
    ["DateTime64(3, 'UTC')", "2023-11-14 22:13:20.123", "2023-11-14 22:13:20.123"],
    ["DateTime64(3, 'UTC')", new Date(1_700_000_000_123), "2023-11-14 22:13:20.123"],
    ["Nullable(String)", null, null],
    ["Nullable(String)", "x", "x"],
    ["Array(String)", [AWKWARD, "", ",", "]"], [AWKWARD, "", ",", "]"]],
    ["Array(String)", [], []],
    ["Array(UInt64)", [1, 18_446_744_073_709_551_615n], ["1", "18446744073709551615"]],
    ["Array(Array(String))", [["a"], ["b'"]], [["a"], ["b'"]]],
    ["Map(String, String)", new Map([[AWKWARD, AWKWARD]]), { [AWKWARD]: AWKWARD }],
  ])("takes a parameter of type %s (%o) and gives it back", async (type, value, answer) => {
    expect(await one(`{p:${type}}`, { p: value })).toEqual(answer);
  });

  it("takes more parameters than fit into a URL", async () => {
    const ids = Array.from({ length: 5_000 }, (_, index) => `request-${index}'`);
    expect(await one("length({ids:Array(String)})", { ids })).toBe("5000");
  });

  it("keeps the parameters of queries at the same time apart", async () => {
    const numbers = Array.from({ length: 100 }, (_, index) => index);
    expect(await Promise.all(numbers.map((n) => one("{n:UInt32}", { n })))).toEqual(numbers);
  });

  it("reads back inserted rows as they were sent, with DateTime64 from ticks", async () => {
    await client.insert(
      "seen",
      ["id", "n", "at"],
      `${JSON.stringify([AWKWARD, "18446744073709551615", 1_700_000_000_123])}\n["b",2,0]`,
    );
    const rows = await client.query(
      "SELECT *, toUnixTimestamp64Milli(at) AS ms FROM seen WHERE id = {id:String}",
      { id: AWKWARD },
    );
    expect(rows).toEqual([
      { id: AWKWARD, n: "18446744073709551615", at: "2023-11-14 22:13:20.123", ms: "1700000000123" },
    ]);
  });

  it("inserts nothing for an empty text", async () => {
    await expect(client.insert("seen", ["id"], "")).resolves.toBeUndefined();
  });

  it("means its own database by an unqualified name, in views and materialised views too", async () => {
    await client.command("CREATE TABLE copies (id String) ENGINE MergeTree ORDER BY id");
    await client.command(
      "CREATE MATERIALIZED VIEW copying TO copies AS SELECT id FROM seen WHERE startsWith(id, 'mv')",
    );
    await client.command("CREATE OR REPLACE VIEW copied AS SELECT id FROM copies WHERE id = {id:String}");
    await client.insert("seen", ["id"], '["mv1"]\n["mv2"]');
    expect(await client.query("SELECT id FROM copied(id = {id:String})", { id: "mv2" })).toEqual([
      { id: "mv2" },
    ]);
    expect(await one("currentDatabase()")).toBe("after202_test");
  });

  it("forgets the settings of a call with the call", async () => {
    const sql = "SELECT getSetting('max_threads') AS threads";
    const [before] = await client.query(sql);
    expect(await client.query(sql, {}, { settings: { max_threads: 7 } })).toEqual([{ threads: 7 }]);
    expect(await client.query(`${sql} SETTINGS max_threads = 5`, {})).toEqual([{ threads: 5 }]);
    expect(await client.query(sql)).toEqual([before]);
  });

  it("answers long queries in the background the same", async () => {
    expect(await client.query("SELECT count() AS n FROM numbers(10)", {}, { background: true })).toEqual([
      { n: "10" },
    ]);
  });

  it.each<[what: string, sql: string]>([
    ["a syntax error", "SELEC 1"],
    ["an unknown column", "SELECT nope FROM seen"],
    ["a value that is not of the parameter's type", "SELECT {n:UInt8} AS v"],
  ])("refuses %s for good, with ClickHouse's code in the cause", async (_, sql) => {
    await expect(client.query(sql, { n: "x" })).rejects.toMatchObject({
      code: "STORE_QUERY_FAILED",
      retryable: false,
      cause: { code: expect.stringMatching(/^\d+$/), type: expect.stringMatching(/^[A-Z_]+$/) },
    });
  });

  it("refuses rows that do not fit the table for good, and stores none of them", async () => {
    const text = '["good",1,0]\n["bad","not a number",0]';
    await expect(client.insert("seen", ["id", "n", "at"], text)).rejects.toMatchObject({
      code: "STORE_QUERY_FAILED",
    });
    expect(await client.query("SELECT id FROM seen WHERE id IN ('good', 'bad')")).toEqual([]);
  });

  it.each<[what: string, sql: string]>([
    [
      "too little memory",
      "SELECT groupArray(number) FROM numbers(10000000) SETTINGS max_memory_usage = 1000000",
    ],
    [
      "too little time",
      "SELECT sleepEachRow(0.1) FROM numbers(9) SETTINGS max_execution_time = 0.2, max_block_size = 1",
    ],
  ])("calls %s a passing state", async (_, sql) => {
    await expect(client.query(sql)).rejects.toMatchObject({ code: "STORE_UNAVAILABLE", retryable: true });
  });

  it("stops waiting when the caller gives up, and works on", async () => {
    const abortSignal = AbortSignal.timeout(50);
    const slow = client.query("SELECT sleep(0.5)", {}, { abortSignal });
    await expect(slow).rejects.toMatchObject({ name: "TimeoutError" });
    expect(await one("1")).toBe(1);
    expect(await client.ping()).toBe(true);
  });

  it("refuses names that are none", async () => {
    await expect(client.insert("seen; DROP TABLE seen", ["id"], '["x"]')).rejects.toMatchObject({
      code: "CONFIG_INVALID",
    });
    await expect(openStoreClient({ database: "a b", dataDir })).rejects.toMatchObject({
      code: "CONFIG_INVALID",
    });
  });
});
