/** The recorder as its README shows it: installed, in programs of their own, against simulator and service. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { openRecorder, recordedFetch } from "../../src/recorder/recorder.ts";
import { SIMULATED } from "../../src/simulator/options.ts";
import { openSimulator, type Simulator } from "../../src/simulator/simulator.ts";
import { CHECKOUT, read } from "../house/checkout.ts";
import { environmentOf, makeDataDir, openService, removeDataDir, type Service } from "./service.ts";
import { until } from "./until.ts";

const run = promisify(execFile);
const KEY = "a-key-of-the-test-s-own";
/** An hour in six seconds. */
const SPEED = 600;

let simulator: Simulator;
let service: Service;
let dataDir: string;
let program: string;

const startService = async (port = "0"): Promise<void> => {
  const env = {
    ...environmentOf(simulator),
    DATA_DIR: dataDir,
    PORT: port,
    API_AUTH: "keys",
    API_ADMIN_KEY: KEY,
  };
  service = await openService("embedded", env);
};

beforeAll(async () => {
  simulator = await openSimulator({ speed: SPEED, seed: 3 });
  dataDir = await makeDataDir();
  program = mkdtempSync(join(tmpdir(), "after202-program-"));
  mkdirSync(join(program, "node_modules"));
  symlinkSync(CHECKOUT, join(program, "node_modules", "after202"), "dir");
  await startService();
});

afterAll(async () => {
  await service.close();
  await simulator.close();
  await removeDataDir(dataDir);
  rmSync(program, { recursive: true, force: true });
});

