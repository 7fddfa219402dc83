import { describe, expect, it, vi } from "vitest";
import { recordedFetch, type Recorder } from "../../src/recorder/recorder.ts";
import type { RecorderOptions } from "../../src/recorder/recorder-options.ts";
import { type FakeService, openFakeService, openQuickRecorder, serve, textOf } from "./recorder-rig.ts";

interface Seen {
  readonly method: string;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

/** A Marketo that answers with the next of these, and what it saw. */
async function openUpstream(
  ...answers: { status: number; body?: string; hold?: boolean; reset?: boolean }[]
) {
  const seen: Seen[] = [];
  const url = await serve(async (request, response) => {
    const body = await textOf(request);
    seen.push({ method: request.method ?? "", headers: request.headers, body });
    const answer = answers.shift() ?? { status: 202 };
    if (answer.reset === true) request.socket.resetAndDestroy();
    else if (answer.hold !== true) {
      response.writeHead(answer.status, { "x-request-id": `r-${seen.length}` }).end(answer.body);
    }
  });
  return { url, seen, persons: `${url}/subscriptions/123-ABC-456/persons` };
}

type Upstream = Awaited<ReturnType<typeof openUpstream>>;

function send(service: FakeService, upstream: Upstream, options: Partial<RecorderOptions> = {}) {
  const recorder = openQuickRecorder(service, { marketoHosts: [new URL(upstream.url).host], ...options });
  return recordedFetch(fetch, recorder);
}

const POST = { method: "POST", body: JSON.stringify({ persons: [{ email: "a@b.c" }, { email: "d@e.f" }] }) };
const flushed = async (recorder: Recorder): Promise<void> => expect(await recorder.flush()).toBe(0);

describe("a recorded fetch", () => {
  it("tells of an accepted attempt all that the ledger wants to know", async () => {
    const [service, upstream] = [await openFakeService(), await openUpstream()];
    const options = { correlation: { job: "nightly" }, requestSource: "crm-sync", labels: { a: "1" } };
    const recorded = send(service, upstream, options);
    const response = await recorded(upstream.persons, POST, { chunk: 7, labels: { b: "2" } });
    expect(response.status).toBe(202);
    await flushed(recorded.recorder);
    const correlationId = upstream.seen[0]?.headers["x-correlation-id"];
    expect(correlationId).toMatch(/^nightly\/7\/1-[0-9a-f]{12}$/);
    expect(service.keys[0]).toBe("Bearer key-1");
    expect(service.taken).toEqual([
      {
        submissionId: expect.stringMatching(/^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/),
        requestId: "r-1",
        correlationId,
        requestSource: "crm-sync",
        target: "marketo",
        instance: "123-ABC-456",
        objectType: "person",
        operation: "upsert",
        records: 2,
        bytes: POST.body.length,
        submittedAt: expect.any(String),
        respondedAt: expect.any(String),
        serverTime: response.headers.get("date"),
        httpStatus: 202,
        labels: { a: "1", b: "2" },
      },
    ]);
  });

  it("gives every attempt a correlation id of its own, and leaves alone what the caller has set", async () => {
    const [service, upstream] = [await openFakeService(), await openUpstream()];
    const recorded = send(service, upstream, { requestSource: "crm-sync" });
    const own = { "X-Correlation-ID": "mine", "x-request-source": "me" };
    const forms: RequestInit["headers"][] = [
      undefined,
      { accept: "*/*" },
      new Headers({ accept: "x/y" }),
      [["a", "b"]],
    ];
    for (const headers of forms) {
      await recorded(upstream.persons, headers === undefined ? POST : { ...POST, headers });
    }
    for (const headers of [own, new Headers(own), Object.entries(own)] as NonNullable<
      RequestInit["headers"]
    >[]) {
      await recorded(upstream.persons, { ...POST, headers });
    }
    await flushed(recorded.recorder);
    const ids = upstream.seen.map(({ headers }) => headers["x-correlation-id"]);
    expect(new Set(ids.slice(0, 4)).size).toBe(4);
    expect(ids.slice(4)).toEqual(["mine", "mine", "mine"]);
    expect(upstream.seen.map(({ headers }) => headers["x-request-source"])).toEqual([
      ...Array.from({ length: 4 }, () => "crm-sync"),
      "me",
      "me",
      "me",
    ]);
    expect(upstream.seen[1]?.headers["accept"]).toBe("*/*");
    expect(upstream.seen[3]?.headers["a"]).toBe("b");
    expect(service.taken.map(({ correlationId }) => correlationId)).toEqual(ids);
  });

  it("keeps long and strange correlations within what a header takes, and still unique", async () => {
    const [service, upstream] = [await openFakeService(), await openUpstream()];
    const recorded = send(service, upstream, { correlation: { job: `näch tlich\n${"x".repeat(400)}` } });
    await recorded(upstream.persons, POST);
    await recorded(upstream.persons, POST);
    const ids = upstream.seen.map(({ headers }) => String(headers["x-correlation-id"]));
    expect(ids.map((id) => id.length)).toEqual([255, 255]);
    expect(ids[0]).not.toBe(ids[1]);
    expect(ids[0]).toMatch(/^n_ch_tlich_x+\/1-[0-9a-f]{12}$/);
  });

  it("tells why an attempt was rejected, and the caller still reads the answer", async () => {
    const body = JSON.stringify({ error_code: "4290801", message: "Daily quota reached" });
    const [service, upstream] = [await openFakeService(), await openUpstream({ status: 429, body })];
    const recorded = send(service, upstream);
    const response = await recorded(upstream.persons, POST);
    expect([response.status, await response.text()]).toEqual([429, body]);
    await flushed(recorded.recorder);
    expect(service.taken).toMatchObject([
      { httpStatus: 429, errorCode: "4290801", errorMessage: "Daily quota reached", requestId: "r-1" },
    ]);
  });

  it("tells of an attempt without an answer, and the caller gets the very error", async () => {
    const [service, upstream] = [await openFakeService(), await openUpstream({ status: 0, reset: true })];
    const recorded = send(service, upstream);
    await expect(recorded(upstream.persons, POST)).rejects.toThrow("fetch failed");
    const broken = new Error("no network", { cause: Object.assign(new Error("inner"), { code: "EPIPE" }) });
    const failing = recordedFetch(() => Promise.reject(broken), recorded.recorder);
    await expect(failing(upstream.persons, POST)).rejects.toBe(broken);
    await flushed(recorded.recorder);
    expect(service.taken).toMatchObject([
      { errorCode: "ECONNRESET", records: 2 },
      { errorCode: "EPIPE", errorMessage: "inner" },
    ]);
    expect(service.taken.every((one) => one.httpStatus === undefined && one.requestId === undefined)).toBe(
      true,
    );
  });

  it("tells of a timeout", async () => {
    const [service, upstream] = [await openFakeService(), await openUpstream({ status: 202, hold: true })];
    const recorded = send(service, upstream);
    const late = recorded(upstream.persons, { ...POST, signal: AbortSignal.timeout(60) });
    await expect(late).rejects.toMatchObject({ name: "TimeoutError" });
    await flushed(recorded.recorder);
    expect(service.taken[0]?.errorCode).toBe("TimeoutError");
    expect(service.taken[0]?.httpStatus).toBeUndefined();
  });

  it("does not consume a stream, a form or a Request, and takes the number of records from the caller", async () => {
    const [service, upstream] = [await openFakeService(), await openUpstream()];
    const recorded = send(service, upstream);
    const stream = new Blob([POST.body]).stream();
    const streamed = { method: "POST", body: stream, duplex: "half" } as RequestInit;
    await recorded(upstream.persons, streamed, { records: 2 });
    const request = new Request(upstream.persons, { ...POST, headers: { accept: "q/q" } });
    await recorded(request, undefined, { records: 2 });
    await recorded(new URL(upstream.persons), { ...POST, body: Buffer.from(POST.body) });
    await flushed(recorded.recorder);
    expect(upstream.seen.map(({ body }) => body)).toEqual([POST.body, POST.body, POST.body]);
    expect(upstream.seen[1]?.headers).toMatchObject({
      accept: "q/q",
      "x-correlation-id": expect.any(String),
    });
    expect(service.taken.map(({ records }) => records)).toEqual([2, 2, 2]);
  });

  it("passes every other call through, with the very arguments", async () => {
    const service = await openFakeService();
    const inner = vi.fn(async () => new Response("hello"));
    const recorded = recordedFetch(inner, openQuickRecorder(service));
    const init = { method: "POST", body: "x" };
    for (const input of ["https://example.com/a", "/relative", new URL("https://example.com/b")]) {
      expect(await (await recorded(input, init)).text()).toBe("hello");
      expect(inner).toHaveBeenLastCalledWith(input, init);
    }
    await flushed(recorded.recorder);
    expect([recorded.recorder.stats().recorded, service.calls]).toEqual([0, 0]);
  });

  it("never lets its own troubles reach the caller", async () => {
    const service = await openFakeService();
    const recorder = openQuickRecorder(service, {
      onFault: () => {
        throw new Error("the listener fails");
      },
      maxSpoolBytes: 1,
    });
    const cyclic: { self?: unknown } = {};
    cyclic.self = cyclic;
    const recorded = recordedFetch(async () => new Response(null, { status: 202 }), recorder);
    const url = "https://mkto-ingestion-api.adobe.io/subscriptions/1/persons";
    const strange = [
      { method: "POST", body: "not json" },
      { method: "POST", body: cyclic as never },
      { method: "POST", headers: "x" as never },
      { method: "POST", headers: [["only"]] as never },
    ];
    for (const init of strange) expect((await recorded(url, init)).status).toBe(202);
    await recorder.flush(50);
    expect(recorder.stats()).toMatchObject({ recorded: 4, dropped: 4, pending: 0, fault: "SPOOL_FULL" });
  });

  it("does for other clients what it does for fetch", async () => {
    const service = await openFakeService();
    const recorder = openQuickRecorder(service, { correlation: { job: "by-hand" } });
    const url = "https://mkto-ingestion-api.adobe.io/subscriptions/1/customobjects/cars";
    const attempt = recorder.attempt(
      { url, method: "post", body: '{"customObjects":[{}]}' },
      { chunk: 1, attempt: 2 },
    );
    expect(attempt?.headers?.["x-correlation-id"]).toMatch(/^by-hand\/1\/2-/);
    attempt?.answered({ status: 202, headers: { "x-request-id": "r-9" } });
    attempt?.failed(new Error("only the first counts"));
    expect(recorder.attempt({ url: "https://example.com", method: "POST" })).toBeUndefined();
    expect(recorder.attempt({ url: "nonsense" })).toBeUndefined();
    await flushed(recorder);
    expect(service.taken).toMatchObject([
      { requestId: "r-9", objectName: "cars", records: 1, httpStatus: 202 },
    ]);
    expect(service.taken).toHaveLength(1);
  });

  it("writes nothing to the console", async () => {
    const written = [vi.spyOn(process.stdout, "write"), vi.spyOn(process.stderr, "write")];
    const [service, upstream] = [await openFakeService(), await openUpstream({ status: 500, body: "oops" })];
    service.answer = () => 503;
    const recorded = send(service, upstream);
    await recorded(upstream.persons, POST);
    await recorded.recorder.flush(50);
    for (const spy of written) {
      expect(spy).not.toHaveBeenCalled();
      spy.mockRestore();
    }
  });
});
