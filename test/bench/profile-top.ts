/**
 * The top of CPU profiles: where the time of a process went, by function.
 */
import { readdirSync, readFileSync } from "node:fs";

interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

const SHOWN = 30;

/** Prints, for each profile in the folder, the functions in which it spent most of its time itself. */
export function printProfiles(folder: string): void {
  for (const file of readdirSync(folder).sort()) {
    const profile = JSON.parse(readFileSync(`${folder}/${file}`, "utf8")) as Profile;
    console.log(`\n${folder}/${file}\n${topOf(profile).join("\n")}`);
  }
}

function topOf({ nodes, samples, timeDeltas }: Profile): string[] {
  const nameOf = new Map(
    nodes.map(({ id, callFrame: { functionName, url, lineNumber } }) => [
      id,
      `${functionName || "(anonymous)"}  ${url.replace(/^.*\/(?=(src|node_modules)\/)/, "")}:${lineNumber + 1}`,
    ]),
  );
  const spent = new Map<string, number>();
  let all = 0;
  for (const [index, id] of samples.entries()) {
    const name = nameOf.get(id) ?? "";
    const micros = timeDeltas[index] ?? 0;
    spent.set(name, (spent.get(name) ?? 0) + micros);
    all += micros;
  }
  return [...spent]
    .sort(([, a], [, b]) => b - a)
    .slice(0, SHOWN)
    .map(
      ([name, micros]) =>
        `${((100 * micros) / all).toFixed(1).padStart(5)} %  ${(micros / 1_000).toFixed(0).padStart(7)} ms  ${name}`,
    );
}
