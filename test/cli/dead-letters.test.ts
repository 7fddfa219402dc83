import { expect, it } from "vitest";
import { startService } from "./fake-service.ts";
import { runCli } from "./run-cli.ts";

const letter = (id: number) => ({
  deadLetterId: `d${id}`,
  at: "2026-11-22T02:00:00.000Z",
  path: "journal",
  source: "journal",
  code: "EVENT_INVALID",
  reason: "data.requests: expected an array, got nothing.",
  eventId: "",
});

it("lists page after page, up to the limit", async () => {
  const { url, asked } = await startService(({ path }) => {
    const from = Number(new URL(path, "http://x").searchParams.get("cursor") ?? 0);
    const limit = Number(new URL(path, "http://x").searchParams.get("limit"));
    const items = Array.from({ length: limit }, (_, index) => letter(from + index));
    return { body: { items, nextCursor: String(from + limit) } };
  });
  const run = await runCli(["dead-letters", "list", "--limit", "700", "--json"], {
    env: { AFTER202_URL: url },
  });
  const { items, nextCursor } = JSON.parse(run.stdout) as { items: unknown[]; nextCursor: string };
  expect([items.length, nextCursor, asked.length]).toEqual([700, "700", 2]);
});

it("shows them as a table, and says when there are none", async () => {
  let items = [letter(1)];
  const { url } = await startService(() => ({ body: { items, nextCursor: null } }));
  const run = await runCli(["dead-letters", "list"], { env: { AFTER202_URL: url } });
  expect(run.stdout).toMatch(
    /^id +at +source +code +reason\nd1 +2026.* EVENT_INVALID +data\.requests: expected/,
  );
  items = [];
  expect((await runCli(["dead-letters", "list"], { env: { AFTER202_URL: url } })).stdout).toBe(
    "no dead letters\n",
  );
});

it("redrives in turns while there is more and it helps, and counts each letter once", async () => {
  const reports = [
    { read: 100, redriven: 60, dead: 40, unknown: [], new: 50, duplicate: 10, more: true },
    { read: 100, redriven: 60, dead: 40, unknown: [], new: 60, duplicate: 0, more: true },
    { read: 40, redriven: 0, dead: 40, unknown: [], new: 0, duplicate: 0, more: true },
  ];
  const { url, asked } = await startService(() => ({ body: reports.shift() }));
  const run = await runCli(["dead-letters", "redrive"], { env: { AFTER202_URL: url } });
  expect(run).toMatchObject({ code: 1, stdout: "read 160, redriven 120, new 110, duplicate 10, dead 40\n" });
  expect(asked.every((one) => one.body.length === 0)).toBe(true);
});

it("redrives those that are named", async () => {
  const { url, asked } = await startService(() => ({
    body: { read: 1, redriven: 1, dead: 0, unknown: [], new: 1, duplicate: 0, more: false },
  }));
  const run = await runCli(["dead-letters", "redrive", "d1", "--json"], { env: { AFTER202_URL: url } });
  expect(run.code).toBe(0);
  expect(JSON.parse(run.stdout)).toMatchObject({ redriven: 1 });
  expect(JSON.parse(asked[0]?.body.toString() ?? "")).toEqual({ ids: ["d1"] });
});
