/**
 * The recorder: tells after202 of every attempt to ingest that the submitting side makes.
 *
 * It never throws into the caller's path, never waits on it and logs nothing. What it is handed goes to a spool on disk at
 * once, and from there to the service when that is there; `kill -9` costs at most what had not been handed over.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { After202Error, type ErrorCode } from "../core/errors.ts";
import type { SubmissionInput } from "../core/submission.ts";
import { type Attempt, type AttemptContext, type AttemptParts, beginAttempt } from "./attempt.ts";
import { createBackground } from "./background.ts";
import { readBody } from "./body-reading.ts";
import { createCorrelationIds } from "./correlation-id.ts";
import { createDelivery } from "./delivery.ts";
import type { Endpoint } from "./endpoint.ts";
import { createEndpointFinder } from "./endpoint-finder.ts";
import { createHandOver } from "./hand-over.ts";
import { createJobMemory } from "./job-memory.ts";
import { createLinkDigest, createLinkKeyReader } from "./link-keys.ts";
import { createLinkValues } from "./link-values.ts";
import { type Call, callOf, type Fetch, readableBody, withHeaders } from "./recorded-call.ts";
import { loadRecorderSettings, type RecorderOptions } from "./recorder-options.ts";
import { readBeginning } from "./response-text.ts";
import { openSpool, type Spool } from "./spool.ts";
import { createSubmissionIds } from "./submission-ids.ts";

export interface RecorderStats {
  /** Attempts handed over since it was opened. */
  readonly recorded: number;
  /** Of these: not yet with the service. */
  readonly pending: number;
  readonly delivered: number;
  /** Called wrong by the service, and written to `refused.ndjson` in the spool directory. */
  readonly refused: number;
  /** Not recorded, for the spool was full or the recorder closed. */
  readonly dropped: number;
  /** Delivered for other processes, that had ended before. */
  readonly adopted: number;
  /** On disk or on the way there. */
  readonly spoolBytes: number;
  /** Why nothing is recorded or delivered at the moment; null: all is well. */
  readonly fault: ErrorCode | null;
}

export interface Recorder {
  /**
   * For those who do not use fetch: begins an attempt, to be ended by `answered` or `failed`.
   *
   * @returns undefined for a call that ingests nothing
   */
  attempt(call: Call, context?: AttemptContext): Attempt | undefined;
  /** Records what the caller knows by itself, as `POST /v1/submissions` takes it. @returns the submission's id */
  record(submission: Omit<SubmissionInput, "submissionId"> & { readonly submissionId?: string }): string;
  /** @returns whether everything handed over so far is synced to disk */
  sync(): Promise<boolean>;
  /** Delivers now. @returns how many attempts the service does not have yet; 0: it has all */
  flush(timeoutMs?: number): Promise<number>;
  /** The same, and ends. What is left waits in the spool for the next recorder there. */
  close(timeoutMs?: number): Promise<number>;
  stats(): RecorderStats;
  /** The submitter's own values behind digests of link values, of those that this recorder has seen. */
  resolve(digests: readonly string[]): Promise<Map<string, string>>;
}

/** Like fetch; what only the caller knows of the attempt may follow as a third argument. */
export interface RecordedFetch {
  (input: string | URL | Request, init?: RequestInit, context?: AttemptContext): Promise<Response>;
  readonly recorder: Recorder;
}

const FLUSH_MS = 5_000;
const ADOPT_EVERY_MS = 30_000;
/** Of the answers that are looked into. */
const ANSWER_BYTES = 16_384;
const ANSWER_MS = 2_000;

