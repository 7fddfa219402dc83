import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Alert, AlertRequests } from "../../src/core/alert.ts";
import type { AlertMember, Delivery } from "../../src/core/alert-ports.ts";
import type { Silence } from "../../src/core/silence.ts";
import type { Store } from "../../src/store/store.ts";
import { T0 } from "../core/events.ts";
import { STORE_PATHS, type StorePath } from "./store-paths.ts";
import { counts } from "../counts.ts";
import { NO_COUNTS } from "../../src/core/record-counts.ts";

const START = Date.parse(T0);
const AWKWARD = `quo"te 'single' back\\slash \n\t\u0001 ☃ 😀`;

function alert(alertId: string, changes: Partial<Alert> = {}): Alert {
  return {
    alertId,
    rule: "link-retry-exhausted",
    group: { instance: "123-ABC-456", objectName: "purchases", source: "" },
    status: "firing",
    severity: "critical",
    evidence: "inferred",
    reason: "no result at the deadline",
    startsAt: START,
    endsAt: null,
    changedAt: START,
    requests: { count: 2, sample: ["r1", "r2"], outstanding: 12, failed: counts({ "1004": 7 }) },
    acknowledgedAt: null,
    acknowledgedBy: "",
    notifiedAt: null,
    notifiedCount: 0,
    notifiedStatus: "",
    missingPersons: null,
    ...changes,
  };
}

function member(requestId: string, changes: Partial<AlertMember> = {}): AlertMember {
  return {
    rule: "link-retry-exhausted",
    requestId,
    alertId: "sum-1",
    status: "firing",
    evidence: "observed",
    reason: "1004 after the last retry",
    outstanding: 2,
    failed: counts({ "1004": 3 }),
    changedAt: START,
    ...changes,
  };
}

function delivery(deliveryId: string, changes: Partial<Delivery> = {}): Delivery {
  return {
    deliveryId,
    alertId: "out-1",
    hook: "webhook",
    payload: `{"id":"out-1"}`,
    status: "pending",
    attempts: 0,
    createdAt: START,
    nextAt: START,
    lastError: "",
    changedAt: START,
    ...changes,
  };
}

