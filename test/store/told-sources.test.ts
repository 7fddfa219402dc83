import { afterAll, describe, expect, it } from "vitest";
import { systemClock } from "../../src/clock.ts";
import type { SourceStatus } from "../../src/core/ports.ts";
import { openToldSources } from "../../src/told-sources.ts";
import { listLogger } from "../pipeline/test-clock.ts";
import { until } from "../e2e/until.ts";
import { STORE_PATHS } from "./store-paths.ts";

const status = (name: string, changes: Partial<SourceStatus> = {}): SourceStatus => ({
  name,
  path: "journal",
  state: "reading",
  lastReadAt: 1_795_000_000_123,
  lastEventAt: null,
  coveredUntil: 1_795_000_000_000,
  fault: null,
  ...changes,
});

describe.each(STORE_PATHS)("sources of processes on one store, $name", async (path) => {
  const { store, close } = await path.open();
  afterAll(close);

  const start = (own: SourceStatus[], shared = true) => {
    const told = openToldSources({ store, shared, own: () => own, clock: systemClock, logger: listLogger() });
    const stopping = new AbortController();
    const ended = told.run(stopping.signal);
    const stop = async (): Promise<void> => {
      stopping.abort();
      await ended;
    };
    return { own, told, stop };
  };

  it("are told to each of them; what several read stands once, as it is read best", async () => {
    const fault = 'it\'s "away"';
    const first = start([status("journal", { state: "retrying", fault }), status("relay", { path: "sse" })]);
    const second = start([status("journal", { lastEventAt: 5 })]);
    const asked = start([]);
    await until("both are told", async () => (await asked.told.all()).length === 2);
    await until("the better one stands", async () => (await asked.told.all())[0]?.state === "reading");
    expect(await asked.told.all()).toEqual([
      status("journal", { lastEventAt: 5 }),
      status("relay", { path: "sse" }),
    ]);
    expect(await first.told.all()).toEqual(await asked.told.all());

    second.own[0] = status("journal", { state: "stopped" });
    await until("its end is told", async () => (await asked.told.all())[0]?.state === "retrying");
    expect((await asked.told.all())[0]?.fault).toBe(fault);
    await Promise.all([first.stop(), second.stop(), asked.stop()]);
    expect(await start([status("own")], false).told.all()).toEqual([status("own")]);
  });

  it("a gap that two of them found in the same journal is one", async () => {
    const gap = { source: "both", from: 1_795_000_000_000, until: 1_795_000_060_000 } as const;
    await store.recordGap({ ...gap, reason: "position_expired" });
    await store.recordGap({ ...gap, from: gap.from + 10, until: gap.until + 10, reason: "position_expired" });
    await store.recordGap({ ...gap, source: "another", from: gap.from + 20, reason: "position_expired" });
    expect(await store.recordedGaps(0)).toEqual([
      { source: "another", reason: "position_expired", from: gap.from + 20, until: gap.until },
      { source: "both", reason: "position_expired", from: gap.from, until: gap.until + 10 },
    ]);
  });
});
