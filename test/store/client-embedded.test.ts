import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ENGINE_ARGUMENTS } from "../../src/store/client-settings.ts";
import { openStoreClient } from "../../src/store/client.ts";

const CLIENT = fileURLToPath(new URL("../../src/store/client.ts", import.meta.url));
let dataDir: string;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "after202-embedded-"));
});
afterEach(async () => {
  await rm(dataDir, { recursive: true, force: true });
});

/** Another process that opens the same directory and then does `then` with `client`; prints what it prints. */
function otherProcess(then: string): {
  kill: () => Promise<void>;
  printed: (what: string) => Promise<string>;
} {
  const script = `
    import { openStoreClient } from ${JSON.stringify(CLIENT)};
    try {
      const client = await openStoreClient({ database: "d", dataDir: ${JSON.stringify(dataDir)} });
      ${then}
    } catch (error) { console.log("error", JSON.stringify({ code: error.code, message: error.message })); }`;
  const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  let output = "";
  child.stdout.on("data", (chunk) => (output += String(chunk)));
  return {
    kill: async () => {
      child.kill("SIGKILL");
      await once(child, "exit");
    },
    printed: async (what) => {
      while (!output.includes(what)) await once(child.stdout, "data");
      return output;
    },
  };
}

it("tells a second process which one uses the directory, and opens once that is gone", async () => {
  const client = await openStoreClient({ database: "d", dataDir });
  const other = otherProcess(`console.log("opened");`);
  const output = await other.printed("}");
  const error = JSON.parse(output.slice(output.indexOf("{"))) as { code: string; message: string };
  expect(error.code).toBe("DATA_DIR_LOCKED");
  expect(error.message).toContain(String(process.pid));
  expect(error.message).toContain("CLICKHOUSE_URL");
  await client.close();
  const next = otherProcess(`console.log("opened"); setInterval(() => {}, 1000);`);
  await next.printed("opened");
  await expect(openStoreClient({ database: "d", dataDir })).rejects.toMatchObject({
    code: "DATA_DIR_LOCKED",
  });
  await next.kill();
  const again = await openStoreClient({ database: "d", dataDir });
  expect(await again.query("SELECT 1 AS v")).toEqual([{ v: 1 }]);
  await again.close();
});

it("has every acknowledged row again after kill -9 in mid-insert", async () => {
  const other = otherProcess(`
    await client.command("CREATE TABLE seen (id UInt32) ENGINE MergeTree ORDER BY id");
    for (let batch = 1; ; batch++) {
      await client.insert("seen", ["id"], Array.from({ length: 1000 }, () => "[" + batch + "]").join("\\n"));
      console.log("batch " + batch + ".");
    }`);
  await other.printed("batch 20.");
  await other.kill();
  const acknowledged = Math.max(
    ...(await other.printed("batch")).match(/(?<=batch )\d+(?=\.)/g)!.map(Number),
  );
  const client = await openStoreClient({ database: "d", dataDir });
  const batches = await client.query<{ id: number; n: string }>(
    "SELECT id, count() AS n FROM seen GROUP BY id ORDER BY id",
  );
  await client.close();
  expect(batches.length).toBeGreaterThanOrEqual(acknowledged);
  expect(batches.every(({ n }) => n === "1000")).toBe(true);
});

it("refuses a directory that is none", async () => {
  const file = join(dataDir, "file");
  await writeFile(file, "");
  await chmod(file, 0o600);
  await expect(openStoreClient({ database: "d", dataDir: file })).rejects.toMatchObject({
    code: "CONFIG_INVALID",
  });
});

it("runs a long query in the background without holding up the short ones and the inserts", async () => {
  const client = await openStoreClient({ database: "d", dataDir });
  await client.command("CREATE TABLE seen (id UInt32) ENGINE MergeTree ORDER BY id");
  const done: string[] = [];
  await Promise.all([
    client.query("SELECT sleep({s:Float64})", { s: 1 }, { background: true }).then(() => done.push("long")),
    client.query("SELECT {n:UInt8}", { n: 1 }).then(() => done.push("short")),
    client.insert("seen", ["id"], "[1]").then(() => done.push("insert")),
  ]);
  await client.close();
  expect(done.at(-1)).toBe("long");
});

it("closes when a query is still running", async () => {
  const client = await openStoreClient({ database: "d", dataDir });
  const abortSignal = AbortSignal.timeout(20);
  await expect(client.query("SELECT sleep(0.5)", {}, { abortSignal })).rejects.toMatchObject({
    name: "TimeoutError",
  });
  await client.close();
  await expect(client.query("SELECT 1")).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
});

it("takes rows in bytes, several inserts at once, in a directory whose name has quotes", async () => {
  const client = await openStoreClient({ database: "d", dataDir: join(dataDir, "it's \\ here") });
  try {
    await client.command("CREATE TABLE d.t (n UInt8, s String) ENGINE = MergeTree ORDER BY n");
    const row = (n: number): Buffer => Buffer.from([n, 3, 0, 10, 200]); // bytes that are no text
    const inserts = Array.from({ length: 20 }, (_, n) =>
      client.insertRows("t", ["n", "s"], [row(n), row(n)]),
    );
    await Promise.all(inserts);
    await client.insertRows("t", ["n", "s"], []);
    const rows = await client.query(
      "SELECT count() AS rows, uniqExact(n) AS of, any(hex(s)) AS bytes FROM t",
    );
    expect(rows).toEqual([{ rows: "40", of: "20", bytes: "000AC8" }]);
    const broken = client.insertRows("t", ["n", "s"], [Buffer.from([1, 9, 1])]);
    await expect(broken).rejects.toMatchObject({ code: "STORE_QUERY_FAILED" });
    await client.insertRows("t", ["n", "s"], [row(1)]);
  } finally {
    await client.close();
  }
  expect((await readdir(join(dataDir, "it's \\ here"))).filter((name) => name.endsWith(".rows"))).toEqual([]);
});

it("refuses a directory whose name ClickHouse would take for a pattern", async () => {
  const opened = openStoreClient({ database: "d", dataDir: join(dataDir, "a{1}") });
  await expect(opened).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  await (await openStoreClient({ database: "d", dataDir })).close();
});

it("starts the engine with small caches and few idle threads, and again after it was closed", async () => {
  for (let round = 0; round < 2; round++) {
    const client = await openStoreClient({ database: "d", dataDir });
    const inForce = await client.query<{ argument: string }>(
      "SELECT concat('--', name, '=', value) AS argument FROM system.server_settings WHERE changed",
    );
    await client.close();
    expect(inForce.map(({ argument }) => argument)).toEqual(expect.arrayContaining([...ENGINE_ARGUMENTS]));
  }
});