describe.each(STORE_PATHS)("alerts in the store, $name", ({ open }) => {
  let path: StorePath;
  let store: Store;
  beforeAll(async () => {
    path = await open();
    store = path.store;
  });
  afterAll(() => path.close());

  describe("alerts", () => {
    it("gives back an alert as it was saved last, though both were saved within one millisecond", async () => {
      const first = alert("a-1", { reason: AWKWARD });
      const second: Alert = {
        ...first,
        status: "recovered",
        endsAt: START + 5,
        acknowledgedAt: START + 1,
        acknowledgedBy: AWKWARD,
        notifiedAt: START + 2,
        notifiedCount: 2,
        notifiedStatus: "recovered",
        requests: { count: 0, sample: [AWKWARD], outstanding: 0, failed: NO_COUNTS },
      };
      await store.saveAlerts([first], []);
      expect(await store.findAlert("a-1")).toEqual(first);
      for (let times = 0; times < 20; times += 1) await store.saveAlerts([first], []);
      await store.saveAlerts([first, second], []);
      expect(await store.findAlert("a-1")).toEqual(second);
      expect(await store.findAlert("a-0")).toBeUndefined();
    });

    it("counts as open those that fire and those whose end nobody was told of", async () => {
      await store.saveAlerts(
        [
          alert("open-fires"),
          alert("open-untold", { status: "resolved", endsAt: START, notifiedStatus: "firing" }),
          alert("shut-told", { status: "resolved", endsAt: START, notifiedStatus: "resolved" }),
          alert("shut-never-told", { status: "resolved", endsAt: START }),
        ],
        [],
      );
      expect((await store.openAlerts()).map((one) => one.alertId)).toEqual(["open-fires", "open-untold"]);
    });

    it("lists newest first, page by page, each once, by every filter", async () => {
      const group = { instance: "list", objectName: "things", source: "" };
      const alerts = Array.from({ length: 9 }, (_, i) =>
        alert(`list-${i}`, {
          group,
          startsAt: START + Math.floor(i / 3),
          rule: i % 2 === 0 ? "request-overdue" : "request-rejected",
          status: i < 4 ? "resolved" : "firing",
        }),
      );
      await store.saveAlerts(alerts, []);
      await store.saveAlerts(alerts, []);
      const ids: string[] = [];
      let after: string | undefined;
      do {
        const page = await store.listAlerts({ instance: "list" }, 4, after);
        ids.push(...page.map((one) => one.alertId));
        after = page.length < 4 ? undefined : page.at(-1)?.alertId;
      } while (after !== undefined);
      expect(ids).toEqual(alerts.map((one) => one.alertId).toReversed());
      const count = async (filter: object) => (await store.listAlerts({ ...filter }, 100, undefined)).length;
      expect(await count({ instance: "list", objectName: "things" })).toBe(9);
      expect(await count({ instance: "list", objectName: "others" })).toBe(0);
      expect(await count({ rule: "request-overdue" })).toBe(5);
      expect(await count({ rule: "request-overdue", status: "firing" })).toBe(3);
    });

    it("keeps a history in the order of time, and each line once", async () => {
      const line = (at: number, what: "firing" | "notified", reason: string) => ({
        alertId: "told",
        at: START + at,
        what,
        reason,
      });
      const lines = [
        line(0, "firing", AWKWARD),
        line(5, "notified", "slack"),
        line(5, "notified", "webhook"),
      ];
      await store.saveAlerts([], lines);
      await store.saveAlerts([], lines);
      expect(await store.alertHistory("told", 100)).toEqual(lines);
      expect(await store.alertHistory("told", 2)).toEqual(lines.slice(1));
    });
  });

  describe("members", () => {
    it("adds the firing ones up, each as it was saved last", async () => {
      await store.saveMembers([
        member("m-1", { changedAt: START + 2 }),
        member("m-2", { changedAt: START + 1 }),
        member("m-3"),
      ]);
      await store.saveMembers([member("m-3", { status: "recovered", outstanding: 0 })]);
      const sum: AlertRequests = {
        count: 2,
        sample: ["m-2", "m-1"],
        outstanding: 4,
        failed: counts({ "1004": 6 }),
      };
      expect(await store.sumMembers("sum-1")).toEqual(sum);
      expect(await store.membersOf("sum-1", 10)).toEqual(["m-1", "m-2"]); // the newest finding first
      expect(await store.membersOf("sum-1", 1)).toEqual(["m-1"]);
      await store.saveMembers([
        member("m-1", { failed: counts({ "1004": 3, "404": 1 }), changedAt: START + 2 }),
      ]);
      expect(await store.sumMembers("sum-1")).toEqual({ ...sum, failed: counts({ "1004": 6, "404": 1 }) });
      expect(await store.sumMembers("sum-0")).toEqual({
        count: 0,
        sample: [],
        outstanding: 0,
        failed: NO_COUNTS,
      });
    });

    it("finds the firing ones among requests, under every rule", async () => {
      const overdue = member("f-1", {
        rule: "request-overdue",
        alertId: "f",
        reason: AWKWARD,
        failed: NO_COUNTS,
      });
      await store.saveMembers([
        overdue,
        member("f-1", { alertId: "g" }),
        member("f-2", { alertId: "f" }),
        member("f-2", { alertId: "f", status: "resolved" }),
      ]);
      const found = await store.firingMembers(["f-1", "f-2", "f-3"]);
      expect(new Set(found)).toEqual(new Set([overdue, member("f-1", { alertId: "g" })]));
      expect(await store.firingMembers([])).toEqual([]);
    });

    it("counts a request that moved to another alert there alone", async () => {
      await store.saveMembers([member("moved", { alertId: "from" }), member("stays", { alertId: "from" })]);
      await store.saveMembers([member("moved", { alertId: "to" })]);
      expect(await store.sumMembers("from")).toMatchObject({ count: 1, sample: ["stays"] });
      expect(await store.sumMembers("to")).toMatchObject({ count: 1, sample: ["moved"] });
    });

    it("adds up an alert of 10,000 requests, and looks all of them up", async () => {
      const members = Array.from({ length: 10_000 }, (_, i) =>
        member(`${i}-${"i".repeat(60)}`, { alertId: "many" }),
      );
      await store.saveMembers(members);
      await store.saveMembers(members);
      expect(await store.sumMembers("many")).toMatchObject({
        count: 10_000,
        outstanding: 20_000,
        failed: counts({ "1004": 30_000 }),
      });
      const ids = members.map((one) => one.requestId);
      expect(await store.firingMembers(ids)).toHaveLength(10_000);
    });
  });

  describe("silences", () => {
    const silence: Silence = {
      silenceId: "s-1",
      matchers: [{ label: "instance", match: "^=", value: AWKWARD }],
      startsAt: START,
      until: START + 1_000,
      createdBy: "ops",
      comment: AWKWARD,
    };

    it("hold until their time, those that begin later as well", async () => {
      const later = { ...silence, silenceId: "s-2", startsAt: START + 5_000, until: START + 9_000 };
      await store.saveSilence(later);
      await store.saveSilence(silence);
      expect(await store.silences(START)).toEqual([silence, later]);
      expect(await store.silences(START + 1_000)).toEqual([later]);
    });

    it("end when told to, once", async () => {
      expect(await store.endSilence("s-1", START + 10)).toBe(true);
      expect((await store.silences(START + 10)).map((one) => one.silenceId)).toEqual(["s-2"]);
      expect(await store.endSilence("s-1", START + 20)).toBe(false);
      expect(await store.endSilence("s-0", START)).toBe(false);
    });
  });

  describe("the outbox", () => {
    it("gives what is due, the longest due first, each as it was saved last", async () => {
      const late = delivery("d-late", { nextAt: START + 1 });
      const early = delivery("d-early", { payload: AWKWARD });
      await store.saveDeliveries([late, early, delivery("d-future", { nextAt: START + 60_000 })]);
      await store.saveDeliveries([delivery("d-done"), delivery("d-done", { status: "delivered" })]);
      expect(await store.dueDeliveries(START + 1, 10)).toEqual([early, late]);
      expect(await store.dueDeliveries(START + 1, 1)).toEqual([early]);
      const again: Delivery = { ...early, attempts: 1, nextAt: START + 30_000, lastError: AWKWARD };
      await store.saveDeliveries([again]);
      expect(await store.dueDeliveries(START + 1, 10)).toEqual([late]);
      expect(await store.dueDeliveries(START + 30_000, 10)).toEqual([late, again]);
    });

    it("lists the deliveries of an alert, in the order in which they were made", async () => {
      const first = delivery("of-b", { alertId: "of", status: "undeliverable", attempts: 9 });
      const second = delivery("of-a", { alertId: "of", createdAt: START + 1 });
      await store.saveDeliveries([second, { ...first, status: "pending" }]);
      await store.saveDeliveries([first]);
      expect(await store.listDeliveries("of")).toEqual([first, second]);
    });
  });
});
