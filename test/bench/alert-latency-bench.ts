/**
 * From an event that makes exhaustion observed (a link code, reported after the window) to the call of a webhook.
 *
 * Each event is of an instance of its own, and so its own alert; the first notification of an alert waits for nothing here
 * (`groupWait: 0s`, by default 30 s).
 */
import { writeFileSync } from "node:fs";
import type { AlertPayload } from "../../src/core/alert-ports.ts";
import { createRandom } from "../../src/simulator/random.ts";
import { openAlertReceiver } from "./alert-receiver.ts";
import { type Benchmark, check } from "./benchmark.ts";
import { figureOf } from "./figure.ts";
import { openCalls } from "./http-calls.ts";
import { pause, timePaced, waitFor } from "./timing.ts";

const PER_SECOND = 4;
const SINCE_REQUEST_MS = 66 * 60_000;
const WITHIN_MS = 30_000;

export const alertLatencyBench: Benchmark = {
  name: "alert-latency",
  about: "from an event that says that link retries ran out to the webhook's call",
  async *run(context) {
    const told = new Map<string, AlertPayload>();
    const receiver = await openAlertReceiver((payload) => {
      if (payload.type === "link-retry-exhausted") told.set(payload.group.instance ?? "", payload);
    });
    const directory = context.newDirectory("alert-latency");
    writeFileSync(`${directory}/after202.yaml`, "alerts: { groupWait: 0s }\n");
    const service = await context.openService({
      dataDir: `${directory}/data`,
      env: {
        AFTER202_CONFIG: `${directory}/after202.yaml`,
        ...receiver.serviceEnv,
        LOG_LEVEL: "silent",
      },
    });
    const calls = openCalls(service.url, 4);
    const random = createRandom("alert-latency");
    const raise = async (instance: string): Promise<void> => {
      await pause(random.integer(500)); // else all events would come at the same moment of a tick
      const began = performance.now();
      await calls.post("/v1/events", linkFailure(instance, random.uuid()));
      await waitFor(`the alert about ${instance}`, () => Promise.resolve(told.has(instance)), {
        everyMs: 2,
        withinMs: WITHIN_MS,
      });
      samples.push(performance.now() - began);
    };
    const samples: number[] = [];
    try {
      await raise("warm-up");
      samples.length = 0;
      const instances = Array.from({ length: context.quick ? 8 : 120 }, (_, i) => `latency-${i}`);
      await timePaced(instances, PER_SECOND, raise);
      check(told.size === instances.length + 1, `${told.size} alerts were told of`);
      check(
        [...told.values()].every(({ evidence, requests }) => {
          return evidence === "observed" && requests.count === 1;
        }),
        "every alert is of one request that was reported",
      );
      const title = `link retry reported as exhausted: webhook called after, ${PER_SECOND} alerts/s`;
      yield figureOf(title, "ms", samples, { p99AtMost: 1_000 });
    } finally {
      await calls.close();
      await service.close();
      await receiver.close();
    }
  },
};

function linkFailure(instance: string, id: string): string {
  const now = Date.now();
  return JSON.stringify({
    id,
    specversion: "1.0",
    type: "com.adobe.platform.marketo.observability.results",
    source: "urn:data_ingestion_service",
    time: new Date(now).toISOString(),
    data: {
      munchkinId: instance,
      requests: [
        {
          requestId: `r-${id}`,
          requestTime: new Date(now - SINCE_REQUEST_MS).toISOString(),
          correlationId: "",
          objectType: "customObject",
          priority: "normal",
          records: { received: 100, created: 90, updated: 0, failed: { "1004": 10 } },
        },
      ],
    },
  });
}
