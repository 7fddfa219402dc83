/**
 * The documented example of a lifecycle: ten of a hundred records wait for their persons, the first retry is over.
 */
import type { LifecycleJson } from "../../core/lifecycle-json.ts";

export const SAMPLE_LIFECYCLE: LifecycleJson = {
  requestId: "e3d92152-0fc0-4a0c-9b05-1d2c6f2b7a11",
  correlationId: "nightly-2026-11-22/17",
  requestSource: "crm-sync",
  target: "marketo",
  instance: "123-ABC-456",
  objectType: "customObject",
  objectName: "purchases",
  operation: "upsert",
  priority: "normal",
  clientId: "foo@marketo.com",
  state: "retrying",
  evidence: "inferred",
  terminal: false,
  linkBearing: true,
  records: { expected: 100, created: 60, updated: 30, failed: {}, outstanding: 10, superseded: {} },
  retry: {
    policy: "marketo-2023",
    attempt: 1,
    of: 3,
    nextAt: "2026-11-22T02:35:00.000Z",
    windowEndsAt: "2026-11-22T03:05:00.000Z",
    deadlineAt: "2026-11-22T03:10:00.000Z",
  },
  submittedAt: "2026-11-22T02:00:00.000Z",
  acceptedAt: "2026-11-22T02:00:00.180Z",
  firstResultAt: "2026-11-22T02:01:30.000Z",
  lastResultAt: "2026-11-22T02:01:30.000Z",
  settledAt: null,
  timeline: [
    {
      at: "2026-11-22T02:00:00.000Z",
      type: "submitted",
      evidence: "observed",
      submissionId: "5b0d2f3e-7d0c-4b0e-8f5e-0d3f0a4f9c21",
    },
    { at: "2026-11-22T02:00:00.180Z", type: "accepted", evidence: "observed", httpStatus: 202 },
    {
      at: "2026-11-22T02:01:30.000Z",
      type: "result",
      attempt: 0,
      evidence: "observed",
      eventId: "9c1b8f64-53f2-4e0a-a3a7-6a1c7a0e4d02",
      created: 60,
      updated: 30,
      failed: {},
    },
    { at: "2026-11-22T02:05:00.000Z", type: "retry", attempt: 1, evidence: "inferred" },
  ],
  anomalies: [],
  labels: { job: "backfill-90d", chunk: "12" },
};
