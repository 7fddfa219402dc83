/** The shape of the house: where things lie, how large they get, what they show. */
import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { CHECKOUT, filesUnder, read } from "./checkout.ts";

const CODE = [
  ...filesUnder("src", ".ts"),
  ...filesUnder("src", ".sql"),
  ...filesUnder("dashboards", ".ts"),
  ...filesUnder("test", ".ts"),
];
const OWN = CODE.filter((file) => !file.startsWith("test/lint/planted/"));

const TOP_LEVEL =
  /^(\..+|package(-lock)?\.json|tsconfig.*\.json|knip\.json|vitest\.config\.ts|README\.md|LICENSE|src|dashboards|test|deploy)$/;
const MANIFEST = JSON.parse(read("package.json")) as Record<string, Record<string, string>>;

describe("the house", () => {
  it("has a top level that fits a glance", () => {
    const tracked = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
      cwd: CHECKOUT,
      encoding: "utf8",
    });
    const entries = new Set(
      tracked
        .trim()
        .split("\n")
        .map((path) => path.split("/", 1)[0] ?? ""),
    );
    expect([...entries].filter((entry) => !TOP_LEVEL.test(entry))).toEqual([]);
  });

  it("keeps every file under 400 lines", () => {
    expect(OWN.filter((file) => read(file).split("\n").length > 401)).toEqual([]);
  });

  it("names files in kebab case, for what they hold", () => {
    const name = /(^|\/)(\d{3}-)?[a-z0-9]+(-[a-z0-9]+)*(\.property)?(\.test)?\.(ts|sql)$/;
    const drawer = /(^|\/)(utils?|helpers?|common|types|manager|misc|index)\.ts$/;
    expect(OWN.filter((file) => !name.test(file) || drawer.test(file))).toEqual([]);
  });

  it("has no barrels: src exports what it declares", () => {
    const passedOn = /^export (type )?(\*|\{[^}]*\}) (as \w+ )?from /m;
    expect(OWN.filter((file) => file.startsWith("src/") && passedOn.test(read(file)))).toEqual([]);
  });

  it("has no default exports", () => {
    expect(OWN.filter((file) => /^export default /m.test(read(file)))).toEqual([]);
  });

  it.each(["dependencies", "devDependencies", "overrides"])("pins %s exactly", (kind) => {
    const loose = Object.entries(MANIFEST[kind] ?? {}).filter(
      ([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version),
    );
    expect(loose).toEqual([]);
  });
});
