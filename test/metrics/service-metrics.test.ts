import { describe, expect, it } from "vitest";
import type { JudgedWindow } from "../../src/core/completeness.ts";
import type { SourceStatus } from "../../src/core/ports.ts";
import { createAlertMetrics, createServiceMetrics } from "../../src/service-metrics.ts";

const JOURNAL: SourceStatus = {
  name: "journal",
  path: "journal",
  state: "reading",
  lastReadAt: null,
  lastEventAt: null,
  coveredUntil: 1_700_000_000_000,
  fault: null,
};

describe("the metrics of the service", () => {
  it("begin at 0, so that what happens first is seen as an increase", async () => {
    const { registry, watchSources } = createServiceMetrics("1.2.3");
    const alerting = createAlertMetrics(registry);
    watchSources(() => [JOURNAL]);
    alerting.outbox.waiting?.("slack", 0);
    const text = await registry.metrics();
    expect(text).toMatch(/^after202_events_total\{path="journal",source="journal",outcome="new"\} 0$/m);
    expect(text).toMatch(/^after202_store_append_seconds_count\{outcome="refused"\} 0$/m);
    expect(text).toMatch(/^after202_alert_deliveries_total\{hook="slack",outcome="undeliverable"\} 0$/m);
    expect(text).toMatch(/^after202_build_info\{version="1\.2\.3"\} 1$/m);
  });

  it("tell up to when a journal has been read, and nothing of a source that cannot know", async () => {
    const { registry, watchSources } = createServiceMetrics("1.2.3");
    watchSources(() => [JOURNAL, { ...JOURNAL, name: "relay", path: "sse", coveredUntil: null }]);
    const lines = (await registry.metrics())
      .split("\n")
      .filter((line) => line.startsWith("after202_source_covered_until_timestamp_seconds{"));
    expect(lines).toEqual([
      'after202_source_covered_until_timestamp_seconds{source="journal",path="journal"} 1700000000',
    ]);
  });

  it("have a bounded number of series, whatever relays call themselves", async () => {
    const { registry, observer } = createServiceMetrics("1.2.3");
    for (let n = 0; n < 1_000; n += 1) {
      observer.delivered?.("relay", `relay-${n}`, { read: 1, fresh: 1, duplicate: 0, dead: 0 });
      observer.refused?.("relay", `relay-${n}`, "BUFFER_FULL");
    }
    const text = await registry.metrics();
    expect(text.match(/^after202_events_total\{/gm)?.length).toBe(3 * 51);
    expect(text.match(/^after202_deliveries_refused_total\{/gm)?.length).toBe(51);
    expect(text).toMatch(/^after202_events_total\{path="relay",source="others",outcome="new"\} 950$/m);
  });

  it("have a bounded number of series, whatever instances events name, and lose no missing record", async () => {
    const { registry } = createServiceMetrics("1.2.3");
    const windows = Array.from({ length: 500 }, (_, n) => windowOf(`instance-${n}`));
    createAlertMetrics(registry).completeness(windows);
    const lines = (await registry.metrics())
      .split("\n")
      .filter((line) => line.startsWith("after202_stream_missing_records{"));
    expect(lines).toHaveLength(101);
    expect(lines).toContain(
      'after202_stream_missing_records{upstream_instance="others",object_type="person",priority="normal"} 400',
    );
  });
});

function windowOf(instance: string): JudgedWindow {
  const window = { objectType: "person", priority: "normal", from: 0, until: 3_600_000, stated: 1 };
  return { ...window, instance, seen: 0, missing: 1 };
}
