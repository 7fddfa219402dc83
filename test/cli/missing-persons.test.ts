import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { createLinkValues } from "../../src/recorder/link-values.ts";
import type { MissingPersonsJson } from "../../src/core/missing-persons-json.ts";
import { renderLifecycle } from "../../src/cli/render/lifecycle.ts";
import { renderMissingPersons } from "../../src/cli/render/missing-persons.ts";
import { rollupHeadline } from "../../src/cli/render/correlation.ts";
import { type Answer, type Asked, refusal, startService } from "./fake-service.ts";
import { correlation, lifecycle, NOW, PLAIN } from "./lifecycles.ts";
import { runCli } from "./run-cli.ts";

const NOBODY: ReadonlyMap<string, string> = new Map();

function missing(count: number, over: Partial<MissingPersonsJson> = {}): MissingPersonsJson {
  return {
    requestId: "r1",
    state: "retrying",
    known: true,
    linkValues: 100,
    missing: count,
    waitingRecords: count,
    windowEndsAt: new Date(NOW + 23 * 60_000 + 5_000).toISOString(),
    remainingMs: 23 * 60_000 + 5_000,
    items: Array.from({ length: count }, (_, n) => ({
      digest: `digest-${n}`,
      waitedSince: "2026-11-22T02:00:00.000Z",
      requests: 1,
      inVain: null,
    })),
    nextCursor: null,
    ...over,
  };
}

it("tells how many have no person, how long there is to act, and who they are, within a bound", () => {
  const told = missing(12);
  const [first, second, ...others] = told.items;
  if (first === undefined || second === undefined) throw new Error("no items");
  const inVain = { requestId: "p1", state: "rejected" as const, submittedAt: "2026-11-22T02:07:00.000Z" };
  const items = [{ ...first, inVain }, { ...second, requests: 3 }, ...others];
  expect(renderMissingPersons({ ...told, items }, NOBODY, 3, NOW, PLAIN)).toMatchInlineSnapshot(`
    "12 of 100 have no person yet; 23 minutes left
      digest-0  sent 5m ago, but rejected
      digest-1  3 requests wait for it
      digest-2
      … and 9 more; --missing names all of them"
  `);
});

it("names them by the submitter's own values where these are known, made harmless for a terminal", () => {
  const values = new Map([
    ["digest-0", "ann@x.example"],
    ["digest-1", "\u001b[2Jbob@x.example"],
  ]);
  const text = renderMissingPersons(missing(2), values, 12, NOW, PLAIN);
  expect(text).toContain("\n  ann@x.example\n");
  expect(text).toContain("bob@x.example");
  expect(text).not.toContain("digest-");
  expect(text).not.toContain("\u001b");
});

it.each([
  ["all 100 have a person now; 23 minutes left", missing(0, { waitingRecords: 4 })],
  ["1 of 100 has no person yet; 23 minutes left", missing(1)],
  [
    "12 of 100 have no person yet; the window is closed",
    missing(12, { windowEndsAt: "2026-11-22T02:11:00.000Z" }),
  ],
  ["12 of 100 have no person yet; 9 seconds left", missing(12, { windowEndsAt: "2026-11-22T02:12:09.000Z" })],
  [
    "12 records wait, and of 100 persons 88 were not seen within 8 days; 23 minutes left",
    missing(88, { waitingRecords: 12 }),
  ],
  ["nothing waits for a person", missing(0)],
  [
    "whether persons are missing is not known: the submission told no link values",
    missing(0, { known: false, missing: null, linkValues: null }),
  ],
])("says: %s", (sentence, told) => {
  expect(renderMissingPersons(told, NOBODY, 0, NOW, PLAIN).split("\n")[0]).toBe(sentence);
});

it("stands between the records of a request and its timeline, and in a correlation's first line", () => {
  const text = renderLifecycle(lifecycle(), NOW, PLAIN, "12 of 100 have no person yet");
  const [records, persons, timeline] = text.split("\n\n").slice(2);
  expect([records, persons, timeline].map((section) => section?.split(" ", 1)[0]?.slice(0, 8))).toEqual([
    "████████",
    "12",
    "timeline",
  ]);
  expect(rollupHeadline(correlation({ missingPersons: 12 }), NOW)).toContain(
    "12 link values without a person yet",
  );
});

function withMissing(pages: readonly MissingPersonsJson[]): (asked: Asked) => Answer {
  let page = 0;
  return ({ path }) => {
    if (path.includes("/missing-persons")) return { body: pages[page++] };
    if (path.startsWith("/v1/requests/")) return { body: lifecycle({ requestId: "r1", missingPersons: 3 }) };
    return refusal(404, "CORRELATION_UNKNOWN");
  };
}

it("asks for names only where persons are missing, and shows them with the request", async () => {
  const service = await startService(withMissing([missing(3)]));
  const run = await runCli(["status", "r1"], { env: { AFTER202_URL: service.url } });
  expect(run.code).toBe(3);
  expect(run.stdout).toMatch(/^3 of 100 have no person yet/m);
  expect(service.asked.map((one) => one.path)).toEqual([
    "/v1/requests/r1",
    "/v1/requests/r1/missing-persons?limit=12",
  ]);

  const quiet = await startService(() => ({ body: lifecycle() }));
  await runCli(["status", "r1"], { env: { AFTER202_URL: quiet.url } });
  expect(quiet.asked).toHaveLength(1);
});

it("reads all pages with --missing, as JSON with --json", async () => {
  const pages = [missing(2, { missing: 3, nextCursor: "next" }), missing(1, { missing: 3 })];
  const { url, asked } = await startService(withMissing(pages));
  const run = await runCli(["status", "r1", "--missing", "--json"], { env: { AFTER202_URL: url } });
  expect(run.code).toBe(3);
  expect((JSON.parse(run.stdout) as MissingPersonsJson).items).toHaveLength(3);
  expect(asked.at(-1)?.path).toContain("cursor=next");
});

it("shows the submitter's own values from the recorder's directory, and needs its secret for that", async () => {
  const directory = await mkdtemp(join(tmpdir(), "after202-values-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const secret = "a secret of many characters";
  const kept = createLinkValues({ directory, secret });
  kept.add("digest-0", "ann@x.example");
  await kept.save();
  const { url } = await startService(withMissing([missing(2)]));
  const command = ["status", "r1", "--missing", "--link-values", directory];
  const run = await runCli(command, { env: { AFTER202_URL: url, LINK_KEY_SECRET: secret } });
  expect(run.stdout.split("\n").slice(1, 3)).toEqual(["  ann@x.example", "  digest-1"]);
  expect((await runCli(command, { env: { AFTER202_URL: url } })).code).toBe(2);
});

it("refuses --missing for a correlation: it is a request that waits", async () => {
  const { url } = await startService(({ path }) =>
    path.startsWith("/v1/requests/") ? refusal(404, "REQUEST_UNKNOWN") : { body: correlation() },
  );
  const run = await runCli(["status", "job", "--missing"], { env: { AFTER202_URL: url } });
  expect(run.stderr).toContain("INPUT_INVALID");
  expect(run.stdout).toBe("");
});
