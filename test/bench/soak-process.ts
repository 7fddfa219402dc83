/**
 * A soak: hours' worth of everything at once, and at its end every record accounted for.
 *
 * In the first half the service is killed every few minutes; in the second it is left alone, so that memory can be seen to
 * grow or not. Wrong answers make it fail; what was aimed at and not reached is told.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { openAlertReceiver } from "./alert-receiver.ts";
import { quantile } from "./figure.ts";
import { openCalls } from "./http-calls.ts";
import { machineLine, readMachine } from "./machine.ts";
import { checkBooks, checkTruth, shorten } from "./soak-books.ts";
import { openSoakLoad } from "./soak-load.ts";
import { drawSoak } from "./soak-picture.ts";
import { lookUp, memorySlope, type Sample, takeSample } from "./soak-samples.ts";
import { createSoakService } from "./soak-service.ts";
import { pause, waitFor } from "./timing.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "30" },
    rate: { type: "string", default: "5000" },
    submissions: { type: "string", default: "10" },
    "kill-every": { type: "string", default: "3" }, // minutes
    followers: { type: "string", default: "4" },
    speed: { type: "string", default: "20" }, // of the upstream's clock, and of the sweeps that go by it
    out: { type: "string", default: ".bench" },
  },
});
const MINUTES = Number(values.minutes);
const RATE = Number(values.rate);
const KILL_EVERY_S = Number(values["kill-every"]) * 60;
/** An hour of retries passes in three minutes. */
const SPEED = Number(values.speed);
const FOLLOWERS = Number(values.followers);
const LOOK_UPS_PER_SECOND = 20;
const SAMPLE_EVERY_S = Math.max(1, (MINUTES * 60) / 360);
const AIMS = { memoryMB: 600, growth: 0.1, statusP99Ms: 20, lagSeconds: 3 };

const work = resolve(values.out, `soak-${process.pid}`);
mkdirSync(work, { recursive: true });
try {
  process.exitCode = await soak();
} finally {
  rmSync(work, { recursive: true, force: true, maxRetries: 3 });
}

