/**
 * A burst: ten thousand requests run out of link retries within five minutes, and one notification says so.
 *
 * Timed is the one tick that finds, judges and sums them up, until the notification is in the outbox.
 */
import { EXHAUSTED_AFTER_MS, openAlertEngineProcess } from "./alert-engine.ts";
import { type Benchmark, check, scaleName } from "./benchmark.ts";
import { figureOf } from "./figure.ts";

const BURST = 10_000;
const WITHIN_MS = 5 * 60_000;
const HOUR_MS = 3_600_000;

export const burstBench: Benchmark = {
  name: "burst",
  about: "10,000 exhausted requests, evaluated into one notification",
  async *run(context) {
    const [scale = 0] = context.scales;
    const { dataDir, plan } = await context.filledStore(scale);
    const engine = await openAlertEngineProcess(dataDir);
    try {
      const samples: number[] = [];
      for (let run = 0; run < (context.quick ? 2 : 7); run++) {
        const at = plan.sinceMs + (24 + 2 * run) * HOUR_MS;
        const since = at - EXHAUSTED_AFTER_MS;
        const objectName = `burst-${run}`;
        await engine.append({ count: BURST, objectName, since, until: since + WITHIN_MS });
        await engine.begin(at);
        const { ms, told } = await engine.tick(at + WITHIN_MS);
        const own = told.filter((one) => one.objectName === objectName);
        const [first] = own;
        check(
          own.length === 1 && first?.rule === "link-retry-exhausted" && first.requests === BURST,
          `one notification of ${BURST} requests, not ${JSON.stringify(own)}`,
        );
        samples.push(ms);
      }
      const title = `${BURST} requests exhausted at once: one notification, ${scaleName(scale)} requests`;
      yield figureOf(title, "ms", samples, { atMost: 2_000 });
    } finally {
      await engine.close();
    }
  },
};
