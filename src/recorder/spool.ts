/**
 * The spool: what was handed to the recorder, on disk until the service has it.
 *
 * Lines are appended at once and synced in groups; the service gets them from the files, oldest first, so memory holds
 * only what is being written. All file operations run one after another. Nothing here throws at whoever appends.
 */
import { mkdirSync } from "node:fs";
import { readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openSegment, type OpenSegment, parseSegmentName, type Segment, segmentName } from "./segment.ts";
import { findDeadOwners, forgetOwner, openOwner, ownersIn } from "./spool-owner.ts";

export interface SpoolOptions {
  readonly directory: string;
  /** Of all segments of this process together. */
  readonly maxBytes: number;
  /** Told of each failure to write; `null`: it works again. */
  readonly onFault: (cause: unknown) => void;
}

export interface Spool {
  /** @returns false when there is no room: the line is not taken */
  append(line: string): boolean;
  /** @returns whether everything appended so far is synced to disk */
  sync(): Promise<boolean>;
  /** The oldest segment; the open one is closed for it. Undefined when there is nothing. */
  oldest(): Promise<Segment | undefined>;
  remove(segment: Segment): Promise<void>;
  /** Says that this process lives, and takes over what dead ones have left. @returns how many segments */
  adopt(): Promise<number>;
  bytes(): number;
  /** Leaves what is there to whoever comes next. */
  close(): Promise<void>;
}

const SEGMENT_BYTES = 1_048_576;
const GROUP_BYTES = 262_144;
/** What may wait in memory for a disk that does not write. */
const MAX_QUEUED_BYTES = 16 * 1_048_576;
/** What comes within so long is written by one call. */
const GATHER_MS = 5;
const SYNC_EVERY_MS = 50;
const RETRY_MS = 1_000;

/** @throws Error as node:fs does, when the directory cannot be made or written */
export function openSpool({ directory, maxBytes, onFault }: SpoolOptions): Spool {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const owner = openOwner(directory);
  const queue: string[] = [];
  const segments: Segment[] = [];
  let queuedBytes = 0;
  let spooledBytes = 0;
  let number = 0;
  let current: OpenSegment | undefined;
  let dirty = false;
  let syncTimer: NodeJS.Timeout | undefined;
  let writing: Promise<void> | undefined;
  let faulty = false;
  let closed = false;
  let last: Promise<unknown> = Promise.resolve();

  /** One after another, whatever became of the ones before. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = last.then(work, work);
    last = turn.catch(() => undefined);
    return turn;
  }

  function takeGroup(): string[] {
    let bytes = 0;
    let count = 0;
    while (count < queue.length && bytes < GROUP_BYTES) bytes += (queue[count++] ?? "").length;
    return queue.splice(0, count);
  }

  async function writeGroup(group: readonly string[]): Promise<void> {
    const bytes = Buffer.from(group.join(""));
    if (owner.wasSilent()) {
      await seal();
      await owner.beat();
    }
    current ??= await openSegment(directory, segmentName(Date.now(), owner.id, ++number));
    await current.handle.appendFile(bytes);
    current.bytes += bytes.length;
    current.lines += group.length;
    spooledBytes += bytes.length;
    dirty = true;
    if (current.bytes >= SEGMENT_BYTES) await seal();
    else syncTimer ??= setTimeout(() => void inTurn(syncCurrent).catch(onFault), SYNC_EVERY_MS);
  }

  async function write(): Promise<void> {
    while (queue.length > 0) {
      await sleep(GATHER_MS);
      const group = takeGroup();
      try {
        await inTurn(() => writeGroup(group));
        queuedBytes -= group.reduce((sum, line) => sum + line.length, 0);
        if (faulty) onFault(null);
        faulty = false;
      } catch (error) {
        faulty = true;
        onFault(error);
        queue.unshift(...group);
        // half a line may stand at its end now: nothing is written behind it
        await inTurn(seal).catch(() => undefined);
        if (closed) return;
        await sleep(RETRY_MS, undefined, { ref: false });
      }
    }
  }

  function startWriting(): Promise<void> {
    writing ??= write().finally(() => {
      writing = undefined;
    });
    return writing;
  }

  async function syncCurrent(): Promise<void> {
    clearTimeout(syncTimer);
    syncTimer = undefined;
    if (dirty) await current?.handle.datasync();
    dirty = false;
  }

  async function seal(): Promise<void> {
    const sealed = current;
    if (sealed === undefined) return;
    try {
      await syncCurrent();
    } finally {
      current = undefined;
      dirty = false;
      segments.push({ path: sealed.path, bytes: sealed.bytes, ownLines: sealed.lines });
      await sealed.handle.close();
    }
  }

  async function adopt(): Promise<number> {
    await owner.beat();
    const names = await readdir(directory);
    const strangers = names.flatMap((name) => {
      const parsed = parseSegmentName(name);
      return parsed === undefined || parsed.owner === owner.id ? [] : [{ name, ...parsed }];
    });
    const owners = new Set([...strangers.map((one) => one.owner), ...(await ownersIn(directory))]);
    owners.delete(owner.id);
    const dead = new Set(await findDeadOwners(directory, owners));
    let taken = 0;
    for (const { name, atMs, owner: from } of strangers) {
      if (!dead.has(from)) continue;
      const path = join(directory, segmentName(atMs, owner.id, ++number));
      try {
        await rename(join(directory, name), path);
      } catch {
        continue; // another process was faster
      }
      const bytes = (await stat(path)).size;
      spooledBytes += bytes;
      segments.push({ path, bytes, ownLines: 0 });
      taken += 1;
    }
    for (const id of dead) await forgetOwner(directory, id);
    segments.sort((a, b) => (a.path < b.path ? -1 : 1));
    return taken;
  }

  return {
    append(line) {
      const isFull = spooledBytes + queuedBytes + line.length > maxBytes;
      if (closed || isFull || queuedBytes + line.length > MAX_QUEUED_BYTES) return false;
      queue.push(line);
      queuedBytes += line.length;
      void startWriting();
      return true;
    },
    async sync() {
      while (queue.length > 0 && !faulty) await startWriting();
      if (!faulty) await startWriting();
      return inTurn(syncCurrent).then(
        () => queue.length === 0 && !faulty,
        () => false,
      );
    },
    oldest: () =>
      inTurn(async () => {
        if (segments.length === 0) await seal();
        return segments[0];
      }),
    async remove(segment) {
      await rm(segment.path, { force: true });
      const at = segments.indexOf(segment);
      if (at >= 0) segments.splice(at, 1);
      spooledBytes -= segment.bytes;
    },
    adopt: () => inTurn(adopt),
    bytes: () => spooledBytes + queuedBytes,
    async close() {
      closed = true;
      if (!faulty) await startWriting();
      await inTurn(seal).catch(onFault);
      clearTimeout(syncTimer);
      await owner.release();
    },
  };
}
