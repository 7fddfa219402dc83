/**
 * Files through which rows in bytes reach the engine in this process: its connection takes statements as text only.
 *
 * A few files, written anew for each insert: they stay in the page cache, and need not survive anything, since what was
 * not inserted was not acknowledged. They lie in DATA_DIR, where all the rows lie in the end, and nobody else may read them.
 */
import { rm, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { StoreError } from "./client-error.ts";

/** Each piece is a call to the system: more are joined first. */
const MAX_PIECES = 64;

export class InsertFiles {
  private readonly folder: string;
  private readonly free: string[] = [];
  private readonly all: string[] = [];

  /** @throws StoreError CONFIG_INVALID where ClickHouse would take the folder's name for a pattern */
  constructor(dataDir: string) {
    this.folder = resolve(dataDir);
    if (!/[*?{}]/.test(this.folder)) return;
    const message = `DATA_DIR ${this.folder} has one of * ? { } in its name: choose another.`;
    throw new StoreError("CONFIG_INVALID", message);
  }

  /** Lends a file that holds the pieces, as a literal of SQL, until the work is done. */
  async hold<T>(pieces: readonly Uint8Array[], work: (file: string) => Promise<T>): Promise<T> {
    const path = this.free.pop() ?? this.create();
    try {
      await writeFile(path, pieces.length > MAX_PIECES ? Buffer.concat(pieces) : pieces, { mode: 0o600 });
      return await work(`'${path.replace(/['\\]/g, "\\$&")}'`);
    } finally {
      this.free.push(path);
    }
  }

  async close(): Promise<void> {
    for (const path of this.all) await rm(path, { force: true });
  }

  private create(): string {
    const path = `${this.folder}/insert-${this.all.length + 1}.rows`;
    this.all.push(path);
    return path;
  }
}
