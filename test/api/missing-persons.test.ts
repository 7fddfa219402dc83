import { expect, it } from "vitest";
import { linkKeysOf } from "../../src/core/submission.ts";
import { startApi, type Api } from "./api-fixture.ts";
import { MINUTE_MS, result, START, submissionInput, submitted } from "./facts.ts";
import { counts } from "../counts.ts";

const digests = (count: number): string[] =>
  Array.from({ length: count }, (_, n) => `d${String(n).padStart(4, "0")}`);

/** A request for `requestId` with its digests, some of which have their person. */
function store(api: Api, requestId: string, linkKeys: string[], personKeys: string[] = []): void {
  api.store.put(submitted(requestId));
  api.store.linkKeys.push(
    ...linkKeysOf(submissionInput({ requestId, linkKeys })),
    ...linkKeysOf(submissionInput({ requestId: "p-1", personKeys })),
  );
}

it("names the link values without a person, with what is known of each and the time that is left", async () => {
  const api = await startApi();
  store(api, "r-1", digests(100), digests(98));
  api.store.put(result("r-1", 90_000, { created: 98 }), submitted("p-vain", { httpStatus: 429 }));
  api.store.linkKeys.push(
    ...linkKeysOf(submissionInput({ requestId: "p-vain", httpStatus: 429, personKeys: ["d0099"] })),
  );
  await api.clock.advance(42 * MINUTE_MS);
  const { status, body } = await api.call("/v1/requests/r-1/missing-persons");
  expect(status).toBe(200);
  const waited = { waitedSince: new Date(START).toISOString(), requests: 1 };
  const inVain = { requestId: "p-vain", state: "rejected", submittedAt: new Date(START).toISOString() };
  expect(body).toMatchObject({
    requestId: "r-1",
    state: "retrying",
    known: true,
    linkValues: 100,
    missing: 2,
    waitingRecords: 2,
    remainingMs: 23 * MINUTE_MS,
    items: [
      { digest: "d0098", ...waited, inVain: null },
      { digest: "d0099", ...waited, inVain },
    ],
    nextCursor: null,
  });
  expect((await api.call("/v1/requests/r-1")).body.missingPersons).toBe(2);
  expect((await api.call("/v1/requests/r-1/wait?timeoutMs=0")).body.missingPersons).toBe(2);
});

it("pages through all of them, each once, and refuses another request's cursor", async () => {
  const api = await startApi();
  store(api, "a/b", digests(25));
  const seen: string[] = [];
  let cursor = "";
  for (let pages = 0; pages < 3; pages++) {
    const { body } = await api.call(`/v1/requests/a/b/missing-persons?limit=10${cursor}`);
    expect(body.missing).toBe(25);
    seen.push(...body.items.map((one: { digest: string }) => one.digest));
    if (body.nextCursor !== null) cursor = `&cursor=${body.nextCursor}`;
  }
  expect(seen).toEqual(digests(25));
  api.store.put(submitted("r-2"));
  const { status, body } = await api.call(`/v1/requests/r-2/missing-persons?limit=10${cursor}`);
  expect([status, body.error.code]).toEqual([400, "CURSOR_INVALID"]);
});

it("says that it does not know, where the submission told no link values", async () => {
  const api = await startApi();
  api.store.put(submitted("r-1"));
  const { body } = await api.call("/v1/requests/r-1/missing-persons");
  expect(body).toMatchObject({ known: false, linkValues: null, missing: null, items: [], nextCursor: null });
  expect((await api.call("/v1/requests/r-1")).body.missingPersons).toBeNull();
});

it("misses nobody once every record is accounted for", async () => {
  const api = await startApi();
  store(api, "r-1", digests(3));
  api.store.put(result("r-1", 90_000, { created: 100 }));
  const { body } = await api.call("/v1/requests/r-1/missing-persons");
  expect(body).toMatchObject({ state: "succeeded", known: true, missing: 0, waitingRecords: 0, items: [] });
});

it("still names them when the window is over: they are what has to be created before sending again", async () => {
  const api = await startApi();
  store(api, "r-1", digests(3), digests(2));
  api.store.put(result("r-1", 66 * MINUTE_MS, { created: 99, failed: counts({ "1004": 1 }) }));
  await api.clock.advance(80 * MINUTE_MS);
  const { body } = await api.call("/v1/requests/r-1/missing-persons");
  expect(body).toMatchObject({ state: "exhausted", missing: 1, waitingRecords: 1, remainingMs: 0 });
});

it.each([
  [404, "REQUEST_UNKNOWN", "/v1/requests/nobody/missing-persons"],
  [400, "INPUT_INVALID", "/v1/requests/r-1/missing-persons?limit=0"],
  [400, "INPUT_INVALID", "/v1/requests/r-1/missing-persons?limit=1001"],
  [400, "CURSOR_INVALID", "/v1/requests/r-1/missing-persons?cursor=nonsense"],
])("answers %i %s to %s", async (status, code, path) => {
  const api = await startApi();
  const answer = await api.call(path);
  expect([answer.status, answer.body.error.code]).toEqual([status, code]);
});

it("counts a person whom several requests of a correlation wait for once, and asks only for those that wait", async () => {
  const api = await startApi();
  store(api, "r-1", ["d1", "d2"]);
  store(api, "r-2", ["d2", "d3"]);
  store(api, "r-3", ["d4"]);
  api.store.put(result("r-3", 90_000, { created: 100 }));
  const { body } = await api.call("/v1/correlations/nightly-2026-11-22%2F17?requests=true");
  expect(body.missingPersons).toBe(3);
  expect(body.items.map((one: { missingPersons: number | null }) => one.missingPersons)).toEqual([
    null,
    null,
    null,
  ]);
});

it("asks the store nothing more for a request that is settled or bears no link", async () => {
  const api = await startApi();
  api.store.put(
    submitted("done"),
    result("done", 90_000, { created: 100 }),
    submitted("plain", { linkField: "", objectType: "person" }),
  );
  for (const id of ["done", "plain"]) await api.call(`/v1/requests/${id}`);
  expect(api.store.calls.linkStanding).toBe(0);
});