/** The README's block of this language in this section. */
function example(heading: string, language: string): string {
  const section =
    read("README.md")
      .split(/^(?=#{2,3} )/m)
      .find((text) => text.includes(` ${heading}\n`)) ?? "";
  const block = new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, "s").exec(section)?.[1];
  if (block === undefined) throw new Error(`the README has no ${language} under ${heading}`);
  return block;
}

function environment(): NodeJS.ProcessEnv {
  const { PATH, HOME } = process.env;
  return {
    PATH,
    HOME,
    AFTER202_URL: service.url,
    AFTER202_KEY: KEY,
    MARKETO_URL: simulator.origin,
    MARKETO_TOKEN: SIMULATED.userToken,
    LINK_KEY_SECRET: "a secret of many characters",
  };
}

const JOB = "nightly-2026-11-22";
const ask = async <T>(path: string): Promise<T> => {
  const response = await fetch(service.url + path, { headers: { authorization: `Bearer ${KEY}` } });
  return (await response.json()) as T;
};
interface Told {
  readonly requests: { readonly total: number; readonly byState: Record<string, number> };
  readonly items: {
    readonly requestId: string;
    readonly correlationId: string;
    readonly timeline: { type: string }[];
  }[];
}
const rollup = (id: string): Promise<Told> => ask(`/v1/correlations/${id}?requests=true`);
/** Requests of a job whose attempts were told of: the stream alone knows of no submission. */
const recorded = async (job: string): Promise<string[]> =>
  ((await rollup(job)).items ?? [])
    .filter((one) => one.timeline.some((entry) => entry.type === "submitted"))
    .map((one) => one.requestId)
    .toSorted();
const spooled = (): string[] =>
  readdirSync(join(program, "spool")).filter((name) => name.endsWith(".ndjson"));

describe("the program of the README", () => {
  it("has every attempt in the ledger and correlated, also those made while the service was stopped", async () => {
    writeFileSync(join(program, "ten-lines.mjs"), example("Recording what you send", "js"));
    await run(process.execPath, ["ten-lines.mjs"], { cwd: program, env: environment() });
    const sent = () => simulator.truth().filter((row) => row.correlationId.startsWith(`${JOB}/`));
    expect(sent()).toHaveLength(2);
    const sentIds = () =>
      sent()
        .map((row) => row.requestId)
        .toSorted();
    expect(await recorded(JOB)).toEqual(sentIds());
    expect((await rollup(`${JOB}/1`)).requests.total).toBe(1);
    expect(spooled()).toEqual([]);

    await service.close();
    const impatient = example("Recording what you send", "js").replace("close()", "close(100)");
    writeFileSync(join(program, "impatient.mjs"), impatient);
    await run(process.execPath, ["impatient.mjs"], { cwd: program, env: environment() });
    expect(sent()).toHaveLength(4);
    expect(spooled()).not.toEqual([]);
    await startService(new URL(service.url).port);
    await run(process.execPath, ["ten-lines.mjs"], { cwd: program, env: environment() });
    expect(sent()).toHaveLength(6);
    await until("all attempts are there", async () => (await recorded(JOB)).length === 6);
    expect(await recorded(JOB)).toEqual(sentIds());
    expect(spooled()).toEqual([]);
  });

  it("loses nothing that was on disk when it is killed with -9, and little that was not", async () => {
    const loop = `${example("Recording what you send", "js").split("for (const")[0]}
      for (let chunk = 0; ; chunk++) {
        const body = JSON.stringify({ persons: [{ email: "p" + chunk + "@example.com" }] });
        const response = await send(MARKETO_URL + "/subscriptions/123-ABC-456/persons", { method: "POST", headers, body });
        if (chunk % 10 === 0) await send.recorder.sync();
        process.stdout.write((chunk % 10 === 0 ? "synced " : "sent ") + response.headers.get("x-request-id") + "\\n");
      }`.replace(JOB, "killed");
    writeFileSync(join(program, "loop.mjs"), loop);
    const env = { ...environment(), AFTER202_URL: "http://127.0.0.1:1" };
    const child = spawn(process.execPath, ["loop.mjs"], {
      cwd: program,
      env,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = once(child, "exit");
    let output = "";
    child.stdout.on("data", (text: Buffer) => (output += text.toString()));
    await until("it has synced some", () => output.split("synced").length > 8);
    child.kill("SIGKILL");
    await ended;
    const lines = output.trim().split("\n");
    const lastSynced = lines.findLastIndex((line) => line.startsWith("synced"));
    const durable = lines.slice(0, lastSynced + 1).map((line) => line.split(" ")[1] ?? "");
    expect(durable.length).toBeGreaterThan(60);

    const heir = openRecorder({ spoolDir: join(program, "spool"), url: service.url, apiKey: KEY });
    onTestFinished(async () => void (await heir.close(0)));
    await until("the next recorder delivers what it left", async () => {
      const known = new Set(await recorded("killed"));
      return durable.every((id) => known.has(id));
    });
    await heir.flush();
    const submitted = heir.stats().adopted;
    expect(submitted).toBeGreaterThanOrEqual(durable.length);
    expect(submitted).toBeLessThanOrEqual(lines.length + 1);
  });
});

it("requests whose answers were lost are adopted, two of the same kind and size at once", async () => {
  const recorder = openRecorder({
    spoolDir: mkdtempSync(join(program, "spool-")),
    url: service.url,
    apiKey: KEY,
    correlation: { job: "lossy", chunk: 1 },
    marketoHosts: [new URL(simulator.origin).host],
  });
  onTestFinished(async () => void (await recorder.close(0)));
  const send = recordedFetch(fetch, recorder);
  simulator.setFaults({ marketo: { next: ["lose-response", "ok", "lose-response", "reset"] } });
  const post = (email: string): Promise<unknown> =>
    send(`${simulator.origin}/subscriptions/${SIMULATED.instance}/persons`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-mkto-user-token": SIMULATED.userToken },
      body: JSON.stringify({ persons: [{ email }] }),
    }).catch(() => "no answer");
  for (const email of ["a@b.c", "d@e.f", "g@h.i", "j@k.l"]) await post(email);
  expect(await recorder.flush()).toBe(0);
  await until("those that got in have succeeded, and the one that did not is open", async () => {
    const { byState, total } = (await rollup("lossy")).requests;
    return total === 4 && byState["succeeded"] === 3 && byState["unconfirmed"] === 1;
  });
});

describe("other languages", () => {
  const has = (command: string): Promise<boolean> =>
    run(command, ["--version"]).then(
      () => true,
      () => false,
    );

  it("tell of an attempt with curl", async ({ skip }) => {
    if (!(await has("curl"))) skip("curl is not installed here");
    await run("sh", ["-c", example("From other languages", "sh")], { env: environment() });
    expect(await ask("/v1/requests/e3d92152-0fb8-4a44-8b7b-1f3a7b9a2c01")).toMatchObject({
      linkBearing: true,
      records: { expected: 100 },
    });
  });

  it("tell of an attempt with Python", async ({ skip }) => {
    if (!(await has("python3"))) skip("python3 is not installed here");
    const { stdout } = await run("python3", ["-c", example("From other languages", "python")], {
      env: environment(),
    });
    expect(await ask(`/v1/requests/${stdout.trim()}`)).toMatchObject({
      state: "unconfirmed",
      objectType: "person",
    });
  });
});

it("a program in TypeScript has its types, with the guard rails of the README", async () => {
  const rails = example("Guard rails", "js");
  writeFileSync(
    join(program, "typed.mts"),
    `import { recordedFetch, type RecordedFetch } from "after202/recorder";
     declare const persons: object[]; declare const url: string; declare const headers: Record<string, string>;
     const send: RecordedFetch = recordedFetch(fetch, { spoolDir: "x" });
     // @ts-expect-error it needs a directory
     recordedFetch(fetch, {});
     ${rails}
     send.recorder.stats().pending.toFixed();`,
  );
  const tsc = join(CHECKOUT, "node_modules/typescript/bin/tsc");
  const options = [
    "--noEmit",
    "--strict",
    "--module",
    "nodenext",
    "--target",
    "es2023",
    "--lib",
    "es2023,dom",
    "--types",
    "",
  ];
  await run(process.execPath, [tsc, ...options, "typed.mts"], { cwd: program }).catch(
    (error: { stdout: string }) => expect(error.stdout).toBe(""),
  );
});
