/** Settled requests as traces, in a collector that is away at first, with a restart in between. */
import { afterEach, describe, expect, it } from "vitest";
import { openRecordedSubmitter } from "../../src/cli/recorded-submitter.ts";
import type { LifecycleJson } from "../../src/core/lifecycle-json.ts";
import { openSimulator } from "../../src/simulator/simulator.ts";
import { SCENARIO_NAMES } from "../../src/simulator/submitter/scenarios.ts";
import {
  environmentOf,
  makeDataDir,
  openService,
  removeDataDir,
  SERVICE_STORES,
  type Service,
  IS_FIVE,
} from "./service.ts";
import { attributesOf, openTraceCollector, type TakenSpan, type TraceCollector } from "./trace-collector.ts";
import { until } from "./until.ts";

/** 65 minutes in four seconds. */
const SPEED = 1_000;
const TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

const REFUSED = "5b0d2f3e-7d0c-4b0e-8f5e-0d3f0a4f9c21";
const TAKEN = "5b0d2f3e-7d0c-4b0e-8f5e-0d3f0a4f9c22";

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

function environment(collector: TraceCollector): Record<string, string> {
  return {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_HEADERS: "x-tenant=after%20202",
  };
}

const requestSpans = (collector: TraceCollector): TakenSpan[] =>
  collector.spans().filter((span) => attributesOf(span)["after202.revision"] !== undefined);

/** By request what its newest revision says. */
function told(collector: TraceCollector): Map<unknown, unknown> {
  return new Map(
    requestSpans(collector).map((span) => {
      const given = attributesOf(span);
      const records = ["expected", "created", "updated", "outstanding"].map(
        (name) => given[`after202.records.${name}`],
      );
      return [given["after202.request.id"], [given["after202.state"], ...records]];
    }),
  );
}

function answered(all: readonly LifecycleJson[]): Map<unknown, unknown> {
  return new Map(
    all
      .filter((one) => one.terminal)
      .map(({ requestId, state, records: { expected, created, updated, outstanding } }) => [
        requestId,
        [state, expected, created, updated, outstanding],
      ]),
  );
}

describe.each(SERVICE_STORES)("traces, store %s", (store) => {
  it("tells a collector that was away of every settled request, once each, as the API does", async () => {
    const simulator = await openSimulator({ speed: SPEED, seed: 11 });
    closers.push(() => simulator.close());
    const collector = await openTraceCollector();
    closers.push(() => collector.close());
    collector.status = 503;
    const dataDir = await makeDataDir();
    closers.push(() => removeDataDir(dataDir));
    const env = { ...environmentOf(simulator), ...environment(collector), DATA_DIR: dataDir };
    let service: Service = await openService(store, env);
    closers.push(() => service.close());
    const submitter = openRecordedSubmitter({
      marketoUrl: simulator.marketoUrl,
      after202Url: service.url,
      rate: 20,
      seed: 11,
      speed: SPEED,
      scenarios: SCENARIO_NAMES,
      limit: SCENARIO_NAMES.length,
    });
    closers.push(() => submitter.close(0));
    await submitter.finished;
    await until("the collector was asked in vain", () => collector.asked.count > 0);
    expect(collector.spans()).toEqual([]);
    await until("all has settled", async () => {
      const all = await service.api.list();
      return simulator.summary().idle && all.every((one) => one.terminal || one.state === "unconfirmed");
    });
    collector.status = 200;
    if (store === "embedded") {
      await service.close();
      service = await openService(store, env);
    }
    await until(
      "the traces say what the API says",
      async () => {
        const known = answered(await service.api.list());
        const seen = told(collector);
        return (
          known.size === seen.size && [...known].every(([id, one]) => String(seen.get(id)) === String(one))
        );
      },
      { timeoutMs: 15_000 },
    ).catch(() => undefined); // what differs is told below
    expect(told(collector)).toEqual(answered(await service.api.list()));
    expect(told(collector).size).toBeGreaterThan(10);

    const spans = collector.spans();
    const ids = new Set(spans.map((span) => span.spanId));
    for (const span of requestSpans(collector)) {
      const given = attributesOf(span);
      const own = spans.filter(({ traceId }) => traceId === span.traceId);
      const roots = own.filter(({ parentSpanId }) => parentSpanId === undefined);
      expect(
        roots.every((root) => root.name === "correlation" || given["after202.correlation.id"] === ""),
      ).toBe(true);
      expect(own.every(({ parentSpanId }) => parentSpanId === undefined || ids.has(parentSpanId))).toBe(true);
      expect(span.status.code === 2).toBe(given["after202.state"] !== "succeeded");
    }
    const attempts = spans.filter(({ name }) => name.startsWith("attempt "));
    expect(attempts.some(({ name, events = [] }) => name !== "attempt 0" && events.length > 0)).toBe(true);
    expect(collector.asked.headers).toMatchObject({ "x-tenant": "after 202", path: "/v1/traces" });
  }, 60_000);
});

// the metrics asked for are those of the process that exports
it.skipIf(IS_FIVE)(
  "links the request to the trace in which it was submitted, and leaves out what the collector refuses",
  async () => {
    const collector = await openTraceCollector();
    closers.push(() => collector.close());
    collector.status = 400;
    const service = await openService("embedded", environment(collector));
    closers.push(() => service.close());
    const submit = async (submissionId: string): Promise<void> => {
      const { status } = await service.api.post("/v1/submissions", {
        submissionId,
        target: "marketo",
        instance: "123-ABC-456",
        objectType: "person",
        operation: "upsert",
        records: 1,
        submittedAt: new Date().toISOString(),
        httpStatus: 429,
        errorCode: "606",
        traceparent: TRACEPARENT,
      });
      expect(status).toBe(202);
    };
    await submit(REFUSED);
    const metric = async (line: string): Promise<boolean> =>
      (await (await fetch(`${service.url}/metrics`)).text()).includes(line);
    await until("one is refused", () => metric('after202_traces_exported_total{outcome="refused"} 1'));
    collector.status = 200;
    await submit(TAKEN);
    await until("the other is taken", () => metric('after202_traces_exported_total{outcome="taken"} 1'));
    const [span, ...more] = requestSpans(collector);
    expect(more).toEqual([]);
    expect(attributesOf(span as TakenSpan)).toMatchObject({
      "after202.request.id": TAKEN,
      "after202.state": "rejected",
    });
    expect(span?.links).toMatchObject([
      { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331" },
    ]);
    const one = (await service.api.get(`/v1/requests/${TAKEN}`)).body as LifecycleJson;
    expect(one.timeline[0]).toMatchObject({ type: "submitted", traceparent: TRACEPARENT });
    const bad = await service.api.post("/v1/submissions", { submissionId: "bad", traceparent: "00-1-2-3" });
    expect(JSON.stringify(bad.body)).toContain("traceparent");
  },
);
