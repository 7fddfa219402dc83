import { expect, it } from "vitest";
import { handAcknowledgement } from "../../src/alerts/handed-acknowledgement.ts";
import type { Acknowledgement, AlertStore } from "../../src/core/alert-ports.ts";
import { alertOf } from "../api/alert-desk.ts";

it("says so when no process takes it on, and leaves it for the next one", async () => {
  const handed: Acknowledgement[] = [];
  let waitedMs = 0;
  const store = {
    findAlert: async () => alertOf(1, { acknowledgedAt: 5, acknowledgedBy: "another, before" }),
    saveAcknowledgement: async (one: Acknowledgement) => void handed.push(one),
  } as unknown as AlertStore;
  const clock = { now: () => 1_000 + waitedMs, sleep: async (ms: number) => void (waitedMs += ms) };
  await expect(handAcknowledgement({ store, clock }, "a1", "me", "soon")).rejects.toMatchObject({
    code: "ALERTS_STANDBY",
    retryable: true,
  });
  expect(handed).toEqual([{ alertId: "a1", at: 1_000, by: "me", comment: "soon" }]);
  expect(waitedMs).toBe(5_000);
});

it("hands nothing over for an alert that has ended and was told of", async () => {
  const ended = alertOf(1, { status: "resolved", notifiedStatus: "resolved" });
  const store = { findAlert: async () => ended } as unknown as AlertStore;
  const clock = { now: () => 1, sleep: async () => undefined };
  expect(await handAcknowledgement({ store, clock }, "a1", "me", "")).toBeUndefined();
});
