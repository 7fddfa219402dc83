/**
 * Files through which rows in bytes reach the engine in this process: its connection takes statements as text only.
 *
 * A few files, written anew for each insert: they stay in the page cache, and need not survive anything, since what was
 * not inserted was not acknowledged. They lie in DATA_DIR, where all the rows lie in the end, and nobody else may read them.
 */
import { type FileHandle, open, rm } from "node:fs/promises";
import { resolve } from "node:path";
import { StoreError } from "./client-error.ts";

/** More than the kernel takes at once are joined first. */
const MAX_PIECES = 512;

interface InsertFile {
  readonly path: string;
  readonly handle: FileHandle;
}

export class InsertFiles {
  private readonly folder: string;
  private readonly free: InsertFile[] = [];
  private readonly all: InsertFile[] = [];
  private created = 0;

  /** @throws StoreError CONFIG_INVALID where ClickHouse would take the folder's name for a pattern */
  constructor(dataDir: string) {
    this.folder = resolve(dataDir);
    if (!/[*?{}]/.test(this.folder)) return;
    const message = `DATA_DIR ${this.folder} has one of * ? { } in its name: choose another.`;
    throw new StoreError("CONFIG_INVALID", message);
  }

  /** Lends a file that holds the pieces, as a literal of SQL, until the work is done. */
  async hold<T>(pieces: readonly Uint8Array[], work: (file: string) => Promise<T>): Promise<T> {
    const file = this.free.pop() ?? (await this.create());
    try {
      const buffers = pieces.length > MAX_PIECES ? [Buffer.concat(pieces)] : [...pieces];
      await file.handle.truncate(0);
      await writeAll(file.handle, buffers);
      return await work(`'${file.path.replace(/['\\]/g, "\\$&")}'`);
    } finally {
      this.free.push(file);
    }
  }

  async close(): Promise<void> {
    for (const { path, handle } of this.all.splice(0)) {
      await handle.close();
      await rm(path, { force: true });
    }
    this.free.length = 0;
  }

  private async create(): Promise<InsertFile> {
    const path = `${this.folder}/insert-${++this.created}.rows`;
    const file = { path, handle: await open(path, "w", 0o600) };
    this.all.push(file);
    return file;
  }
}

async function writeAll(handle: FileHandle, buffers: readonly Uint8Array[]): Promise<void> {
  let position = 0;
  const bytes = buffers.reduce((sum, buffer) => sum + buffer.length, 0);
  const { bytesWritten } = await handle.writev(buffers, position);
  if (bytesWritten === bytes) return;
  const rest = Buffer.concat(buffers).subarray(bytesWritten); // a full disk, or a signal: once more, for the reason
  position = bytesWritten;
  for (let at = 0; at < rest.length;) {
    at += (await handle.write(rest, at, rest.length - at, position + at)).bytesWritten;
  }
}
