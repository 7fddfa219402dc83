import { expect, it, vi } from "vitest";
import { DECODER_VERSION } from "../../src/core/fact.ts";
import { decodeEvent } from "../../src/core/mods-event.ts";
import type { RawEvent } from "../../src/core/ports.ts";
import { openStore } from "../../src/store/store.ts";
import { DOCUMENTED_RESULTS } from "../e2e/documented-events.ts";
import { startService } from "./fake-service.ts";
import { type CliRun, runCli } from "./run-cli.ts";
import { freshDirectory, startRealService } from "./service-process.ts";

vi.setConfig({ testTimeout: 60_000 });

/** A store with the documented event, and the fact that an older decoder made of it; and an event that nobody can read. */
async function oldStore(): Promise<string> {
  const dataDir = freshDirectory();
  const retention = { retentionDays: 400, rawRetentionDays: 30 };
  const store = await openStore({ dataDir, database: "after202", ...retention });
  const { facts, time, instance } = decodeEvent(JSON.parse(DOCUMENTED_RESULTS));
  const event = (eventId: string, body: string): RawEvent => {
    return { eventId, type: "results", time, instance, body, path: "journal", source: "journal" };
  };
  await store.append({
    facts: facts.map((fact) => ({ ...fact, version: DECODER_VERSION - 1, created: 9, objectType: "" })),
    events: [event("b6c1a7de-3c4f-4b21-8f0e-0a8f4e7d1c01", DOCUMENTED_RESULTS), event("broken", "{}")],
    sightings: [],
    metrics: [],
    statuses: [],
    deadLetters: [],
    linkKeys: [],
  });
  await store.close();
  return dataDir;
}

it("shows what would change, stores it, and then finds nothing to do", async () => {
  const { env } = await startRealService(await oldStore());
  const reprocess = (...args: string[]): Promise<CliRun> =>
    runCli(["reprocess", "--since", "1h", ...args], { env });

  const dry = await reprocess("--dry-run");
  expect(dry).toMatchObject({ code: 0, stderr: "" });
  expect(dry.stdout.split("\n").map((line) => line.trimEnd())).toEqual([
    expect.stringMatching(/^2 events stored from \d{4}-.*Z to .*Z, by decoder version \d+$/),
    "",
    "facts",
    "  same     0",
    "  new      0  not stored so far",
    "  changed  1",
    "  gone     0",
    "",
    "changed",
    "  e3d92152-0fc0-4a0c-9b05-1d2c6f2b7a11  event b6c1a7de-3c4f-4b21-8f0e-0a8f4e7d1c01",
    '    objectType     "" → "person"',
    "    created        9 → 90",
    "",
    "1 event that can no longer be read",
    "  broken  EVENT_INVALID",
    "    id: expected a text of 1 to 1024 characters, got nothing.",
    "",
    "1 would be stored; nothing was",
    "",
  ]);

  expect((await reprocess("--json")).stdout).toContain('"written": 1');
  const again = await reprocess();
  expect(again.stdout).toMatch(/\n {2}same {5}1\n[^]*\nnothing is to be stored\n$/);
  const status = await runCli(["status", "e3d92152-0fc0-4a0c-9b05-1d2c6f2b7a11", "--json"], { env });
  expect(JSON.parse(status.stdout)).toMatchObject({ objectType: "person", records: { created: 90 } });
});

const LINE = {
  since: "2026-11-22T01:00:00.000Z",
  until: "2026-11-22T02:00:00.000Z",
  decoderVersion: 1,
  events: { total: 9, read: 5, withoutBody: 0, unreadable: 0 },
  facts: { same: 0, new: 5, changed: 0, gone: 0, outranked: 0, written: 0 },
  examples: { new: [], changed: [], gone: [], unreadable: [] },
};
const lines = (...all: object[]) => ({ body: all.map((one) => `${JSON.stringify(one)}\n`).join("") });

it("stores what it has shown: the same interval", async () => {
  const { url, asked } = await startService(() => lines({ type: "done", ...LINE }));
  const run = await runCli(["reprocess", "--since", "1h"], { env: { AFTER202_URL: url } });
  expect(run.code).toBe(0);
  expect(asked.map((one) => JSON.parse(String(one.body)) as object)).toEqual([
    { since: "1h", dryRun: true },
    { since: LINE.since, until: LINE.until },
  ]);
});

it.each([
  ["is broken off", lines({ type: "progress", ...LINE }), 5, "SERVICE_UNREACHABLE"],
  [
    "fails",
    lines({ type: "failed", ...LINE, error: { code: "STORE_UNAVAILABLE", message: "Away." } }),
    5,
    "STORE_UNAVAILABLE",
  ],
  [
    "is refused",
    { status: 409, body: { error: { code: "REPROCESS_RUNNING", message: "No." } } },
    5,
    "REPROCESS_RUNNING",
  ],
])("says how far it came when it %s", async (_what, answer, exitCode, code) => {
  const { url } = await startService(() => answer);
  const run = await runCli(["reprocess", "--since", "1h", "--dry-run"], { env: { AFTER202_URL: url } });
  expect([run.code, run.stdout]).toEqual([exitCode, ""]);
  expect(run.stderr).toContain(code);
});
