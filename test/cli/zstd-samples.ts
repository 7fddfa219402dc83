/**
 * Packed samples: frames are written here by hand, since neither the oldest Node.js nor every machine can pack zstd.
 *
 * Real compressed blocks, of the zstd tool, lie in test/cli/zstd.test.ts.
 */
import xxhash from "xxhash-wasm";

const { h64Raw } = await xxhash();
const MAGIC = Buffer.from("28b52ffd", "hex");
const BLOCK_BYTES = 128 * 1_024;

/** A frame of raw blocks, with its checksum. */
export function zstdOf(bytes: Uint8Array): Buffer {
  // no content size, a checksum; a window of 128 KB
  const parts: Uint8Array[] = [MAGIC, Buffer.from([0x04, 7 << 3])];
  for (let from = 0; from === 0 || from < bytes.length; from += BLOCK_BYTES) {
    const block = bytes.subarray(from, from + BLOCK_BYTES);
    parts.push(blockHead(from + BLOCK_BYTES >= bytes.length, 0, block.length), block);
  }
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32LE(Number(h64Raw(bytes) & 0xffffffffn));
  return Buffer.concat([...parts, checksum]);
}

/** So many blanks, without a checksum, in four bytes for each 128 KB. */
export function zstdBomb(bytes: number): Buffer {
  const blocks = Math.ceil(bytes / BLOCK_BYTES);
  const body = Array.from({ length: blocks }, (_, index) =>
    Buffer.concat([blockHead(index === blocks - 1, 1, BLOCK_BYTES), Buffer.from(" ")]),
  );
  return Buffer.concat([MAGIC, Buffer.from([0x00, 7 << 3]), ...body]);
}

export function skippableFrame(bytes: number): Buffer {
  const head = Buffer.from("5a2a4d1800000000", "hex");
  head.writeUInt32LE(bytes, 4);
  return Buffer.concat([head, Buffer.alloc(bytes, 0x28)]);
}

/** The same with one bit turned. */
export function flipped(bytes: Buffer, at: number): Buffer {
  const turned = Buffer.from(bytes);
  turned[at] = (turned[at] ?? 0) ^ 1;
  return turned;
}

function blockHead(isLast: boolean, kind: number, bytes: number): Buffer {
  const head = Buffer.alloc(3);
  head.writeUIntLE((bytes << 3) | (kind << 1) | Number(isLast), 0, 3);
  return head;
}