/** @throws After202Error CONFIG_INVALID when options are wrong or the spool directory cannot be written */
export function openRecorder(options: RecorderOptions): Recorder {
  const settings = loadRecorderSettings(options);
  const background = createBackground();
  const newId = createSubmissionIds();
  const endpoints = createEndpointFinder(settings.hosts);
  const { links, spoolDir } = settings;
  const digest = links.secret === undefined ? undefined : createLinkDigest(links.secret);
  const values = createLinkValues(
    settings.keepsLinkValues ? { directory: spoolDir, secret: links.secret ?? "" } : undefined,
  );
  const faults = new Map<"spool" | "delivery", After202Error>();
  let closed = false;

  function tell(part: "spool" | "delivery", fault: After202Error | null): void {
    const before = faults.get(part);
    if (fault === null) faults.delete(part);
    else faults.set(part, fault);
    if (before?.code === fault?.code) return;
    try {
      settings.onFault(fault);
    } catch {
      // whoever listens may fail; recording goes on
    }
  }

  const spool = openSpoolFor(settings.maxSpoolBytes, spoolDir, (cause) =>
    tell(
      "spool",
      cause === null
        ? null
        : new After202Error("SPOOL_UNWRITABLE", `${spoolDir} cannot be written.`, { cause }),
    ),
  );
  const delivery = createDelivery({
    spool,
    directory: spoolDir,
    service: { url: settings.url, apiKey: settings.apiKey, fetch: settings.fetch },
    lingerMs: settings.lingerMs,
    backoff: settings.backoff,
    onFault: (fault) => tell("delivery", fault),
  });

  function adopt(): void {
    void spool.adopt().then(
      (segments) => segments > 0 && delivery.wake(),
      () => undefined, // tried again soon
    );
  }
  const adopting = setInterval(adopt, ADOPT_EVERY_MS).unref();
  adopt();

  const handOver = createHandOver(background, (submission) => {
    const taken = spool.append(`${JSON.stringify(submission)}\n`);
    if (taken && faults.get("spool")?.code === "SPOOL_FULL") tell("spool", null);
    if (taken) delivery.wake();
    else tell("spool", new After202Error("SPOOL_FULL", `${spoolDir} holds as much as it may.`));
    return taken;
  });

  function* readContent(endpoint: Endpoint, body: unknown) {
    const readable = endpoint.body.kind === "counted" ? "" : readableBody(body);
    if (readable === undefined) return undefined;
    const keys = createLinkKeyReader(endpoint, links, digest, values.add);
    const content = yield* readBody(readable, endpoint.body, keys?.onRecord);
    return { ...content, ...keys?.keys() };
  }

  const parts: AttemptParts = {
    correlation: settings.correlation,
    requestSource: settings.requestSource,
    labels: settings.labels,
    jobs: createJobMemory(),
    correlationIds: createCorrelationIds(),
    newId,
    readContent,
    handOver: handOver.take,
  };

  const recorder: Recorder = {
    attempt(call, context) {
      try {
        const endpoint = endpoints.find(call.url, call.method ?? "GET");
        if (endpoint === undefined || closed) return undefined;
        return beginAttempt(parts, endpoint, call, context);
      } catch {
        return undefined; // the call goes out all the same
      }
    },
    record(submission) {
      const submissionId = submission.submissionId ?? newId();
      handOver.add({ ...submission, submissionId });
      return submissionId;
    },
    async sync() {
      await handOver.settled();
      return spool.sync();
    },
    async flush(timeoutMs = FLUSH_MS) {
      const late = new AbortController();
      // this one keeps the process alive: somebody waits
      const timer = setTimeout(() => late.abort(), timeoutMs);
      const isLate = new Promise((resolve) => late.signal.addEventListener("abort", resolve, { once: true }));
      await Promise.race([recorder.sync(), isLate]);
      await delivery.drain(late.signal);
      clearTimeout(timer);
      return recorder.stats().pending;
    },
    async close(timeoutMs = FLUSH_MS) {
      const left = await recorder.flush(timeoutMs);
      closed = true;
      clearInterval(adopting);
      await delivery.close();
      await Promise.all([spool.close(), values.save()]);
      return left;
    },
    stats() {
      const { delivered, refused, adopted } = delivery.counts;
      const [recorded, dropped] = [handOver.recorded(), handOver.dropped()];
      const fault = faults.get("spool") ?? faults.get("delivery");
      return {
        recorded,
        pending: Math.max(0, recorded - delivered - refused - dropped),
        delivered,
        refused,
        dropped,
        adopted,
        spoolBytes: spool.bytes(),
        fault: fault?.code ?? null,
      };
    },
    resolve: (digests) => values.resolve(digests),
  };
  return recorder;
}

/**
 * A drop-in for `fetch` that records what it recognises, and passes everything through as it is.
 *
 * @param to a recorder, or the options of one to be opened
 * @throws After202Error CONFIG_INVALID as openRecorder does
 */
export function recordedFetch(fetch: Fetch, to: Recorder | RecorderOptions): RecordedFetch {
  const recorder = "attempt" in to ? to : openRecorder(to);
  const send = async (
    input: string | URL | Request,
    init?: RequestInit,
    context?: AttemptContext,
  ): Promise<Response> => {
    const call = callOf(input, init);
    const attempt = recorder.attempt(call, context);
    if (attempt === undefined) return fetch(input, init);
    let response: Response;
    try {
      const { headers } = attempt;
      response = await (headers === undefined
        ? fetch(input, init)
        : fetch(input, { ...init, headers: withHeaders(call.headers, headers) }));
    } catch (error) {
      attempt.failed(error);
      throw error;
    }
    noteAnswer(attempt, response);
    return response;
  };
  return Object.assign(send, { recorder });
}

/** Looks into an answer only where it says something that no header does, and then into a copy. */
function noteAnswer(attempt: Attempt, response: Response): void {
  const { status, headers } = response;
  const copy = attempt.wantsBody(status) ? copyOf(response) : undefined;
  if (copy === undefined) {
    attempt.answered({ status, headers });
    return;
  }
  const timeout = sleep(ANSWER_MS, undefined, { ref: false });
  const body = Promise.race([readBeginning(copy, ANSWER_BYTES), timeout]).catch(() => undefined);
  attempt.answered({ status, headers, body });
}

function copyOf(response: Response): Response | undefined {
  try {
    return response.clone();
  } catch {
    return undefined; // of a fetch that cannot: then the status has to do
  }
}

function openSpoolFor(maxBytes: number, directory: string, onFault: (cause: unknown) => void): Spool {
  try {
    return openSpool({ directory, maxBytes, onFault });
  } catch (cause) {
    throw new After202Error("CONFIG_INVALID", `The spool directory ${directory} cannot be written.`, {
      cause,
    });
  }
}
