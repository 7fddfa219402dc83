/**
 * Unpacks zstd: any number of frames and skippable frames, block by block, each frame checked against its checksum and size.
 *
 * The library unpacks blocks; frames are walked here, since it would unpack all that it is handed at one go (a bomb), takes
 * windows of two gigabytes, and looks at no checksum. One block is at most 128 KB, packed and unpacked.
 *
 * @see RFC 8878
 */
import { Decompress } from "fzstd";
import xxhash from "xxhash-wasm";
import { ByteReader } from "./byte-reader.ts";

const MAGIC = 0xfd2fb528;
const SKIPPABLE = 0x184d2a50;
const SKIPPABLE_MASK = 0xfffffff0;
/** What the zstd tool, too, takes unless told otherwise. */
const MAX_WINDOW_BYTES = 128 * 1_048_576;
const MAX_BLOCK_BYTES = 128 * 1_024;
const RLE = 1;
const RESERVED = 3;

/** Whether zstd begins so. */
export function isZstd(head: Uint8Array): boolean {
  if (head.length < 4) return false;
  const magic = Buffer.from(head.subarray(0, 4)).readUInt32LE();
  return magic === MAGIC || isSkippable(magic);
}

/** @throws Error in words that go on "cannot be read to its end: …"; what came before was yielded */
export async function* unpackZstd(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const input = new ByteReader(chunks);
  const { create64 } = await xxhash();
  for (;;) {
    const magicBytes = await input.read(4);
    if (magicBytes.length === 0) return;
    const magic = magicBytes.length === 4 ? magicBytes.readUInt32LE() : 0;
    if (isSkippable(magic)) {
      const length = (await readAll(input, 4)).readUInt32LE();
      if ((await input.skip(length)) < length) throw cutOff(input);
    } else if (magic === MAGIC) {
      yield* unpackFrame(input, create64());
    } else {
      throw broken(input, "no frame begins here");
    }
  }
}

interface Hash {
  update(bytes: Uint8Array): unknown;
  digest(): bigint;
}

async function* unpackFrame(input: ByteReader, hash: Hash): AsyncGenerator<Buffer> {
  const frame = await readHeader(input);
  const unpacked: Uint8Array[] = [];
  const decoder = new Decompress((block) => void unpacked.push(block));
  decoder.push(frame.header);
  let bytes = 0n;
  for (let isLast = false; !isLast;) {
    const head = await readAll(input, 3);
    const mark = head.readUIntLE(0, 3);
    const [kind, size] = [(mark >> 1) & 3, mark >> 3];
    isLast = (mark & 1) === 1;
    if (kind === RESERVED || size > MAX_BLOCK_BYTES) throw broken(input, "it is damaged");
    const body = await readAll(input, kind === RLE ? 1 : size);
    try {
      decoder.push(Buffer.concat([head, body]), isLast);
    } catch (cause) {
      throw broken(input, "it is damaged", cause);
    }
    for (const block of unpacked.splice(0)) {
      if (block.length === 0) continue;
      hash.update(block);
      bytes += BigInt(block.length);
      yield Buffer.from(block.buffer, block.byteOffset, block.byteLength);
    }
  }
  if (frame.bytes !== undefined && frame.bytes !== bytes) throw broken(input, "its size does not fit");
  if (!frame.hasChecksum) return;
  const checksum = (await readAll(input, 4)).readUInt32LE();
  if (checksum !== Number(hash.digest() & 0xffffffffn)) throw broken(input, "its checksum does not fit");
}

interface FrameHeader {
  /** For the library, which gets no checksum. */
  readonly header: Buffer;
  readonly hasChecksum: boolean;
  /** Of what is packed, where the frame says so. */
  readonly bytes: bigint | undefined;
}

async function readHeader(input: ByteReader): Promise<FrameHeader> {
  const [flags = 0] = await readAll(input, 1);
  const isSingle = (flags & 0x20) !== 0;
  const sizeBytes = [isSingle ? 1 : 0, 2, 4, 8][flags >> 6] ?? 0;
  if ((flags & 0x08) !== 0) throw broken(input, "it is damaged");
  if ((flags & 0x03) !== 0) throw broken(input, "it needs a dictionary, which after202 does not have");
  const rest = await readAll(input, (isSingle ? 0 : 1) + sizeBytes);
  const size = readSize(rest.subarray(rest.length - sizeBytes));
  const windowBytes = isSingle ? Number(size ?? 0n) : windowOf(rest[0] ?? 0);
  if (windowBytes > MAX_WINDOW_BYTES) {
    throw broken(input, "its window is over 128 MB: pack it again without --ultra or --long");
  }
  const magic = Buffer.alloc(5);
  magic.writeUInt32LE(MAGIC);
  magic[4] = flags & ~0x04;
  return { header: Buffer.concat([magic, rest]), hasChecksum: (flags & 0x04) !== 0, bytes: size };
}

function readSize(bytes: Buffer): bigint | undefined {
  switch (bytes.length) {
    case 0:
      return undefined;
    case 1:
      return BigInt(bytes.readUInt8());
    case 2:
      return BigInt(bytes.readUInt16LE() + 256);
    case 4:
      return BigInt(bytes.readUInt32LE());
    default:
      return bytes.readBigUInt64LE();
  }
}

function windowOf(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

function isSkippable(magic: number): boolean {
  return (magic & SKIPPABLE_MASK) >>> 0 === SKIPPABLE;
}

async function readAll(input: ByteReader, count: number): Promise<Buffer> {
  const bytes = await input.read(count);
  if (bytes.length < count) throw cutOff(input);
  return bytes;
}

function cutOff(input: ByteReader): Error {
  return new Error(`the zstd frame breaks off at byte ${input.position}`);
}

function broken(input: ByteReader, what: string, cause?: unknown): Error {
  return new Error(`the zstd frame before byte ${input.position}: ${what}`, { cause });
}
