/**
 * A run: the benchmarks that were asked for, one after another; each figure as it comes, all of them in a table and a file.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { BenchContext } from "./benchmark.ts";
import { BENCHMARKS, SCALE_BENCHMARKS } from "./benchmarks.ts";
import type { Figure } from "./figure.ts";
import { machineLine, readMachine } from "./machine.ts";
import { parseOptions, type RunOptions, USAGE } from "./options.ts";
import { printProfiles } from "./profile-top.ts";
import { type Collect, runScales } from "./scales.ts";
import { openService } from "./service.ts";
import { comparisonTable, figureLine, figureTable } from "./table.ts";

const HOME = resolve(".bench");
const PROFILES = `${HOME}/profiles`;
const ALL = [...BENCHMARKS, ...SCALE_BENCHMARKS];

try {
  process.exitCode = await run(parseOptions(process.argv.slice(2)));
} catch (error) {
  console.error(error instanceof TypeError ? `${error.message}\n\n${USAGE}\n\n${listOfAll()}` : error);
  process.exitCode = 1;
}

async function run(options: RunOptions): Promise<number> {
  const isChosen = chooser(options.names);
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
  const context = openContext(options, work);
  const save = (): void => {
    const seconds = Math.round((Date.now() - began.getTime()) / 1_000);
    const saved = { at: began.toISOString(), command, seconds, machine, failures, figures };
    writeFileSync(options.json, `${JSON.stringify(saved, null, 2)}\n`);
  };
  const collect: Collect = async (name, about, ofOne) => {
    context.note(`${name}: ${about}`);
    try {
      for await (const figure of ofOne) {
        figures.push(figure);
        console.log(`         ${figureLine(figure)}`);
        save();
      }
    } catch (error) {
      failures.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
      console.error(error);
    }
  };
  mkdirSync(dirname(resolve(options.json)), { recursive: true });
  try {
    for (const one of BENCHMARKS) {
      if (isChosen(one)) await collect(one.name, one.about, one.run(context));
    }
    const ofScales = SCALE_BENCHMARKS.filter((one) => isChosen(one));
    if (ofScales.length > 0) await runScales(context, ofScales, options.scales, collect);
  } finally {
    rmSync(work, { recursive: true, force: true, maxRetries: 3 });
  }
  save();
  const minutes = ((Date.now() - began.getTime()) / 60_000).toFixed(1);
  console.log(
    `\n${figureTable(figures)}\n\n${minutes} min${options.quick ? "; quick sizes, not to be quoted" : ""}`,
  );
  if (earlier !== undefined) console.log(`\n${comparisonTable(figures, earlier.figures)}`);
  if (options.profile) printProfiles(PROFILES);
  for (const failure of failures) console.log(`FAILED  ${failure}`);
  return failures.length === 0 ? 0 : 1;
}

/** A name stands for itself and for all that begin with it and a dash; no name for all that are not on request. @throws TypeError */
function chooser(names: readonly string[]): (one: { name: string; onRequest?: boolean }) => boolean {
  const stands = (given: string, name: string): boolean => name === given || name.startsWith(`${given}-`);
  for (const given of names) {
    if (!ALL.some(({ name }) => stands(given, name))) throw new TypeError(`${given} is no benchmark`);
  }
  return ({ name, onRequest }) =>
    names.length === 0 ? onRequest !== true : names.some((given) => stands(given, name));
}

function listOfAll(): string {
  return ALL.map(({ name, about }) => `  ${name.padEnd(22)} ${about}`).join("\n");
}

function openContext({ quick, profile }: RunOptions, work: string): BenchContext {
  const began = Date.now();
  let directories = 0;
  return {
    quick,
    newDirectory(name) {
      const path = `${work}/${++directories}-${name}`;
      mkdirSync(path, { recursive: true });
      return path;
    },
    openService: (service) => openService(service, profile ? PROFILES : undefined),
    note(text) {
      console.log(`${String(Math.round((Date.now() - began) / 1_000)).padStart(5)} s  ${text}`);
    },
  };
}
