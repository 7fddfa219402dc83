import { describe, expect, it } from "vitest";
import type { Fact } from "../../src/core/fact.ts";
import { linkedSubmissions, openRig, resultsOf } from "./engine-rig.ts";

describe("a link retry that runs out", () => {
  it("is told of before, then when, and is recovered by a late success", async () => {
    const rig = await openRig();
    await rig.append(linkedSubmissions(rig, 1));
    rig.at(49);
    await rig.settle();
    expect(rig.told).toEqual([]);
    rig.at(51);
    await rig.settle();
    rig.at(52);
    await rig.settle();
    expect(rig.told.map((alert) => [alert.rule, alert.status])).toEqual([["link-retry-at-risk", "firing"]]);
    rig.at(70.1);
    await rig.settle();
    rig.at(71);
    await rig.settle();
    expect(rig.told.slice(1).map((alert) => [alert.rule, alert.status, alert.evidence])).toEqual([
      ["link-retry-at-risk", "resolved", "inferred"],
      ["link-retry-exhausted", "firing", "inferred"],
    ]);
    await rig.append(resultsOf(rig, "r-0", 90, { received: 100, created: 100 }));
    rig.at(6 * 60 + 1);
    await rig.settle();
    expect(rig.told.at(-1)).toMatchObject({ rule: "link-retry-exhausted", status: "recovered" });
  });

  it("of 10,000 requests at once is one notification, with their count and some of their ids", async () => {
    const rig = await openRig();
    await rig.append(linkedSubmissions(rig, 10_000));
    rig.at(70.5);
    await rig.settle();
    rig.at(72);
    await rig.settle();
    const exhausted = rig.told.filter((alert) => alert.rule === "link-retry-exhausted");
    expect(exhausted).toHaveLength(1);
    expect(exhausted[0]?.requests).toMatchObject({ count: 10_000, outstanding: 1_000_000 });
    expect(exhausted[0]?.requests.sample.length).toBeGreaterThan(0);
  });

  it("is told once, however often the service starts again", async () => {
    const rig = await openRig();
    await rig.append(linkedSubmissions(rig, 3));
    for (const minutes of [70.5, 71.5, 73, 80]) {
      rig.at(minutes);
      await rig.restart();
      await rig.settle();
    }
    expect(rig.told.filter((alert) => alert.rule === "link-retry-exhausted")).toHaveLength(1);
  });

  it("is found after the service was away for hours", async () => {
    const rig = await openRig();
    rig.at(1);
    await rig.settle();
    await rig.append(linkedSubmissions(rig, 5, 2));
    rig.at(330);
    await rig.restart();
    await rig.settle();
    rig.at(331);
    await rig.settle();
    expect(rig.told.map((alert) => [alert.rule, alert.requests.count])).toContainEqual([
      "link-retry-exhausted",
      5,
    ]);
  });
});

describe("a refusal", () => {
  it("is told of though nothing of the stream has been read yet", async () => {
    const rig = await openRig();
    rig.coveredUntil(-rig.start / 60_000); // since the epoch: not at all
    await rig.append(linkedSubmissions(rig, 1).map((fact) => ({ ...fact, httpStatus: 429 }) as Fact));
    rig.at(361);
    await rig.settle();
    rig.at(362);
    await rig.settle();
    expect(rig.told.map((alert) => alert.rule)).toContain("request-rejected");
  });
});

