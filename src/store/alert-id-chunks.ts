/** Lists of ids in pieces that fit into one statement: the engine reads at most 256 KiB of it. */

/** Characters of ids in a piece; escaped, a character may take four. */
const MOST_CHARACTERS = 48_000;
const MOST_IDS = 2_000;

export function* idChunks(ids: readonly string[]): Generator<readonly string[]> {
  let chunk: string[] = [];
  let characters = 0;
  for (const id of ids) {
    if (chunk.length === MOST_IDS || (chunk.length > 0 && characters + id.length > MOST_CHARACTERS)) {
      yield chunk;
      chunk = [];
      characters = 0;
    }
    chunk.push(id);
    characters += id.length + 3;
  }
  if (chunk.length > 0) yield chunk;
}
