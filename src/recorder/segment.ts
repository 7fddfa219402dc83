/**
 * Segments: append-only files of submissions, one a line. Their names sort by age and tell whose they are.
 */
import { open, readFile, type FileHandle } from "node:fs/promises";
import { join } from "node:path";

export interface Segment {
  readonly path: string;
  readonly bytes: number;
  /** Lines that this process wrote into it; 0: it was taken over. */
  readonly ownLines: number;
}

export interface OpenSegment {
  readonly path: string;
  readonly handle: FileHandle;
  bytes: number;
  lines: number;
}

const NAME = /^(\d{13})-([0-9a-f]{12})-(\d+)\.ndjson$/;

export function segmentName(atMs: number, owner: string, number: number): string {
  return `${String(atMs).padStart(13, "0")}-${owner}-${number}.ndjson`;
}

/** @returns undefined for a file that is no segment */
export function parseSegmentName(name: string): { atMs: number; owner: string } | undefined {
  const [, at, owner] = NAME.exec(name) ?? [];
  return owner === undefined ? undefined : { atMs: Number(at), owner };
}

export async function openSegment(directory: string, name: string): Promise<OpenSegment> {
  const path = join(directory, name);
  return { path, handle: await open(path, "ax", 0o600), bytes: 0, lines: 0 };
}

/** Whole lines; what a dying process left half written at the end is none. */
export async function readSegment(path: string): Promise<string[]> {
  const text = await readFile(path, "utf8");
  return text
    .slice(0, text.lastIndexOf("\n") + 1)
    .split("\n")
    .filter((line) => line !== "");
}
