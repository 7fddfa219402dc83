import { describe, expect, it } from "vitest";
import { DEFAULT_THRESHOLDS } from "../../src/alerts/thresholds.ts";
import type { Alert } from "../../src/core/alert.ts";
import { decodeEvent } from "../../src/core/mods-event.ts";
import { submissionFact } from "../../src/core/submission.ts";
import { requestEntry, resultsEvent } from "../core/events.ts";
import { linkedSubmissions, openRig, resultsOf, type Rig } from "./engine-rig.ts";
import { counts } from "../counts.ts";

const MINUTE = 60_000;
/** How long ago a rig began, in minutes; by a minute later what was appended has arrived. */
const AGO = 90;
const ARRIVED = AGO + 1;
/** Where an alert is to be over for want of news: after ten minutes, not after hours. */
const SOON_QUIET = { streamRules: [], thresholds: { ...DEFAULT_THRESHOLDS, quietMs: 10 * MINUTE } };

const lines = (alerts: readonly Alert[]): string[][] =>
  alerts.map(({ rule, status }) => [rule, status] as string[]);

function silenced(rig: Rig, fromMinute: number): Promise<void> {
  return rig.path.store.saveSilence({
    silenceId: "s1",
    matchers: [{ label: "rule", match: "=", value: "link-retry-exhausted" }],
    startsAt: rig.start + fromMinute * MINUTE,
    until: rig.start + 600 * MINUTE,
    createdBy: "me",
    comment: "",
  });
}

describe("silenced, an alert", () => {
  it("that was told of before is told of when it ends: receivers keep it open until then", async () => {
    const rig = await openRig({ streamRules: [] }, AGO);
    await rig.append(linkedSubmissions(rig, 1));
    for (const minutes of [71, 72]) {
      rig.at(minutes);
      await rig.settle();
    }
    await silenced(rig, 73);
    await rig.append(resultsOf(rig, "r-0", 90, { received: 100, created: 100 }));
    rig.at(ARRIVED);
    await rig.settle();
    expect(lines(rig.told)).toEqual([
      ["link-retry-exhausted", "firing"],
      ["link-retry-exhausted", "recovered"],
    ]);
  });

  it("from its beginning on is not told of at all", async () => {
    let kept: readonly Alert[] = [];
    const rig = await openRig({ streamRules: [], keepAlive: (alerts) => void (kept = alerts) }, AGO);
    await silenced(rig, 0);
    await rig.append(linkedSubmissions(rig, 1));
    rig.at(72);
    await rig.settle();
    expect(kept).toEqual([]);
    await rig.append(resultsOf(rig, "r-0", 90, { received: 100, created: 100 }));
    rig.at(ARRIVED);
    await rig.settle();
    expect(rig.told).toEqual([]);
  });
});

it("a service that was away for long right after an alert began still tells of it", async () => {
  const rig = await openRig(SOON_QUIET, AGO);
  await rig.append(linkedSubmissions(rig, 1));
  rig.at(70.1);
  await rig.settle();
  expect(rig.told).toEqual([]); // it waits for more of its kind
  await rig.restart();
  rig.at(82);
  await rig.settle();
  expect(lines(rig.told)[0]).toEqual(["link-retry-exhausted", "firing"]);
});

it("acknowledged or silenced, an alert is kept alive, if hooks were told of it", async () => {
  let kept: readonly Alert[] = [];
  const rig = await openRig({ streamRules: [], keepAlive: (alerts) => void (kept = alerts) }, AGO);
  await rig.append(linkedSubmissions(rig, 1));
  rig.at(70.1);
  await rig.settle();
  expect(kept).toEqual([]);
  rig.at(72);
  await rig.settle();
  expect(lines(kept)).toEqual([["link-retry-exhausted", "firing"]]);
  await rig.engine().acknowledge(kept[0]?.alertId ?? "", "me", "");
  await silenced(rig, 73);
  rig.at(300);
  await rig.settle();
  expect(lines(kept)).toEqual([["link-retry-exhausted", "firing"]]);
  await rig.restart();
  await rig.settle();
  expect(kept).toHaveLength(1);
});

it("a submission without an answer is recovered when the stream shows it late, under another id", async () => {
  const rig = await openRig({ streamRules: [] }, AGO);
  const submittedAt = new Date(rig.start).toISOString();
  const lost = submissionFact({
    submissionId: "lost",
    correlationId: "job/1",
    target: "marketo",
    instance: "123-ABC-456",
    objectType: "person",
    operation: "upsert",
    records: 10,
    submittedAt,
  });
  await rig.append([lost]);
  for (const minutes of [11, 12]) {
    rig.at(minutes);
    await rig.settle();
  }
  const entry = requestEntry("shown", {
    correlationId: "job/1",
    requestTime: submittedAt,
    objectType: "person",
    records: { received: 10, created: 10 },
  });
  const event = resultsEvent("e1", [entry], new Date(rig.start + 12 * MINUTE).toISOString());
  await rig.append([...decodeEvent(event).facts]);
  rig.at(14);
  await rig.settle();
  expect(lines(rig.told)).toEqual([
    ["unconfirmed-submission", "firing"],
    ["unconfirmed-submission", "recovered"],
  ]);
});

describe("no alert is about nobody", () => {
  it("when a success comes after its alert was over for want of news", async () => {
    const rig = await openRig(SOON_QUIET, AGO);
    await rig.append(linkedSubmissions(rig, 1));
    for (const minutes of [71, 72, 82]) {
      rig.at(minutes);
      await rig.settle();
    }
    const before = lines(rig.told);
    expect(before.at(-1)).toEqual(["link-retry-exhausted", "resolved"]);
    await rig.append(resultsOf(rig, "r-0", 90, { received: 100, created: 100 }));
    for (const minutes of [ARRIVED, ARRIVED + 2]) {
      rig.at(minutes);
      await rig.settle();
    }
    expect(lines(rig.told)).toEqual(before);
    expect(await rig.path.store.listAlerts({ status: "firing" }, 10, undefined)).toEqual([]);
  });

  it("when a request's object becomes known only later: it stays with its alert", async () => {
    const rig = await openRig({ streamRules: [] }, AGO);
    await rig.append(resultsOf(rig, "r-0", 1, { received: 100, created: 80, failed: { "1004": 10 } }));
    for (const minutes of [71, 72]) {
      rig.at(minutes);
      await rig.settle();
    }
    await rig.append([
      ...linkedSubmissions(rig, 1),
      ...resultsOf(rig, "r-0", 2, { received: 100, created: 0, failed: { "1004": 10 } }),
    ]);
    for (const minutes of [ARRIVED, ARRIVED + 6]) {
      rig.at(minutes);
      await rig.settle();
    }
    const alerts = await rig.path.store.listAlerts({ rule: "link-retry-exhausted" }, 10, undefined);
    expect(alerts.map(({ requests }) => [requests.count, requests.failed])).toEqual([
      [1, counts({ "1004": 20 })],
    ]);
  });
});
