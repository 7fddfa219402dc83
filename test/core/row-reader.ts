/** Reads rows back as ClickHouse would: RowBinary by the types of the columns. */
import type { Fact } from "../../src/core/fact.ts";
import { decodeFact, FACT_COLUMNS } from "../../src/core/fact-row.ts";
import { type ResultRows, rowPieces } from "../../src/core/result-rows.ts";

export type Row = Record<keyof typeof FACT_COLUMNS, unknown> & { request_id: string; fact_id: string };

/** @throws when a row ends early, or something is left */
export function readRows(bytes: Buffer): Row[] {
  const rows: Row[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes.readUInt8(at++);
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  };
  const read = (type: string): unknown => {
    const inner = /^(Array|Nullable)\((.*)\)$/.exec(type);
    if (inner?.[1] === "Array") return Array.from({ length: varint() }, () => read(inner[2] ?? ""));
    if (inner?.[1] === "Nullable") return bytes.readUInt8(at++) === 1 ? null : read(inner[2] ?? "");
    if (type === "String") {
      const length = varint();
      if (at + length > bytes.length) throw new RangeError("a text ends early");
      at += length;
      return bytes.toString("utf8", at - length, at);
    }
    const size = type === "UInt16" ? 2 : type === "UInt32" ? 4 : /^(UInt64|DateTime64)/.test(type) ? 8 : 1;
    at += size;
    if (size === 8) {
      const value = bytes.readBigUInt64LE(at - 8);
      return type === "UInt64" ? String(value) : Number(value);
    }
    return bytes.readUIntLE(at - size, size);
  };
  while (at < bytes.length) {
    rows.push(
      Object.fromEntries(Object.entries(FACT_COLUMNS).map(([name, type]) => [name, read(type)])) as Row,
    );
  }
  return rows;
}

export function factOfRow(row: Row): Fact {
  return decodeFact({
    request_id: row.request_id,
    fact_id: row.fact_id,
    version: row.version as number,
    fact: row.fact as string,
  });
}

export function factsOfResults(all: Iterable<ResultRows>): Fact[] {
  return [...rowPieces(all)].flatMap((piece) => readRows(Buffer.from(piece)).map(factOfRow));
}
