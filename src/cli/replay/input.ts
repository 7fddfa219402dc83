/**
 * The bytes of a file or of standard input, unpacked when they are gzip or zstd: told by their first bytes, not by a name.
 */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { After202Error } from "../../core/errors.ts";
import { isZstd, unpackZstd } from "./zstd.ts";

export interface ReplayInput {
  /** As it was named; `-`: standard input. */
  readonly name: string;
  /** Size on disk; 0 where that is unknown. */
  readonly bytes: number;
}

/** @throws After202Error INPUT_INVALID when something named is no file that can be read */
export async function findInputs(names: readonly string[]): Promise<ReplayInput[]> {
  const inputs: ReplayInput[] = [];
  for (const name of names) inputs.push({ name, bytes: name === "-" ? 0 : await sizeOf(name) });
  return inputs;
}

async function sizeOf(name: string): Promise<number> {
  try {
    const found = await stat(name);
    if (found.isDirectory()) throw new Error("it is a directory");
    return found.isFile() ? found.size : 0;
  } catch (cause) {
    const reason =
      (cause as NodeJS.ErrnoException).code === "ENOENT" ? "there is no such file" : String(cause);
    throw new After202Error("INPUT_INVALID", `${name} cannot be read: ${reason}.`, { cause });
  }
}

/**
 * @param onBytes is told of bytes read, as they lie on disk
 * @throws After202Error INPUT_UNREADABLE when reading or unpacking fails; what came before it was yielded
 */
export async function* readInput(
  { name }: ReplayInput,
  onBytes: (count: number) => void,
): AsyncGenerator<Buffer> {
  const source: Readable =
    name === "-" ? process.stdin : createReadStream(name, { highWaterMark: 256 * 1_024 });
  try {
    yield* unpack(counted(source, onBytes));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new After202Error("INPUT_UNREADABLE", `${nameOf(name)} cannot be read to its end: ${reason}`, {
      cause,
    });
  }
}

export function nameOf(name: string): string {
  return name === "-" ? "standard input" : name;
}

async function* counted(source: Readable, onBytes: (count: number) => void): AsyncGenerator<Buffer> {
  for await (const chunk of source as AsyncIterable<Buffer>) {
    onBytes(chunk.length);
    yield chunk;
  }
}

async function* unpack(chunks: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  let head = Buffer.alloc(0);
  while (head.length < 4) {
    const next = await chunks.next();
    if (next.done === true) break;
    head = Buffer.concat([head, next.value]);
  }
  const all = (async function* () {
    if (head.length > 0) yield head;
    yield* chunks;
  })();
  if (isZstd(head)) yield* unpackZstd(all);
  else if (head[0] === 0x1f && head[1] === 0x8b) yield* unpackGzip(all);
  else yield* all;
}

async function* unpackGzip(packed: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  const { pipeline } = await import("node:stream/promises");
  const gunzip = createGunzip({ chunkSize: 256 * 1_024 });
  const fed = pipeline(packed, gunzip);
  fed.catch(() => undefined); // the reader below meets the same fault
  yield* gunzip as AsyncIterable<Buffer>;
  await fed;
}
