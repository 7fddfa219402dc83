/**
 * The linter keeps the house rules: files planted to break them are reported, line by line, and the others are not.
 *
 * A planted line that must be reported ends in `// reported`.
 */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { CHECKOUT, filesUnder, read } from "../house/checkout.ts";

const planted = "test/lint/planted";

interface Report {
  readonly diagnostics: readonly {
    readonly filename: string;
    readonly code: string;
    readonly labels: readonly { readonly span: { readonly line: number } }[];
  }[];
}

let found: Map<string, string>;

beforeAll(async () => {
  const args = [
    `${CHECKOUT}node_modules/oxlint/bin/oxlint`,
    "--type-aware",
    "-c",
    "oxlint.json",
    "-f",
    "json",
  ];
  // It exits with 1, for it finds what was planted; the report is complete all the same.
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: CHECKOUT + planted }).catch(
    (error: { stdout: string }) => error,
  );
  const { diagnostics } = JSON.parse(stdout) as Report;
  found = new Map(
    diagnostics.map(({ filename, code, labels }) => [`${filename}:${labels[0]?.span.line}`, code]),
  );
});

function plantedLines(): string[] {
  return filesUnder(planted, ".ts").flatMap((file) =>
    read(file)
      .split("\n")
      .flatMap((line, index) =>
        line.endsWith("// reported") ? [`${file.slice(planted.length + 1)}:${index + 1}`] : [],
      ),
  );
}

describe("the linter", () => {
  it("reports every planted line, and no other", () => {
    expect([...found.keys()].toSorted()).toEqual(plantedLines().toSorted());
  });

  it.each([
    "core",
    "sources",
    "pipeline",
    "store",
    "alerts",
    "traces",
    "repair",
    "api",
    "recorder",
    "simulator",
    "web",
  ])("keeps the imports of %s in their direction", (part) => {
    const codes = [...found].filter(([line]) => line.startsWith(`src/${part}/`)).map(([, code]) => code);
    expect(codes).not.toHaveLength(0);
    expect(new Set(codes)).toEqual(new Set(["eslint(no-restricted-imports)"]));
  });

  it("keeps the code of the service out of the dashboards", () => {
    const codes = [...found].filter(([line]) => line.startsWith("dashboards/")).map(([, code]) => code);
    expect(codes).toEqual(["eslint(no-restricted-imports)"]);
  });

  it("leaves no way around it: outside the command line nothing is imported on demand", () => {
    const onDemand = filesUnder("src", ".ts").filter(
      (file) => !file.startsWith("src/cli/") && /\bimport\(/.test(read(file)),
    );
    expect(onDemand).toEqual([]);
  });
});