describe("no alert", () => {
  it("is raised from silence before the stream was read up to the deadline", async () => {
    const rig = await openRig();
    await rig.append(linkedSubmissions(rig, 5));
    rig.coveredUntil(10);
    rig.at(300);
    await rig.settle();
    rig.at(302);
    await rig.settle();
    expect(rig.told.filter((alert) => alert.rule !== "stream-silent")).toEqual([]);
    for (let i = 0; i < 5; i++) {
      await rig.append(resultsOf(rig, `r-${i}`, 2, { received: 100, created: 100 }));
    }
    rig.coveredUntil(undefined);
    await rig.settle();
    rig.at(304);
    await rig.settle();
    expect(rig.told.filter((alert) => alert.rule !== "stream-silent")).toEqual([]);
  });

  it("is inferred over a gap in the stream, which is itself told of", async () => {
    const rig = await openRig();
    await rig.append(linkedSubmissions(rig, 5));
    await rig.path.store.recordGap({
      source: "journal",
      from: rig.start,
      until: rig.start + 60_000,
      reason: "position_expired",
    });
    rig.at(75);
    await rig.settle();
    rig.at(77);
    await rig.settle();
    expect(rig.told.map((alert) => alert.rule)).toEqual(["stream-gap"]);
  });

  it("that a gap has held back comes when the gap is read again, also after a restart", async () => {
    const rig = await openRig();
    await rig.append(linkedSubmissions(rig, 5));
    const gap = { source: "journal", from: rig.start, until: rig.start + 60_000 };
    await rig.path.store.recordGap({ ...gap, reason: "position_expired" });
    rig.at(77);
    await rig.settle();
    await rig.append(resultsOf(rig, "r-0", 1, { received: 100, created: 100 }));
    await rig.path.store.recordCovered({ ...gap, by: "repair", readAt: rig.start + 78 * 60_000 });
    await rig.restart();
    for (const minutes of [79, 80, 81]) {
      rig.at(minutes);
      await rig.settle();
    }
    const told = rig.told.filter(({ rule }) => rule === "link-retry-exhausted");
    expect(told.map(({ status, requests }) => [status, requests.count])).toEqual([["firing", 4]]);
  });

  it("comes of requests that succeed, in any order and twice", async () => {
    const rig = await openRig();
    const submissions = linkedSubmissions(rig, 500);
    const results = submissions.flatMap(({ requestId }) =>
      resultsOf(rig, requestId, 1, { received: 100, created: 100 }),
    );
    await rig.append([...results, ...results.toReversed()]);
    await rig.append([...submissions, ...results]);
    for (const minutes of [1, 51, 66, 71, 73, 300]) {
      rig.at(minutes);
      await rig.settle();
    }
    expect(rig.told).toEqual([]);
  });
});

describe("silences and acknowledgement", () => {
  it("keep hooks quiet while the alert goes on", async () => {
    const rig = await openRig();
    await rig.path.store.saveSilence({
      silenceId: "s1",
      matchers: [{ label: "objectName", match: "=", value: "purchases" }],
      startsAt: rig.start,
      until: rig.start + 600 * 60_000,
      createdBy: "me",
      comment: "maintenance",
    });
    await rig.append(linkedSubmissions(rig, 2));
    rig.at(71);
    await rig.settle();
    rig.at(73);
    await rig.settle();
    expect(rig.told).toEqual([]);
    const [alert] = await rig.path.store.listAlerts({ rule: "link-retry-exhausted" }, 10, undefined);
    expect(alert).toMatchObject({ status: "firing", requests: { count: 2 } });
    const history = await rig.path.store.alertHistory(alert?.alertId ?? "", 10);
    expect(history.map((event) => event.what)).toContain("silenced");
  });

  it("acknowledged, an alert is not repeated", async () => {
    const rig = await openRig();
    await rig.append(linkedSubmissions(rig, 2));
    rig.at(71);
    await rig.settle();
    rig.at(72);
    await rig.settle();
    const [alert] = rig.told;
    await rig.engine().acknowledge(alert?.alertId ?? "", "me", "looking at it");
    rig.at(310);
    await rig.settle();
    expect(rig.told.filter((one) => one.status === "firing")).toHaveLength(1);
  });
});

describe("a look at the stream", () => {
  it("is made each ten seconds, and less often when it takes long", async () => {
    const looks: number[] = [];
    let minutes = 0;
    let takes = 1;
    const rig = await openRig({
      streamRules: [
        {
          kind: "stream",
          name: "failure-rate",
          severity: "warning",
          observe: () => {
            looks.push(minutes);
            rig.at(minutes + takes);
            return Promise.resolve([]);
          },
        },
      ],
    });
    for (minutes of [0, 1.5, 3.9, 4, 4.1, 4.2]) {
      rig.at(minutes);
      await rig.engine().tick();
      if (minutes === 3.9) takes = 0;
    }
    expect(looks).toEqual([0, 4, 4.2]);
  });
});
