import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openRecorder } from "../../src/recorder/recorder.ts";
import { until } from "../e2e/until.ts";
import { freshSpool, openFakeService, openQuickRecorder, submissionOf } from "./recorder-rig.ts";

const AWAY = { url: "http://127.0.0.1:1" };
const segmentsIn = (spoolDir: string): string[] =>
  readdirSync(spoolDir).filter((name) => name.endsWith(".ndjson"));
const line = (requestId: string): string =>
  `${JSON.stringify({ submissionId: crypto.randomUUID(), ...submissionOf(requestId) })}\n`;

/** A segment as a process leaves it that ends without a word. */
function leave(spoolDir: string, text: string, owner: object | undefined, id = "0123456789ab"): void {
  writeFileSync(join(spoolDir, `${String(Date.now()).padStart(13, "0")}-${id}-1.ndjson`), text);
  if (owner !== undefined) writeFileSync(join(spoolDir, `${id}.owner`), JSON.stringify(owner));
}

function deadProcess(): number {
  return Number(execFileSync(process.execPath, ["-p", "process.pid"], { encoding: "utf8" }));
}

describe("the spool", () => {
  it("has on disk what was recorded once that is synced, for nobody else to read", async () => {
    const service = await openFakeService();
    const spoolDir = join(freshSpool(), "made", "on", "demand");
    const recorder = openQuickRecorder(service, { spoolDir, ...AWAY });
    for (let i = 0; i < 100; i++) recorder.record(submissionOf(`r-${i}`));
    expect(await recorder.sync()).toBe(true);
    const lines = segmentsIn(spoolDir).flatMap((name) =>
      readFileSync(join(spoolDir, name), "utf8").trim().split("\n"),
    );
    expect(lines).toHaveLength(100);
    expect(statSync(spoolDir).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(spoolDir)) expect(statSync(join(spoolDir, name)).mode & 0o777).toBe(0o600);
  });

  it("is empty once everything is delivered", async () => {
    const service = await openFakeService();
    const spoolDir = freshSpool();
    const recorder = openQuickRecorder(service, { spoolDir });
    recorder.record(submissionOf("r-1"));
    await recorder.close();
    expect(readdirSync(spoolDir)).toEqual([]);
  });

  it("keeps what a closed recorder could not deliver for the next one", async () => {
    const service = await openFakeService();
    const spoolDir = freshSpool();
    const first = openQuickRecorder(service, { spoolDir, ...AWAY });
    first.record(submissionOf("r-1"));
    expect(await first.close(20)).toBe(1);
    const second = openQuickRecorder(service, { spoolDir });
    await until("the next one delivers it", () => service.taken.length === 1);
    await until("and counts it", () => second.stats().adopted === 1);
    expect(second.stats()).toMatchObject({ recorded: 0, pending: 0, delivered: 0 });
  });

  it("is taken over from a process that died, but for the line it was writing", async () => {
    const service = await openFakeService();
    const spoolDir = freshSpool();
    const owner = { host: hostname(), pid: deadProcess(), at: Date.now() };
    leave(spoolDir, `${line("r-1")}${line("r-2")}${line("r-3").slice(0, 40)}`, owner);
    openQuickRecorder(service, { spoolDir });
    await until("it is delivered", () => service.taken.length === 2);
    expect(service.taken.map((one) => one.requestId)).toEqual(["r-1", "r-2"]);
    await until("nothing is left of it", () => segmentsIn(spoolDir).length === 0);
    expect(readdirSync(spoolDir).filter((name) => name.startsWith("0123"))).toEqual([]);
  });

  it("is taken over from an earlier process of the same id, as in a container that was started again", async () => {
    const service = await openFakeService();
    const spoolDir = freshSpool();
    leave(spoolDir, line("r-1"), { host: hostname(), pid: process.pid, at: Date.now() - 86_400_000 });
    openQuickRecorder(service, { spoolDir });
    await until("it is delivered", () => service.taken.length === 1);
  });

  it("is not taken from a process that lives, here or on another host, until that is silent for long", async () => {
    const service = await openFakeService();
    const spoolDir = freshSpool();
    leave(spoolDir, line("mine"), { host: hostname(), pid: process.ppid, at: Date.now() }, "00000000000a");
    leave(spoolDir, line("theirs"), { host: "elsewhere", pid: 1, at: Date.now() }, "00000000000b");
    leave(spoolDir, line("silent"), { host: "elsewhere", pid: 1, at: Date.now() }, "00000000000c");
    const longAgo = new Date(Date.now() - 3_600_000);
    utimesSync(join(spoolDir, "00000000000c.owner"), longAgo, longAgo);
    openQuickRecorder(service, { spoolDir });
    await until("that of the silent one is delivered", () => service.taken.length === 1);
    expect(service.taken.map((one) => one.requestId)).toEqual(["silent"]);
    await until("and goes", () => segmentsIn(spoolDir).length === 2);
  });

  it("is shared: two recorders deliver what both have, each submission once", async () => {
    const service = await openFakeService();
    const spoolDir = freshSpool();
    const recorders = [openQuickRecorder(service, { spoolDir }), openQuickRecorder(service, { spoolDir })];
    for (let i = 0; i < 200; i++) recorders[i % 2]?.record(submissionOf(`r-${i}`));
    for (const recorder of recorders) expect(await recorder.flush()).toBe(0);
    expect(service.taken).toHaveLength(200);
  });

  it("holds no more than it may: what comes then is counted as dropped, and what is there is kept", async () => {
    const service = await openFakeService();
    const size = line("r-0").length;
    const recorder = openQuickRecorder(service, { maxSpoolBytes: 10 * size + 5 });
    service.answer = () => 503;
    for (let i = 0; i < 15; i++) recorder.record(submissionOf(`r-${i % 10}`));
    await recorder.flush(50);
    expect(recorder.stats()).toMatchObject({ recorded: 15, dropped: 5, pending: 10 });
    service.answer = () => undefined;
    expect(await recorder.flush()).toBe(0);
    recorder.record(submissionOf("r-x"));
    expect(await recorder.flush()).toBe(0);
    expect(recorder.stats()).toMatchObject({ dropped: 5, delivered: 11, fault: null });
  });

  it("passes over a line that is none, as one that the service refuses", async () => {
    const service = await openFakeService();
    service.refuses = (submission) => submission.submissionId === "unreadable";
    const spoolDir = freshSpool();
    leave(spoolDir, `${line("r-1")}garbage\n${line("r-2")}`, undefined);
    const recorder = openQuickRecorder(service, { spoolDir });
    await until("both are delivered", () => recorder.stats().adopted === 2);
    expect(recorder.stats().refused).toBe(1);
    expect(readFileSync(join(spoolDir, "refused.ndjson"), "utf8")).toContain('"garbage"');
  });

  it("is refused at the start where its directory is a file; all wrong options are named at once", () => {
    const file = join(freshSpool(), "file");
    writeFileSync(file, "");
    expect(() => openRecorder({ spoolDir: file })).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID" }),
    );
    const wrong = { spoolDir: "", url: "ftp://x", linkKeySecret: "short", lingerMs: -1 };
    const message = expect.stringMatching(/url.*spoolDir.*linkKeySecret.*lingerMs/) as unknown;
    expect(() => openRecorder(wrong)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID", message }));
  });
});
