import { expect, it } from "vitest";
import { gatherLookups } from "../../src/store/gathered-lookups.ts";

interface Asked {
  readonly ids: readonly string[];
  answer(): void;
  fail(): void;
}

function open(most: number) {
  const asked: Asked[] = [];
  const lookups = gatherLookups<string>(
    (ids) =>
      new Promise((resolve, reject) => {
        asked.push({
          ids,
          answer: () =>
            resolve(new Map(ids.filter((id) => id !== "unknown").map((id) => [id, id.toUpperCase()]))),
          fail: () => reject(new Error("away")),
        });
      }),
    most,
  );
  return { asked, lookups };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it("sends what comes alone at once, and what comes meanwhile together, each id once", async () => {
  const { asked, lookups } = open(2);
  const answers = ["a", "b", "c", "d", "c"].map((id) => lookups.ask([id]));
  expect(asked.map(({ ids }) => ids)).toEqual([["a"], ["b"]]);
  asked[0]?.answer();
  expect(await answers[0]).toEqual(new Map([["a", "A"]]));
  await settled();
  expect(asked.map(({ ids }) => ids)).toEqual([["a"], ["b"], ["c", "d"]]);
  asked[2]?.answer();
  asked[1]?.answer();
  expect(await Promise.all(answers.slice(1))).toEqual([
    new Map([["b", "B"]]),
    new Map([["c", "C"]]),
    new Map([["d", "D"]]),
    new Map([["c", "C"]]),
  ]);
});

it("gives each its own part only, and nothing for what is unknown", async () => {
  const { asked, lookups } = open(1);
  void lookups.ask(["first"]);
  const both = lookups.ask(["a", "unknown"]);
  const other = lookups.ask(["b"]);
  asked[0]?.answer();
  await settled();
  asked[1]?.answer();
  expect(await both).toEqual(new Map([["a", "A"]]));
  expect(await other).toEqual(new Map([["b", "B"]]));
});

it("a statement that fails fails those that were in it, and the next goes on", async () => {
  const { asked, lookups } = open(1);
  const first = lookups.ask(["a"]);
  const second = lookups.ask(["b"]);
  asked[0]?.fail();
  await expect(first).rejects.toThrow("away");
  await settled();
  asked[1]?.answer();
  expect(await second).toEqual(new Map([["b", "B"]]));
});