async function soak(): Promise<number> {
  const machine = readMachine();
  console.log(`${machineLine(machine)}\n${MINUTES} min at ${RATE} results/s\n`);
  const receiver = await openAlertReceiver();
  const service = await createSoakService(`${work}/data`, FOLLOWERS);
  const load = await openSoakLoad({
    resultsPerSecond: RATE,
    submissionsPerSecond: Number(values.submissions),
    speed: SPEED,
    url: service.url,
  });
  const calls = openCalls(service.url, 2);
  const samples: Sample[] = [];
  const kills: number[] = [];
  const wrong: string[] = [];
  let latencies: number[] = [];
  let notYet = 0;
  let lookedUp = 0;
  let isOver = false;

  await service.start({ ...load.serviceEnv, ...receiver.serviceEnv, LOG_LEVEL: "silent" });
  await load.start();
  const began = performance.now();
  const seconds = (): number => (performance.now() - began) / 1_000;

  async function keepLookingUp(): Promise<void> {
    while (!isOver) {
      const alive = service.current();
      for (const one of await load.recent(LOOK_UPS_PER_SECOND)) {
        try {
          const ms = await lookUp(calls, one);
          if (ms === undefined) notYet += 1;
          else latencies.push(ms);
          lookedUp += 1;
        } catch (error) {
          // a call that a kill broke off is no answer
          if (alive !== undefined && alive === service.current()) wrong.push(String(error));
        }
        await pause(1_000 / LOOK_UPS_PER_SECOND);
      }
      await pause(10);
    }
  }

  async function keepSampling(): Promise<void> {
    while (!isOver) {
      await pause(SAMPLE_EVERY_S * 1_000);
      const alive = service.current();
      if (alive === undefined) continue;
      try {
        const sample = await takeSample(alive, load, latencies, seconds());
        latencies = [];
        samples.push(sample);
        save();
        if (samples.length % 10 === 0) console.log(lineOf(sample));
      } catch (error) {
        if (alive === service.current()) wrong.push(`a sample: ${String(error)}`);
      }
    }
  }

  async function keepKilling(): Promise<void> {
    for (let at = KILL_EVERY_S; at < (MINUTES * 60) / 2; at += KILL_EVERY_S) {
      await waitFor("the time of a kill", () => Promise.resolve(isOver || seconds() >= at), {
        everyMs: 200,
        withinMs: Infinity,
      });
      if (isOver) return;
      kills.push(seconds());
      const away = await service.killAndStart();
      console.log(`${clock(seconds())}  killed; ready again after ${away.toFixed(1)} s`);
    }
  }

  function save(): void {
    const run = { machine, minutes: MINUTES, resultsPerSecond: RATE, kills, samples };
    writeFileSync(resolve(values.out, "soak.json"), `${JSON.stringify(run, null, 1)}\n`);
    const title = `${RATE.toLocaleString("en-GB")} results/s for ${MINUTES} minutes, killed ${kills.length} times`;
    writeFileSync(resolve(values.out, "soak.svg"), drawSoak(title, samples, kills));
  }

  const loops = [keepLookingUp(), keepSampling(), keepKilling()];
  await pause(MINUTES * 60_000);
  isOver = true;
  await Promise.all(loops);
  console.log(`${clock(seconds())}  the load ends; waiting until all is settled`);

  const left = await load.stop();
  if (left > 0) wrong.push(`${left} submissions could not be reported`);
  console.log(`${clock(seconds())}  the simulator is quiet`);
  const { events, results, submitted } = await load.counts();
  const alive = service.current();
  if (alive === undefined) throw new Error("the service is not there");
  await waitFor(
    "every event in the store",
    async () => {
      const [row] = await alive.query<{ n: string }>(
        "SELECT uniqExact(event_id) AS n FROM events WHERE instance = '555-SOK-555'",
      );
      return Number(row?.n) >= events;
    },
    { everyMs: 500, withinMs: 120_000 },
  ).catch((error: unknown) => wrong.push(String(error)));
  console.log(`${clock(seconds())}  everything is read; comparing the books`);
  wrong.push(...(await checkBooks(alive, await load.books())));
  const truth = await load.truth();
  wrong.push(...(await checkTruth(calls, truth)));
  const told = new Set(receiver.calls.map(({ webhookId }) => webhookId)).size;
  if (told === 0) wrong.push("no alert was told of");
  const followed = await service.followed();
  if (followed === 0 && FOLLOWERS > 0) wrong.push("subscribers heard of nothing");
  save();
  await calls.close();
  await service.close();
  await load.close();
  await receiver.close();

  console.log(`
${results.toLocaleString("en-GB")} results in ${events.toLocaleString("en-GB")} events, ${submitted} submissions (${truth.length} in the books)
${lookedUp} lookups (${notYet} before their results were read), ${told} notifications of alerts, ${(followed / 2 ** 20).toFixed(0)} MB to ${FOLLOWERS} subscribers, ${kills.length} kills`);
  console.log(verdict());
  for (const one of shorten(wrong)) console.log(`WRONG  ${one}`);
  console.log(wrong.length === 0 ? "every record is accounted for" : `${wrong.length} things are wrong`);
  return wrong.length === 0 ? 0 : 1;

  /** Of the second half, without its first minutes, in which caches fill. */
  function verdict(): string {
    const lastKill = kills.at(-1) ?? 0;
    const from = Math.max((MINUTES * 60) / 2, lastKill) + Math.min(120, (MINUTES * 60) / 10);
    const quiet = samples.filter((one) => one.seconds >= from);
    if (quiet.length < 5) return "too short to say anything of memory";
    const slope = memorySlope(quiet);
    const grown = slope.mbPerMinute * slope.minutes;
    const p99 = quantile(
      quiet.flatMap((one) => one.statusP99Ms ?? []),
      0.5,
    );
    const lag = quantile(
      quiet.map((one) => one.lagSeconds),
      0.99,
    );
    return [
      aimed(
        `memory ${slope.mbPerMinute.toFixed(2)} MB/min over the last ${slope.minutes.toFixed(0)} min (${grown.toFixed(0)} MB)`,
        grown <= AIMS.growth * slope.medianMB,
        "flat within 10 %",
      ),
      aimed(
        `memory ${slope.medianMB.toFixed(0)} MB RSS, at most ${slope.highestMB.toFixed(0)} MB`,
        slope.medianMB <= AIMS.memoryMB,
        `≤ ${AIMS.memoryMB}`,
      ),
      aimed(
        `status by id, p99 of each interval: ${p99.toFixed(1)} ms`,
        p99 <= AIMS.statusP99Ms,
        `≤ ${AIMS.statusP99Ms}`,
      ),
      aimed(
        `age of the newest durable event, p99: ${lag.toFixed(1)} s`,
        lag <= AIMS.lagSeconds,
        `≤ ${AIMS.lagSeconds}`,
      ),
    ].join("\n");
  }
}

function aimed(what: string, holds: boolean, aim: string): string {
  return `${holds ? "yes" : "NO "}  ${what} (aim: ${aim})`;
}

function lineOf(one: Sample): string {
  return (
    `${clock(one.seconds)}  ${one.rssMB.toFixed(0)} MB, ${one.parts} parts, ${one.diskMB.toFixed(0)} MB on disk, ` +
    `status p99 ${one.statusP99Ms?.toFixed(1) ?? "-"} ms, ${one.lagSeconds.toFixed(1)} s and ${one.eventsBehind} events behind`
  );
}

function clock(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`.padStart(6);
}
