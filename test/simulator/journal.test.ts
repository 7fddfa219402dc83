import { describe, expect, it } from "vitest";
import type { Simulator } from "../../src/simulator/simulator.ts";
import {
  journalHeaders,
  linkOf,
  readJournal,
  simulate,
  tokenOf,
  until,
  type DecodedEvent,
  type Page,
} from "./client.ts";

async function emit(simulator: Simulator, ...events: object[]): Promise<void> {
  await control(simulator, "emit", events);
}

async function control(simulator: Simulator, lever: string, body: object): Promise<void> {
  const response = await fetch(`${simulator.origin}/_simulator/${lever}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(200);
}

async function read(
  simulator: Simulator,
  query = "",
  changes: Record<string, string> = {},
): Promise<Response> {
  const headers = { ...(await journalHeaders(simulator)), ...changes };
  return fetch(`${simulator.journalUrl}${query}`, { headers });
}

const numbered = (count: number): object[] =>
  Array.from({ length: count }, (_, index) => ({ id: `e${index}` }));
const ids = (events: DecodedEvent[]): string[] => events.map(({ id }) => id);

describe("the journal", () => {
  it("gives pages in the documented form, and nothing else", async () => {
    const simulator = await simulate();
    await emit(simulator, { id: "e0" }, { id: "e1" });
    const page = (await (await read(simulator)).json()) as Page;
    expect(Object.keys(page)).toEqual(["events", "_page"]);
    expect(Object.keys(page.events[0] ?? {})).toEqual(["position", "event"]);
    expect(page._page).toEqual({ last: page.events[1]?.position, count: 2 });
    expect(page.events[0]?.event).toMatchObject({ id: "e0" });
  });

  it("is read to its end by following next, in pages of the limit, each event once", async () => {
    const simulator = await simulate();
    await emit(simulator, ...numbered(23));
    const events = await readJournal(simulator, `${simulator.journalUrl}?limit=5`);
    expect(ids(events)).toEqual(numbered(23).map((event) => (event as { id: string }).id));
  });

  it("answers 204 at the end, with retry-after and a next link to where the reader is", async () => {
    const simulator = await simulate();
    await emit(simulator, { id: "e0" });
    const page = await read(simulator);
    const next = linkOf(page, "next") ?? "";
    const end = await fetch(next, { headers: await journalHeaders(simulator) });
    expect(end.status).toBe(204);
    expect(Number(end.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    expect(linkOf(end, "next")).toBe(next);
    await emit(simulator, { id: "e1" });
    expect(ids(await readJournal(simulator, next))).toEqual(["e1"]);
  });

  it("answers 204 without retry-after while the journal is empty", async () => {
    const simulator = await simulate();
    const empty = await read(simulator);
    expect([empty.status, empty.headers.get("retry-after")]).toEqual([204, null]);
    await emit(simulator, { id: "e0" });
    expect(ids(await readJournal(simulator, linkOf(empty, "next")))).toEqual(["e0"]);
  });

  it("takes since as exclusive", async () => {
    const simulator = await simulate();
    await emit(simulator, ...numbered(3));
    const page = (await (await read(simulator)).json()) as Page;
    const since = encodeURIComponent(page.events[1]?.position ?? "");
    expect(ids(await readJournal(simulator, `${simulator.journalUrl}?since=${since}`))).toEqual(["e2"]);
  });

  it("begins with what comes next for latest=true", async () => {
    const simulator = await simulate();
    await emit(simulator, { id: "e0" });
    const latest = await read(simulator, "?latest=true");
    expect(latest.status).toBe(204);
    await emit(simulator, { id: "e1" });
    expect(ids(await readJournal(simulator, linkOf(latest, "next")))).toEqual(["e1"]);
  });

  it("seeks back in time by a duration, not together with since", async () => {
    const simulator = await simulate();
    await emit(simulator, { id: "e0" });
    expect(ids(await readJournal(simulator, `${simulator.journalUrl}?seek=-PT2H`))).toEqual(["e0"]);
    const emittedAt = Date.now();
    await until(() => Date.now() - emittedAt > 1_100);
    await emit(simulator, { id: "e1" });
    expect(ids(await readJournal(simulator, `${simulator.journalUrl}?seek=-PT1S`))).toEqual(["e1"]);
    expect((await read(simulator, "?seek=-PT2H&since=x")).status).toBe(400);
    expect((await read(simulator, "?seek=2h")).status).toBe(400);
  });

  it("answers 410 for a position whose events have expired, and reads on from the oldest", async () => {
    const simulator = await simulate();
    await emit(simulator, ...numbered(4));
    const next = linkOf(await read(simulator, "?limit=1"), "next") ?? "";
    await control(simulator, "expire", { keep: 1 });
    expect((await fetch(next, { headers: await journalHeaders(simulator) })).status).toBe(410);
    expect(ids(await readJournal(simulator))).toEqual(["e3"]);
  });

  it("answers 410 for a position of an earlier simulator, 400 for what is none", async () => {
    const simulator = await simulate();
    expect((await read(simulator, "?since=sim:earlier.5")).status).toBe(410);
    expect((await read(simulator, "?since=nonsense")).status).toBe(400);
  });

  it("keeps a bounded number of events", async () => {
    const simulator = await simulate({ journal: { maxEvents: 10 } });
    await emit(simulator, ...numbered(25));
    expect(ids(await readJournal(simulator))).toEqual(
      numbered(25)
        .slice(15)
        .map((event) => (event as { id: string }).id),
    );
  });

  it("never makes a page of more than 1.5 MB", async () => {
    const simulator = await simulate();
    const large = numbered(40).map((event) => ({ ...event, filler: "ä".repeat(50_000) }));
    await emit(simulator, ...large);
    const headers = await journalHeaders(simulator);
    let url = simulator.journalUrl;
    let events = 0;
    for (let pages = 0; pages < 40 && events < 40; pages++) {
      const response = await fetch(url, { headers });
      const text = await response.text();
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(1_500_000);
      events += (JSON.parse(text) as Page)._page.count;
      url = linkOf(response, "next") ?? "";
    }
    expect(events).toBe(40);
  });

  it("gives relative links if so configured", async () => {
    const simulator = await simulate({ journal: { links: "relative" } });
    await emit(simulator, { id: "e0" });
    const page = await read(simulator);
    expect(page.headers.get("link")).toMatch(/<\/events\/organizations\/[^>]*>; rel="next"/);
    expect(ids(await readJournal(simulator))).toEqual(["e0"]);
  });

  it("keeps several journals of the same stream side by side", async () => {
    const simulator = await simulate({ journal: { registrations: ["one", "two"] } });
    await emit(simulator, { id: "e0" });
    for (const registration of ["one", "two"]) {
      expect(ids(await readJournal(simulator, simulator.journalUrlOf(registration)))).toEqual(["e0"]);
    }
    expect(
      (await fetch(simulator.journalUrlOf("three"), { headers: await journalHeaders(simulator) })).status,
    ).toBe(404);
  });

  it("holds generated results events from the start if preloaded", async () => {
    const simulator = await simulate({ preload: { events: 2_500, requestsPerEvent: 3 } });
    const events = await readJournal(simulator);
    expect(events).toHaveLength(2_500);
    expect(new Set(events.flatMap(({ data }) => data.requests.map(({ requestId }) => requestId))).size).toBe(
      7_500,
    );
  });

  it.each([
    ["without a token", { authorization: "" }, 401],
    ["with a wrong token", { authorization: "Bearer no" }, 401],
    ["with another api key", { "x-api-key": "other" }, 403],
    ["for another organisation", { "x-ims-org-id": "other@AdobeOrg" }, 403],
  ])("is closed %s", async (_how, headers, status) => {
    const simulator = await simulate();
    expect((await read(simulator, "", headers)).status).toBe(status);
  });
});

describe("the token endpoint", () => {
  it("gives a bearer token with its lifetime in seconds", async () => {
    const simulator = await simulate({ ims: { expiresInSeconds: 100 } });
    expect(await (await tokenOf(simulator)).json()).toEqual({
      access_token: expect.any(String),
      token_type: "bearer",
      expires_in: 100,
    });
  });

  it.each([
    [{ client_secret: "no" }, 401],
    [{ client_id: "no" }, 400],
    [{ scope: "openid" }, 400],
    [{ grant_type: "password" }, 400],
  ])("refuses %j", async (changes, status) => {
    const simulator = await simulate();
    expect((await tokenOf(simulator, changes)).status).toBe(status);
  });

  it("gives tokens that expire", async () => {
    const simulator = await simulate({ ims: { expiresInSeconds: 0.2 } });
    const headers = await journalHeaders(simulator);
    expect((await fetch(simulator.journalUrl, { headers })).status).toBe(204);
    await until(async () => (await fetch(simulator.journalUrl, { headers })).status === 401);
  });

  it("can revoke what it gave", async () => {
    const simulator = await simulate();
    const headers = await journalHeaders(simulator);
    await control(simulator, "revoke", {});
    expect((await fetch(simulator.journalUrl, { headers })).status).toBe(401);
  });
});
