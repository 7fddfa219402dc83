import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, it, vi } from "vitest";
import type { EventReceipt } from "../../src/cli/service-answers.ts";
import { generateResultsEvents } from "../../src/simulator/generated-events.ts";
import { createRandom } from "../../src/simulator/random.ts";
import { type Answer, deadUrl, refusal, startService } from "./fake-service.ts";
import { runCli } from "./run-cli.ts";
import { flipped, skippableFrame, zstdBomb, zstdOf } from "./zstd-samples.ts";
import { freshDirectory, startRealService } from "./service-process.ts";

vi.setConfig({ testTimeout: 180_000 });

const LINES = ['{"id":"1"}', '{"id":"2"}', "{broken", '{"id":"3"}'];

/** Calls lines new that are JSON, and the others dead. */
function receiptFor(body: Buffer): EventReceipt {
  const lines = body.toString().split("\n").filter(Boolean);
  const dead = lines.filter((line) => line.startsWith("{broken")).length;
  return { read: lines.length, new: lines.length - dead, duplicate: 0, dead };
}

async function takingService(trouble: (call: number) => Answer | undefined = () => undefined) {
  let calls = 0;
  return startService((asked) => trouble(++calls) ?? { body: receiptFor(asked.body) });
}

it("sends lines as they are, and closes with the count", async () => {
  const { url, asked } = await takingService();
  const run = await runCli(["replay", "-"], { env: { AFTER202_URL: url }, input: LINES.join("\n") });
  expect(run).toMatchObject({ code: 1, stdout: "read 4, new 3, duplicate 0, dead 1\n", stderr: "" });
  expect(asked[0]).toMatchObject({ method: "POST", path: "/v1/events?replay=true" });
  expect(asked[0]?.headers["content-type"]).toBe("application/x-ndjson");
  expect(asked[0]?.body.toString()).toBe(`${LINES.join("\n")}\n`);
});

it("reads several files, packed or not, whatever their names", async () => {
  const { url, asked } = await takingService();
  const directory = freshDirectory();
  writeFileSync(join(directory, "plain"), LINES[0] ?? "");
  writeFileSync(join(directory, "packed"), gzipSync(LINES[1] ?? ""));
  writeFileSync(join(directory, "empty"), "");
  const run = await runCli(["replay", "plain", "packed", "empty"], {
    env: { AFTER202_URL: url },
    cwd: directory,
  });
  expect(run).toMatchObject({ code: 0, stdout: "read 2, new 2, duplicate 0, dead 0\n" });
  expect(Buffer.concat(asked.map((one) => one.body)).toString()).toBe('{"id":"1"}\n{"id":"2"}\n');
});

it("sends no more than a megabyte or a thousand lines at once", async () => {
  const { url, asked } = await takingService();
  const short = Array.from({ length: 2_500 }, (_, index) => `{"id":${index}}`);
  const long = Array.from({ length: 30 }, () => `{"id":"${"x".repeat(100_000)}"}`);
  const input = [...short, ...long].join("\n");
  const run = await runCli(["replay", "-", "--json"], { env: { AFTER202_URL: url }, input });
  expect(JSON.parse(run.stdout)).toEqual({ read: 2_530, new: 2_530, duplicate: 0, dead: 0 });
  for (const { body } of asked) {
    expect(body.length).toBeLessThanOrEqual(1_048_576);
    expect(body.toString().split("\n").length - 1).toBeLessThanOrEqual(1_000);
  }
});

it("tries again while the service is busy, restarting or away", async () => {
  const troubles: Record<number, Answer> = {
    1: refusal(503, "BUFFER_FULL"),
    2: { ...refusal(429, "TOO_MANY_REQUESTS"), headers: { "retry-after": "1" } },
    3: { reset: true },
    4: refusal(503, "STORE_UNAVAILABLE"),
  };
  const { url, asked } = await takingService((call) => troubles[call]);
  const run = await runCli(["replay", "-"], { env: { AFTER202_URL: url }, input: LINES[0] ?? "" });
  expect(run).toMatchObject({ code: 0, stdout: "read 1, new 1, duplicate 0, dead 0\n" });
  expect(asked).toHaveLength(5);
});

it("ends at once when the key is refused, and says how far it came", async () => {
  const { url } = await takingService((call) => (call > 1 ? refusal(401, "KEY_INVALID") : undefined));
  const input = Array.from({ length: 9_000 }, (_, index) => `{"id":${index}}`).join("\n");
  const run = await runCli(["replay", "-"], { env: { AFTER202_URL: url }, input });
  expect(run.code).toBe(2);
  expect(run.stderr).toContain("KEY_INVALID");
  expect(run.stdout).toBe("read 1000, new 1000, duplicate 0, dead 0\n");
});

it("exits with 5 when nobody answers", async () => {
  const run = await runCli(["replay", "-"], {
    env: { AFTER202_URL: await deadUrl() },
    input: LINES[0] ?? "",
  });
  expect(run.code).toBe(5);
  expect(run.stderr).toContain("SERVICE_UNREACHABLE");
});

it("sends what a damaged gzip file still holds, and exits with 1", async () => {
  const { url } = await takingService();
  const many = Array.from({ length: 50_000 }, (_, index) => `{"id":"${index * 7_919}"}`).join("\n");
  const packed = gzipSync(many);
  const run = await runCli(["replay", "-"], {
    env: { AFTER202_URL: url },
    input: packed.subarray(0, packed.length / 2),
  });
  expect(run.code).toBe(1);
  expect(run.stderr).toContain("INPUT_UNREADABLE standard input cannot be read to its end");
  expect(Number(/^read (\d+)/.exec(run.stdout)?.[1])).toBeGreaterThan(1_000);
});

