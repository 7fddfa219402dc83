/** Every alert has a page of what to do, and what the pages tell people to type works. */
import { readdirSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { REQUEST_RULES } from "../../src/alerts/rules/request-rules.ts";
import { STREAM_RULES } from "../../src/alerts/rules/stream-rules.ts";
import { createProgram } from "../../src/cli/program.ts";
import { openStoreClient, type StoreClient } from "../../src/store/client.ts";
import { migrate } from "../../src/store/migrate.ts";
import { makeDataDir, removeDataDir } from "../e2e/service.ts";
import { CHECKOUT, filesUnder, read } from "../house/checkout.ts";
import { deployedFiles, readYaml } from "./deployed-file.ts";

interface Rules {
  readonly groups: readonly {
    readonly rules: readonly { readonly alert?: string; readonly annotations?: Record<string, string> }[];
  }[];
}

const alerts = deployedFiles(".yml")
  .filter((path) => path.startsWith("deploy/prometheus/rules/"))
  .flatMap((path) => readYaml<Rules>(path))
  .flatMap(({ groups }) => groups.flatMap(({ rules }) => rules))
  .filter(({ alert }) => alert !== undefined);
const own = [...REQUEST_RULES, ...STREAM_RULES].map(({ name }) => name);
const pages = readdirSync(`${CHECKOUT}deploy/runbooks`).map((file) => file.replace(/\.md$/, ""));
const pageOf = (name: string): string => read(`deploy/runbooks/${name}.md`);

/** Blocks of code in a language, in the pages and in the README of deploy/. */
function blocks(language: string): [place: string, code: string][] {
  return filesUnder("deploy", ".md").flatMap((path) =>
    [...read(path).matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, "gm"))].map(
      ([, code = ""], n): [string, string] => [`${path} ${n + 1}`, code],
    ),
  );
}

describe("runbooks", () => {
  it("are there for every rule of after202's and of Prometheus', and for nothing else", () => {
    const rules = [...own, ...alerts.map(({ alert }) => alert ?? "")];
    expect(own).toHaveLength(13);
    expect(pages.toSorted()).toEqual(rules.toSorted());
  });

  it("are named by the alerts themselves", () => {
    for (const { alert, annotations } of alerts) {
      expect(annotations?.["runbook"]).toBe(`deploy/runbooks/${alert}.md`);
      expect(annotations?.["summary"]).toBeTruthy();
    }
  });

  it.each(pages)("%s says what it means, how to look, what to do and when to be quiet", (name) => {
    const text = pageOf(name);
    const headings = [...text.matchAll(/^#+ (.*)/gm)].map(([, heading]) => heading);
    expect(headings).toEqual([name, "What it means", "How to look", "What to do", "When to silence"]);
    expect(text.match(/^\d\. /gm)?.length ?? 0).toBeGreaterThan(0);
    for (const part of text.split(/^## .*\n/m).slice(1)) expect(part.trim().length).toBeGreaterThan(8);
  });

  it("lead to one another only by names that there are", () => {
    const named = pages.flatMap((page) =>
      [...pageOf(page).matchAll(/`(After202\w+)`/g)].map(([, name]) => name),
    );
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((name) => !pages.includes(name ?? ""))).toEqual([]);
  });

  it("tell of commands and options that there are", async () => {
    const program = await createProgram([]);
    const code = [
      ...blocks("sh").flatMap(([, lines]) => lines.split("\n")),
      ...filesUnder("deploy", ".md").flatMap((path) =>
        [...read(path).matchAll(/(?<!`)`([^`\n]+)`(?!`)/g)].map(([, span = ""]) => span),
      ),
    ];
    const told = code.flatMap((line) =>
      [...line.matchAll(/(?:^|=\S+ )after202 ([a-z][^#|]*)/g)].map(([, rest = ""]) => rest),
    );
    expect(told.length).toBeGreaterThan(40);
    for (const line of told) {
      let command = program;
      for (const word of line.split(/\s+/)) {
        const next = command.commands.find((one) => one.name() === word);
        if (next === undefined) break;
        command = next;
      }
      expect(command, line).not.toBe(program);
      const known = [...command.options, ...(command.parent?.options ?? [])].map(({ long }) => long);
      for (const [option] of line.matchAll(/--[a-z][\w-]*/g))
        expect([...known, "--help"], line).toContain(option);
    }
  });
});

describe("SQL in deploy's pages", () => {
  let dataDir: string;
  let client: StoreClient;

  beforeAll(async () => {
    dataDir = await makeDataDir();
    client = await openStoreClient({ database: "after202", dataDir });
    await migrate(client, { retentionDays: 400, rawRetentionDays: 30 });
    // what a server has from its start, and the embedded engine does not
    for (const log of ["query_log"]) {
      await client.command(
        `CREATE TABLE IF NOT EXISTS after202.${log} (event_time DateTime, type String, query_kind String, query String,
         query_duration_ms UInt64, read_rows UInt64, memory_usage UInt64, exception_code Int32, exception String)
         ENGINE = Memory`,
      );
    }
  });
  afterAll(async () => {
    await client.close();
    await removeDataDir(dataDir);
  });

  it.each(blocks("sql"))("can be asked: %s", async (_, code) => {
    const statements = code.split(/;\s*$/m).filter((statement) => statement.trim() !== "");
    for (const statement of statements) {
      if (/^(BACKUP|RESTORE|SYSTEM)\b/.test(statement.trim())) {
        await client.query("SELECT formatQuery({sql:String})", { sql: statement });
      } else {
        await client.query(statement.replaceAll("system.query_log", "after202.query_log"));
      }
    }
  });
});
