import { createHash, randomUUID } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { IdTable } from "../../src/pipeline/id-table.ts";

describe("a table of ids", () => {
  it("holds what a map of strings holds, whatever the ids are", () => {
    const id = fc.oneof(
      fc.uuid(),
      fc.uuid().map((one) => one.toUpperCase()),
      fc.uuid().map((one) => one.replace("-", "0")),
      fc.string({ unit: "binary", maxLength: 40 }),
      fc.constantFrom("", "a", "b", "c"),
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(id, fc.integer({ min: 0, max: 2 ** 30 })), { maxLength: 60 }),
        (added) => {
          const table = new IdTable();
          const map = new Map<string, number>();
          for (const [one, bits] of added) {
            table.add(one, bits);
            map.set(one, (map.get(one) ?? 0) | bits);
          }
          expect(table.size).toBe(map.size);
          for (const [one, bits] of map) expect(table.get(one)).toBe(bits);
          expect(table.get(`${randomUUID()} unknown`)).toBeUndefined();
        },
      ),
    );
  });

  it("tells ids in capitals from others", () => {
    const table = new IdTable();
    table.add("6f3d2c1e-0b1a-4c5d-8e9f-a0b1c2d3e4f5", 1);
    expect(table.get("6F3D2C1E-0B1A-4C5D-8E9F-A0B1C2D3E4F5")).toBeUndefined();
    expect(table.get("6f3d2c1e-0b1a-4c5d-8e9f-a0b1c2d3e4f4")).toBeUndefined();
  });

  it("grows with what it holds, and loses nothing", () => {
    const ids = Array.from({ length: 20_000 }, (_, i) =>
      i % 2 === 0 ? randomUUID() : createHash("md5").update(String(i)).digest("hex"),
    );
    const table = new IdTable();
    for (const [i, id] of ids.entries()) table.add(id, i % 7);
    expect(table.size).toBe(ids.length);
    expect(ids.filter((id, i) => table.get(id) !== i % 7)).toEqual([]);
    expect(table.get(randomUUID())).toBeUndefined();
  });
});
