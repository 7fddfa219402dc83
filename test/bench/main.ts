/**
 * `npm run bench` and `npm run bench:soak`: compiles service and benchmarks as they ship, and runs them on plain Node.
 *
 * Without a loader in between: tsx wraps every function that is created, which costs where it is measured.
 */
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

const CHECKOUT = fileURLToPath(new URL("../..", import.meta.url));
const [script = "run-process", ...args] = process.argv.slice(2);
const BUILD = `${CHECKOUT}.bench/build-${script}`; // one may run beside the other

rmSync(BUILD, { recursive: true, force: true });
mkdirSync(BUILD, { recursive: true });
const tsc = `${CHECKOUT}node_modules/typescript/bin/tsc`;
await run(tsc, "-p", `${CHECKOUT}test/bench/tsconfig.json`, "--outDir", BUILD);
for (const folder of ["migrations", "views"]) {
  cpSync(`${CHECKOUT}src/store/${folder}`, `${BUILD}/src/store/${folder}`, { recursive: true });
}
cpSync(`${CHECKOUT}dashboards/generated`, `${BUILD}/dashboards/generated`, { recursive: true });
cpSync(`${CHECKOUT}package.json`, `${BUILD}/package.json`);
await run(`${BUILD}/test/bench/${script}.js`, ...args);

async function run(file: string, ...given: string[]): Promise<void> {
  const child = spawn(process.execPath, ["--enable-source-maps", file, ...given], {
    stdio: "inherit",
    cwd: CHECKOUT,
  });
  const code = await new Promise<number>((resolve) => {
    child.once("exit", (exitCode) => resolve(exitCode ?? 1));
  });
  if (code !== 0) process.exit(code);
}
