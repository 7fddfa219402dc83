import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { createRandom } from "../../src/simulator/random.ts";
import { openSimulator } from "../../src/simulator/simulator.ts";
import { openRecordedSubmitter } from "../../src/cli/recorded-submitter.ts";
import { environmentOf } from "../e2e/service.ts";
import { until } from "../e2e/until.ts";
import { expectBalance } from "./books.ts";
import { createServiceProcess } from "./service-process.ts";
import { STORM } from "./storm.ts";

const KILLS = 5;
/** 65 minutes of link window pass in 13 s. */
const SPEED = 300;
const SEED = 202;

it(
  `loses nothing and counts nothing twice when it is killed ${KILLS} times under load`,
  { timeout: 120_000 },
  async () => {
    const random = createRandom(`kill/${SEED}`);
    const dataDir = await mkdtemp(join(tmpdir(), "after202-kill-"));
    const simulator = await openSimulator({ speed: SPEED, seed: SEED, faults: STORM });
    const service = await createServiceProcess({ ...environmentOf(simulator), DATA_DIR: dataDir });
    const submitter = openRecordedSubmitter({
      marketoUrl: simulator.marketoUrl,
      after202Url: service.url,
      rate: 30,
      seed: SEED,
      speed: SPEED,
    });
    onTestFinished(async () => {
      await submitter.close(0);
      await service.kill();
      await simulator.close();
      await rm(dataDir, { recursive: true, force: true, maxRetries: 3 });
    });

    await service.start();
    for (let kill = 0; kill < KILLS; kill++) {
      // the moment is drawn: from the first requests after a start to the middle of a busy second
      await sleep(50 + random.integer(1_200));
      await service.kill();
      await service.start();
    }
    expect(await submitter.close(20_000)).toBe(0);
    expect(submitter.refused()).toBe(0);
    expect(submitter.counters.accepted).toBeGreaterThan(200);
    await until("no submission is left", () => submitter.unreported() === 0);
    await expectBalance(simulator, service.url, submitter.counters.submitted);
    const { duplicated, malformed } = simulator.summary().stream;
    expect(duplicated).toBeGreaterThan(10);
    expect(malformed).toBeGreaterThan(0);
  },
);
