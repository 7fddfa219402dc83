/**
 * A run: the benchmarks that were asked for, one after another; their figures on the terminal and in a file.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Benchmark, BenchContext } from "./benchmark.ts";
import { scaleName } from "./benchmark.ts";
import { BENCHMARKS } from "./benchmarks.ts";
import type { Figure } from "./figure.ts";
import { type FilledStore, fillStore } from "./filled-store.ts";
import { machineLine, readMachine } from "./machine.ts";
import { parseOptions, type RunOptions, USAGE } from "./options.ts";
import { printProfiles } from "./profile-top.ts";
import { openService } from "./service.ts";
import { comparisonTable, figureTable } from "./table.ts";

const HOME = resolve(".bench");
const PROFILES = `${HOME}/profiles`;

try {
  process.exitCode = await run(parseOptions(process.argv.slice(2)));
} catch (error) {
  console.error(error instanceof TypeError ? `${error.message}\n\n${USAGE}\n\n${listOf(BENCHMARKS)}` : error);
  process.exitCode = 1;
}

async function run(options: RunOptions): Promise<number> {
  const chosen = choose(options.names);
  const earlier =
    options.compare === undefined
      ? undefined
      : (JSON.parse(readFileSync(options.compare, "utf8")) as { figures: Figure[] });
  const machine = readMachine();
  const command = [
    "npm run bench",
    ...(process.argv.length > 2 ? ["--", ...process.argv.slice(2)] : []),
  ].join(" ");
  console.log(`${machineLine(machine)}\n${command}\n`);
  if (options.profile) rmSync(PROFILES, { recursive: true, force: true });

  const began = new Date();
  const figures: Figure[] = [];
  const failures: string[] = [];
  const work = `${HOME}/work-${process.pid}`;
  try {
    const context = openContext(options, work);
    for (const benchmark of chosen) {
      context.note(`${benchmark.name}: ${benchmark.about}`);
      try {
        for await (const figure of benchmark.run(context)) figures.push(figure);
      } catch (error) {
        failures.push(`${benchmark.name}: ${error instanceof Error ? error.message : String(error)}`);
        console.error(error);
      }
    }
  } finally {
    rmSync(work, { recursive: true, force: true, maxRetries: 3 });
  }
  const seconds = Math.round((Date.now() - began.getTime()) / 1_000);
  console.log(
    `\n${figureTable(figures)}\n\n${seconds} s${options.quick ? "; quick sizes, not to be quoted" : ""}`,
  );
  if (earlier !== undefined) console.log(`\n${comparisonTable(figures, earlier.figures)}`);
  if (options.profile) printProfiles(PROFILES);
  mkdirSync(dirname(resolve(options.json)), { recursive: true });
  writeFileSync(
    options.json,
    `${JSON.stringify({ at: began.toISOString(), command, seconds, machine, failures, figures }, null, 2)}\n`,
  );
  for (const failure of failures) console.log(`FAILED  ${failure}`);
  return failures.length === 0 ? 0 : 1;
}

/** @throws TypeError for a name that is none */
function choose(names: readonly string[]): readonly Benchmark[] {
  for (const name of names) {
    if (!BENCHMARKS.some((one) => one.name === name)) throw new TypeError(`${name} is no benchmark`);
  }
  return names.length === 0 ? BENCHMARKS : BENCHMARKS.filter((one) => names.includes(one.name));
}

function listOf(benchmarks: readonly Benchmark[]): string {
  return benchmarks.map(({ name, about }) => `  ${name.padEnd(16)} ${about}`).join("\n");
}

function openContext(options: RunOptions, work: string): BenchContext {
  const began = Date.now();
  const stores = new Map<number, FilledStore>();
  let directories = 0;
  const context: BenchContext = {
    quick: options.quick,
    scales: options.scales,
    newDirectory(name) {
      const path = `${work}/${++directories}-${name}`;
      mkdirSync(path, { recursive: true });
      return path;
    },
    openService: (service) => openService(service, options.profile ? PROFILES : undefined),
    async filledStore(requests) {
      const known = stores.get(requests);
      if (known !== undefined) return known;
      const dataDir = context.newDirectory(`filled-${requests}`);
      const service = await openService({ dataDir });
      try {
        const filled = await fillStore(service, dataDir, requests);
        stores.set(requests, filled);
        context.note(`filled a store with ${scaleName(requests)} requests, ${filled.facts} facts`);
        return filled;
      } finally {
        await service.close();
      }
    },
    note(text) {
      console.log(`${String(Math.round((Date.now() - began) / 1_000)).padStart(5)} s  ${text}`);
    },
  };
  return context;
}
