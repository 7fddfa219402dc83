/** ClickHouse's own files fit one another, and the tables that the migrations make on the cluster. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Session } from "chdb";
import { describe, expect, it } from "vitest";
import { loadMigrationFiles } from "../../src/store/migration-files.ts";
import { renderStatements } from "../../src/store/migration-template.ts";
import { read } from "../house/checkout.ts";
import { deployedFiles } from "./deployed-file.ts";

const FOLDER = "deploy/clickhouse/cluster/";
const all = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].map(([, one = ""]) => one);

describe("the ClickHouse cluster", () => {
  const cluster = read(`${FOLDER}cluster.xml`);

  it("is two shards of two replicas, and has a file of names for each", () => {
    const shards = cluster.split("<shard>").slice(1);
    const hosts = shards.map((shard) => all(shard.split("</shard>")[0] ?? "", /<host>clickhouse-([^<]+)</g));
    expect(hosts).toEqual([
      ["1-1", "1-2"],
      ["2-1", "2-2"],
    ]);
    for (const host of hosts.flat()) {
      const macros = read(`${FOLDER}macros-${host}.xml`);
      const named = [...all(macros, /<shard>(\d)</g), ...all(macros, /<replica>(\d)</g)];
      expect(named.join("-")).toBe(host);
    }
  });

  it("has three keepers that know one another, where its servers look for them", () => {
    const sought = all(cluster, /<host>(keeper-\d)</g);
    expect(sought).toEqual(["keeper-1", "keeper-2", "keeper-3"]);
    for (const keeper of sought) {
      const text = read(`${FOLDER}${keeper}.xml`);
      expect(all(text, /<hostname>(keeper-\d)</g)).toEqual(sought);
      expect(all(text, /<server_id>(\d)</g)).toEqual([keeper.slice(-1)]);
      expect(all(text, /<tcp_port>(\d+)</g)).toEqual([all(cluster, /<port>(9181)</g)[0]]);
    }
  });

  const statements = loadMigrationFiles(new URL("../../src/store/migrations/", import.meta.url)).flatMap(
    ({ name, template }) =>
      renderStatements(name, template, {
        database: "after202",
        cluster: "after202",
        retentionDays: 400,
        rawRetentionDays: 30,
      }),
  );

  it("has a name for everything that the migrations put into a table's path", () => {
    const engines = statements.flatMap((sql) => all(sql, /Replicated\w+\(([^)]*)/g)).join();
    const used = new Set(
      all(engines, /\{(\w+)\}/g).filter((name) => name !== "database" && name !== "table"),
    );
    expect(used).toEqual(new Set(["shard", "replica"]));
    const given = all(read(`${FOLDER}macros-1-1.xml`), /^ {8}<(\w+)>/gm);
    expect(new Set(given)).toEqual(used);
  });

  it("gets statements that the engine parses, each by itself", async () => {
    const dataDir = mkdtempSync(join(tmpdir(), "after202-cluster-"));
    const session = new Session(dataDir);
    const explain = async (sql: string): Promise<string> =>
      (await session.queryAsync(`EXPLAIN AST ${sql}`, { format: "TabSeparated" })).text();
    try {
      for (const sql of statements)
        expect(await explain(sql), sql).toMatch(/^(Create|Alter|Insert|Drop|Rename)/);
      await expect(explain("CREATE TABEL t (a UInt8) ENGINE = Null")).rejects.toThrow(/Syntax error/);
    } finally {
      session.close();
      rmSync(dataDir, { recursive: true });
    }
  });

  it("opens and closes every element", () => {
    for (const path of deployedFiles(".xml")) {
      const text = read(path).replaceAll(/<!--[^]*?-->/g, "");
      const open: string[] = [];
      for (const [, closing, name = "", rest = ""] of text.matchAll(/<(\/?)([\w-]+)([^>]*)>/g)) {
        if (closing === "/") expect(open.pop(), path).toBe(name);
        else if (!rest.endsWith("/")) open.push(name);
      }
      expect(open, path).toEqual([]);
    }
  });
});
