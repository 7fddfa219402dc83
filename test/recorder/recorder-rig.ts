/** A service that only writes down what it is told, an upstream that answers as it is told, and a spool between them. */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { SubmissionInput } from "../../src/core/submission.ts";
import { openRecorder, type Recorder } from "../../src/recorder/recorder.ts";
import type { RecorderOptions } from "../../src/recorder/recorder-options.ts";

export interface FakeService {
  readonly url: string;
  /** What it has taken, in the order of its coming. */
  readonly taken: SubmissionInput[];
  readonly keys: (string | undefined)[];
  /** Calls to it, whatever it answered. */
  calls: number;
  /** A status for the whole call, or a code of refusal for one submission; default: everything is taken. */
  answer: (submissions: readonly SubmissionInput[]) => number | { status: number; body: string } | undefined;
  refuses: (submission: SubmissionInput) => boolean;
}

export async function openFakeService(): Promise<FakeService> {
  const server = await serve((request, response) => void take(request, response));
  const service: FakeService = {
    url: server,
    taken: [],
    keys: [],
    calls: 0,
    answer: () => undefined,
    refuses: () => false,
  };

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const lines = (await textOf(request)).split("\n");
    const submissions = lines.map((line) => readLine(line));
    service.calls += 1;
    service.keys.push(request.headers.authorization);
    const whole = service.answer(submissions);
    if (whole !== undefined) {
      const { status, body } = typeof whole === "number" ? { status: whole, body: "{}" } : whole;
      response.writeHead(status, { "content-type": "application/json" }).end(body);
      return;
    }
    const items = submissions.map((submission, index) => {
      if (service.refuses(submission)) return { index, status: "invalid", error: { code: "INPUT_INVALID" } };
      service.taken.push(submission);
      return { submissionId: submission.submissionId, status: "stored" };
    });
    const stored = items.filter((item) => item.status === "stored").length;
    if (stored > 0) response.writeHead(202).end(JSON.stringify({ items }));
    else if (items.length > 1) response.writeHead(400).end(JSON.stringify({ error: { details: { items } } }));
    else response.writeHead(400).end(JSON.stringify({ error: { code: "INPUT_INVALID" } }));
  }

  return service;
}

/** On a free port of loopback, until the test is over. @returns its URL */
export async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

export function freshSpool(): string {
  const directory = mkdtempSync(join(tmpdir(), "after202-recorder-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Quick, and closed at the end of the test. */
export function openQuickRecorder(service: FakeService, options: Partial<RecorderOptions> = {}): Recorder {
  const recorder = openRecorder({
    spoolDir: options.spoolDir ?? freshSpool(),
    url: service.url,
    apiKey: "key-1",
    lingerMs: 5,
    backoff: { baseMs: 5, capMs: 20 },
    ...options,
  });
  onTestFinished(async () => void (await recorder.close(0)));
  return recorder;
}

/** A submission of the least that one needs. */
export function submissionOf(requestId: string): Omit<SubmissionInput, "submissionId"> {
  return {
    requestId,
    target: "marketo",
    instance: "123-ABC-456",
    objectType: "person",
    operation: "upsert",
    records: 1,
    submittedAt: new Date().toISOString(),
    httpStatus: 202,
  };
}

function readLine(line: string): SubmissionInput {
  try {
    return JSON.parse(line) as SubmissionInput;
  } catch {
    return { submissionId: "unreadable" } as SubmissionInput;
  }
}
