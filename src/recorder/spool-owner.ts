/**
 * Who owns which segments of a spool directory, so that several processes share one and none is left behind.
 *
 * An owner is a file with the process's host and id, touched while it lives. Segments of an owner that is dead, or that
 * has gone and left them, are anybody's: taking one over is a rename, which only one process can win.
 */
import { writeFileSync } from "node:fs";
import { readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { join } from "node:path";
import { isObject } from "../core/json.ts";

/** An owner that was not touched for so long is dead, whoever has its process id now, and wherever it was. */
const SILENT_MS = 10 * 60_000;
const SUFFIX = ".owner";

export interface SpoolOwner {
  readonly id: string;
  /** Says that it lives; called at least once a minute. */
  beat(): Promise<void>;
  /** It paused for so long that others may hold it for dead. */
  wasSilent(): boolean;
  release(): Promise<void>;
}

/** Blocks for the writing of one small file. @throws Error as node:fs does */
export function openOwner(directory: string): SpoolOwner {
  const id = randomBytes(6).toString("hex");
  const path = join(directory, id + SUFFIX);
  const content = JSON.stringify({ host: hostname(), pid: process.pid, at: Date.now() });
  writeFileSync(path, content, { mode: 0o600 });
  let beatAt = Date.now();
  return {
    id,
    async beat() {
      beatAt = Date.now();
      const now = new Date(beatAt);
      await utimes(path, now, now).catch(() => writeFile(path, content, { mode: 0o600 }));
    },
    wasSilent: () => Date.now() - beatAt > SILENT_MS / 2,
    release: () => rm(path, { force: true }),
  };
}

/** @returns owners whose segments may be taken over: of all ids in use, those of no living process */
export async function findDeadOwners(directory: string, ids: ReadonlySet<string>): Promise<string[]> {
  const dead: string[] = [];
  for (const id of ids) if (!(await isAlive(join(directory, id + SUFFIX)))) dead.push(id);
  return dead;
}

/** What the dead leave besides segments. */
export async function forgetOwner(directory: string, id: string): Promise<void> {
  await rm(join(directory, id + SUFFIX), { force: true });
}

export async function ownersIn(directory: string): Promise<string[]> {
  const names = await readdir(directory);
  return names.filter((name) => name.endsWith(SUFFIX)).map((name) => name.slice(0, -SUFFIX.length));
}

async function isAlive(path: string): Promise<boolean> {
  try {
    const [{ mtimeMs }, text] = await Promise.all([stat(path), readFile(path, "utf8")]);
    if (Date.now() - mtimeMs > SILENT_MS) return false;
    const owner: unknown = JSON.parse(text);
    if (!isObject(owner) || owner["host"] !== hostname()) return true;
    const { pid, at } = owner;
    // an earlier process of the same id: a container that was started again
    if (pid === process.pid) return Number(at) >= Date.now() - process.uptime() * 1_000 - 1_000;
    return isRunning(Number(pid));
  } catch (error) {
    // gone, or just being written: what is not there owns nothing, what cannot be read may live
    return (error as NodeJS.ErrnoException).code !== "ENOENT";
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
