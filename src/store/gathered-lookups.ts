/**
 * Lookups by id, gathered: while a few statements are under way, further ones wait and go out together as the next.
 *
 * Much of what a statement by id costs is its planning: four ids take half again as long as one, eight two and a half times. An answer is never older than its
 * question, since what waits was not sent yet.
 */
export interface Gathering<T> {
  /** @returns what is known of these ids; rejects as the statement does that they were in */
  ask(ids: readonly string[]): Promise<Map<string, T>>;
}

interface Waiting<T> {
  readonly ids: readonly string[];
  readonly resolve: (found: Map<string, T>) => void;
  readonly reject: (error: unknown) => void;
}

/** Questions in one statement. */
const MOST_TOGETHER = 100;

/** @param most statements under way at once */
export function gatherLookups<T>(
  lookUp: (ids: readonly string[]) => Promise<Map<string, T>>,
  most: number,
): Gathering<T> {
  const waiting: Waiting<T>[] = [];
  let underWay = 0;

  async function answer(together: readonly Waiting<T>[]): Promise<void> {
    try {
      const found = await lookUp([...new Set(together.flatMap(({ ids }) => ids))]);
      for (const { ids, resolve } of together) resolve(partOf(found, ids));
    } catch (error) {
      for (const { reject } of together) reject(error);
    }
  }

  function sendNext(): void {
    while (underWay < most && waiting.length > 0) {
      underWay += 1;
      void answer(waiting.splice(0, MOST_TOGETHER)).then(() => {
        underWay -= 1;
        sendNext();
      });
    }
  }

  return {
    ask: (ids) =>
      new Promise((resolve, reject) => {
        waiting.push({ ids, resolve, reject });
        sendNext();
      }),
  };
}

function partOf<T>(found: ReadonlyMap<string, T>, ids: readonly string[]): Map<string, T> {
  return new Map(
    ids.flatMap((id) => {
      const one = found.get(id);
      return one === undefined ? [] : [[id, one] as const];
    }),
  );
}
