import { expect, it } from "vitest";
import type { CliRun } from "./run-cli.ts";
import { startService } from "./fake-service.ts";
import { runCli } from "./run-cli.ts";
import { startRealService } from "./service-process.ts";

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

it("asks before it discards what nobody named: without a terminal it wants --yes", async () => {
  const { url, asked } = await startService(() => ({ body: { discarded: 2, unknown: [] } }));
  const run = (...args: string[]) =>
    runCli(["dead-letters", "discard", ...args], { env: { AFTER202_URL: url } });
  for (const args of [[], ["--all"], ["--code", "EVENT_INVALID"]]) {
    const refused = await run(...args);
    expect([refused.code, refused.stderr.split(" ")[0]]).toEqual([2, "INPUT_INVALID"]);
  }
  expect(asked).toEqual([]);
  expect(await run("--code", "EVENT_INVALID", "--since", "6h", "--yes")).toMatchObject({
    code: 0,
    stdout: "discarded 2 dead letters\n",
  });
  expect(JSON.parse(String(asked[0]?.body))).toEqual({ code: "EVENT_INVALID", since: "6h" });
});

it("finds, shows, redrives and discards what the real service could not read", async () => {
  const { env } = await startRealService();
  const dead = (...args: string[]): Promise<CliRun> => runCli(["dead-letters", ...args], { env });
  const event = (records: string): string =>
    `{"id":"e1","type":"com.adobe.platform.marketo.observability.results","time":"2026-11-22T02:00:00Z","data":{"munchkinId":"m","requests":[{"requestId":"r1","records":{"received":5,"created":${records}}}]}}`;
  const input = [event('"ninety"'), '{"id":"cut', Buffer.from([0x7b, 0xff])].flatMap((line) => [
    Buffer.from(line),
    Buffer.from("\n"),
  ]);
  expect((await runCli(["replay", "-"], { env, input: Buffer.concat(input) })).code).toBe(1);

  const { items } = JSON.parse((await dead("list", "--json")).stdout) as {
    items: { deadLetterId: string; code: string }[];
  };
  const idOf = (code: string): string => items.find((one) => one.code === code)?.deadLetterId ?? "";
  const shown = (await dead("show", idOf("EVENT_INVALID"))).stdout.split("\n");
  const caret = shown.findIndex((line) => /^ *\^+$/.test(line));
  const at = shown[caret]?.indexOf("^") ?? 0;
  expect(shown[caret - 1]?.slice(at, shown[caret]?.length)).toBe('"ninety"');
  expect(shown.join("\n")).toContain("data.requests[0].records.created, column ");
  expect((await dead("show", idOf("EVENT_UNREADABLE"))).stdout).toMatch(
    / {2}column 11 \(byte 10\)\n\n  \{"id":"cut\n {12}\^\n/,
  );
  expect((await dead("show", idOf("EVENT_NOT_UTF8"))).stdout).toMatch(
    /The byte 0xff is not UTF-8 here\.\n  column 2 \(byte 1\)\n\n  \{\uFFFD\n {3}\^\n/,
  );
  expect(await dead("redrive", "--code", "EVENT_INVALID")).toMatchObject({
    code: 1,
    stdout: "read 1, redriven 0, new 0, duplicate 0, dead 1\n",
  });
  expect((await dead("discard", idOf("EVENT_INVALID"))).stdout).toBe("discarded 1 dead letter\n");
  expect((await dead("show", idOf("EVENT_INVALID"))).stdout).toMatch(/\nstate +discarded \d{4}-/);
  expect((await dead("discard", "--all", "--yes")).stdout).toBe("discarded 2 dead letters\n");
  expect((await dead("list")).stdout).toBe("no dead letters\n");
  expect((await dead("show", "1")).code).toBe(4);
});
