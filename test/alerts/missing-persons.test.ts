import { expect, it } from "vitest";
import { alertPayload } from "../../src/alerts/payload.ts";
import type { Alert } from "../../src/core/alert.ts";
import { linkKeysOf, submissionFact, type SubmissionInput } from "../../src/core/submission.ts";
import { linkedSubmissions, openRig, resultsOf, type Rig } from "./engine-rig.ts";

const BASE = { base: "https://after202.example.com" };
const digests = (count: number, prefix = "d"): string[] =>
  Array.from({ length: count }, (_, n) => `${prefix}${String(n).padStart(3, "0")}`);

async function send(rig: Rig, minutes: number, over: Partial<SubmissionInput>): Promise<void> {
  const input: SubmissionInput = {
    submissionId: `s-${over.requestId}`,
    target: "marketo",
    instance: "123-ABC-456",
    objectType: "person",
    operation: "upsert",
    records: 100,
    submittedAt: new Date(rig.start + minutes * 60_000).toISOString(),
    httpStatus: 202,
    ...over,
  };
  await rig.path.store.append({
    facts: [submissionFact(input)],
    linkKeys: linkKeysOf(input),
    events: [],
    sightings: [],
    metrics: [],
    statuses: [],
    deadLetters: [],
  });
}

const OBJECTS = { objectType: "customObject", objectName: "purchases", linkField: "email" } as const;

async function tick(rig: Rig, minutes: number): Promise<void> {
  rig.at(minutes);
  await rig.settle();
}

function told(rig: Rig, rule: Alert["rule"]): ReturnType<typeof alertPayload>[] {
  return rig.told.filter((alert) => alert.rule === rule).map((alert) => alertPayload(alert, BASE));
}

it("tells whom a link retry waits for when it is at risk, and as of then whom it has waited for in vain", async () => {
  const rig = await openRig();
  await send(rig, 0, { ...OBJECTS, requestId: "r-1", linkKeys: digests(100) });
  await send(rig, 0, { ...OBJECTS, requestId: "r-2", linkKeys: digests(2), records: 2 });
  await send(rig, 1, { requestId: "p-1", personKeys: digests(100).slice(12) });
  await rig.append([
    ...resultsOf(rig, "r-1", 2, { received: 100, created: 88 }),
    ...resultsOf(rig, "p-1", 2, { received: 100, created: 100 }),
  ]);
  for (const minutes of [2, 42, 51, 52]) await tick(rig, minutes);
  const [risk] = told(rig, "link-retry-at-risk");
  expect(risk?.requests.count).toBe(2);
  expect(risk?.missingPersons).toEqual({ count: 12, sample: digests(10) });
  expect(risk?.summary).toMatch(/; 12 of 100 have no person yet; 1[34] minutes left$/);

  await send(rig, 53, { requestId: "p-2", personKeys: digests(5) });
  await rig.append(resultsOf(rig, "p-2", 54, { received: 100, created: 100 }));
  await rig.append(resultsOf(rig, "r-1", 66, { received: 100, failed: { "1004": 12 } }));
  for (const minutes of [66, 71, 72, 73]) await tick(rig, minutes);
  const [lost] = told(rig, "link-retry-exhausted");
  expect(lost?.missingPersons).toEqual({ count: 7, sample: digests(12).slice(5) });
  expect(lost?.summary).toMatch(/ran out; 7 of 100 have no person yet$/);
});

it("keeps what the hooks were told for whoever asks for the alert, over a restart", async () => {
  const rig = await openRig();
  await send(rig, 0, { ...OBJECTS, requestId: "r-1", linkKeys: digests(3), records: 3 });
  for (const minutes of [2, 51, 52]) await tick(rig, minutes);
  const [first] = rig.told;
  await rig.restart();
  const stored = await rig.path.store.findAlert(first?.alertId ?? "");
  expect(stored?.missingPersons).toMatchObject({ count: 3, of: 3, sample: digests(3) });
});

it("says nothing of persons where submissions told no link values", async () => {
  const rig = await openRig();
  await rig.append(linkedSubmissions(rig, 2));
  for (const minutes of [2, 51, 52]) await tick(rig, minutes);
  const [risk] = told(rig, "link-retry-at-risk");
  expect(risk).not.toHaveProperty("missingPersons");
  expect(risk?.summary).toMatch(/the last retry is near$/);
});

it("does not ask for persons where a rule is about something else", async () => {
  let asked = 0;
  const rig = await openRig({ missingPersons: () => Promise.resolve((asked++, null)) });
  await send(rig, 0, { requestId: "p-lost" });
  for (const minutes of [2, 71, 72]) await tick(rig, minutes);
  expect(told(rig, "request-overdue")).toHaveLength(1);
  expect(asked).toBe(0);
});