const MANY = Buffer.from(
  Array.from({ length: 50_000 }, (_, index) => `{"id":"${index * 7_919}"}\n`).join(""),
);
const PACKED = zstdOf(MANY);

it("reads zstd from standard input: several frames, and what stands between them for others", async () => {
  const { url, asked } = await takingService();
  const input = Buffer.concat([PACKED, skippableFrame(9_000), zstdOf(Buffer.from('{"id":"last"}'))]);
  const run = await runCli(["replay", "-"], { env: { AFTER202_URL: url }, input });
  expect(run).toMatchObject({ code: 0, stdout: "read 50001, new 50001, duplicate 0, dead 0\n", stderr: "" });
  const sent = asked.flatMap((one) => one.body.toString().split("\n")).filter(Boolean);
  expect(sent.toSorted()).toEqual([...MANY.toString().trim().split("\n"), '{"id":"last"}'].toSorted());
});

it.each([
  ["cut off", PACKED.subarray(0, PACKED.length - 7), /breaks off at byte \d+/],
  ["damaged", flipped(PACKED, PACKED.length >> 1), /checksum does not fit|is damaged/],
  ["followed by something else", Buffer.concat([PACKED, Buffer.from('{"id":"x"}')]), /no frame begins here/],
  ["of a window of 2 GB", Buffer.from("28b52ffd00a8010000", "hex"), /its window is over 128 MB/],
  ["in need of a dictionary", Buffer.from("28b52ffd2105010000", "hex"), /needs a dictionary/],
])("says of zstd that is %s how far it came", async (_what, input, reason) => {
  const { url } = await takingService();
  const run = await runCli(["replay", "-"], { env: { AFTER202_URL: url }, input });
  expect(run.code).toBe(1);
  const told = run.stderr.replaceAll("\n", " ");
  expect(told).toMatch(/^INPUT_UNREADABLE standard input cannot be read to its end: /);
  expect(told).toMatch(reason);
  const read = Number(/^read (\d+)/.exec(run.stdout)?.[1]);
  expect(Number(/what came before it was sent: ([\d,]+) record/.exec(told)?.[1]?.replaceAll(",", ""))).toBe(
    read,
  );
});

it("reads a small file that unpacks to a gigabyte within the memory that any other takes", async () => {
  const { url } = await takingService();
  const input = Buffer.concat([zstdBomb(1_073_741_824), zstdOf(Buffer.from('\n{"id":"behind"}\n'))]);
  expect(input.length).toBeLessThan(50_000);
  const tell = 'process.on("exit",()=>console.error(process.resourceUsage().maxRSS))';
  const env = {
    AFTER202_URL: url,
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(tell)}`,
  };
  const run = await runCli(["replay", "-"], { env, input });
  expect(run).toMatchObject({ code: 0, stdout: "read 1, new 1, duplicate 0, dead 0\n" });
  expect(run.stderr).toMatch(/^\d+\n/);
  expect(Math.max(...run.stderr.trim().split("\n").map(Number))).toBeLessThan(600_000); // kilobytes
});

it("sends nothing when one of the files is not there", async () => {
  const { url, asked } = await takingService();
  const run = await runCli(["replay", "-", "/no/such/file"], { env: { AFTER202_URL: url }, input: "{}" });
  expect(run.code).toBe(2);
  expect(run.stderr).toContain("/no/such/file");
  expect(asked).toEqual([]);
});

it("counts exactly against the real service: pages, lines, broken lines, and the same again", async () => {
  const service = await startRealService();
  const directory = freshDirectory();
  const events = generateResultsEvents(createRandom("replay"), {
    events: 3_000,
    startMs: Date.now() - 3_600_000,
  });
  const good = [...events].map((event) => event.text);
  const page = JSON.stringify(
    { events: good.slice(0, 500).map((text) => ({ position: "p", event: JSON.parse(text) as unknown })) },
    undefined,
    2,
  );
  const broken = [
    Buffer.from((good[600] ?? "").slice(0, 100)),
    Buffer.from("no json at all"),
    Buffer.from('{"id":"x1","type":"unknown.type","time":"2026-11-22T00:00:00Z","data":{}}'),
    Buffer.concat([Buffer.from('{"id":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]),
    Buffer.from("{}"),
  ];
  const lines = [...broken, ...good.slice(500).map((text) => Buffer.from(text)), ...broken];
  writeFileSync(join(directory, "page.json"), page);
  writeFileSync(
    join(directory, "lines"),
    gzipSync(Buffer.concat(lines.flatMap((one) => [one, Buffer.from("\n")]))),
  );
  const replay = () => runCli(["replay", "page.json", "lines"], { env: service.env, cwd: directory });

  expect(await replay()).toMatchObject({ code: 1, stdout: "read 3010, new 3000, duplicate 0, dead 10\n" });
  expect(await replay()).toMatchObject({ code: 1, stdout: "read 3010, new 0, duplicate 3000, dead 10\n" });

  const list = await runCli(["dead-letters", "list", "--json"], { env: service.env });
  const { items } = JSON.parse(list.stdout) as { items: { code: string; reason: string }[] };
  expect(items.map((one) => one.code).sort()).toEqual([
    "EVENT_INVALID",
    "EVENT_NOT_UTF8",
    "EVENT_TYPE_UNKNOWN",
    "EVENT_UNREADABLE",
    "EVENT_UNREADABLE",
  ]);
  expect(items.every((one) => one.reason !== "")).toBe(true);
});
