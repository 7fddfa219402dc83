/** Alerts and payloads as tests need them. */
import type { Alert } from "../../../src/core/alert.ts";
import type { AlertPayload } from "../../../src/core/alert-ports.ts";
import { alertPayload } from "../../../src/alerts/payload.ts";
import { counts } from "../../counts.ts";

export const AT = Date.UTC(2026, 10, 22, 12, 0, 0);

export function sampleAlert(changes: Partial<Alert> = {}): Alert {
  return {
    alertId: "4711",
    rule: "link-retry-exhausted",
    group: { instance: "123-ABC-456", objectName: "purchases", source: "" },
    status: "firing",
    severity: "critical",
    evidence: "inferred",
    reason: "5 records were never reported, and the window is closed",
    startsAt: AT,
    endsAt: null,
    changedAt: AT,
    requests: { count: 3, sample: ["r-1", "r-2", "r-3"], outstanding: 5, failed: counts({ "1004": 7 }) },
    acknowledgedAt: null,
    acknowledgedBy: "",
    notifiedAt: null,
    notifiedCount: 0,
    notifiedStatus: "",
    missingPersons: null,
    ...changes,
  };
}

export function samplePayload(changes: Partial<Alert> = {}): AlertPayload {
  return alertPayload(sampleAlert(changes), { base: "https://after202.example.com" });
}
