/**
 * What the simulator's tests do again and again: submit, read a journal to its end, wait for quiet.
 *
 * Everything goes over the wire.
 */
import { onTestFinished } from "vitest";
import { SIMULATED, type SimulatorOptions } from "../../src/simulator/options.ts";
import { openSimulator, type Simulator } from "../../src/simulator/simulator.ts";
import type { TruthRow } from "../../src/simulator/truth.ts";

/** One wall-clock second is 50 minutes; the periodic events are off. */
export const FAST = { speed: 3_000, observability: { metricsMs: 0, statusMs: 0 } } satisfies SimulatorOptions;

export interface ResultsRequest {
  requestId: string;
  objectType: string;
  records: { received: number; created: number; updated: number; failed: Record<string, number> };
}

export interface DecodedEvent {
  id: string;
  type: string;
  time: string;
  data: { munchkinId: string; requests: ResultsRequest[] };
}

export interface Page {
  events: { position: string; event: DecodedEvent }[];
  _page: { last: string; count: number };
}

/** A simulator that is closed when the test ends. */
export async function simulate(options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = await openSimulator({ ...FAST, ...options });
  onTestFinished(() => simulator.close());
  return simulator;
}

export async function submit(
  simulator: Simulator,
  path: string,
  body: object | string,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(`${simulator.marketoUrl}/subscriptions/${SIMULATED.instance}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-mkto-user-token": SIMULATED.userToken, ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}

/** Submits what must be accepted, and returns its request id. */
export async function accepted(simulator: Simulator, path: string, body: object): Promise<string> {
  const response = await submit(simulator, path, body);
  if (response.status !== 202) throw new Error(`${response.status} ${await response.text()}`);
  return response.headers.get("x-request-id") ?? "";
}

export const persons = (...emails: string[]): object[] => emails.map((email) => ({ email }));

/** Polls until the condition holds; fails after 20 s. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error("waited for 20 s in vain");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export async function quiet(simulator: Simulator): Promise<void> {
  await until(() => simulator.summary().idle);
}

/** The truth of a request, once it has settled and every event is out. */
export async function settled(simulator: Simulator, requestId: string): Promise<TruthRow> {
  await quiet(simulator);
  const response = await fetch(`${simulator.origin}/_simulator/truth/${requestId}`);
  return (await response.json()) as TruthRow;
}

export async function tokenOf(simulator: Simulator, changes: Record<string, string> = {}): Promise<Response> {
  return fetch(`${simulator.imsUrl}/ims/token/v3`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "client_credentials",
      client_id: SIMULATED.clientId,
      client_secret: SIMULATED.clientSecret,
      scope: "openid,AdobeID,adobeio_api",
      ...changes,
    }),
  });
}

export async function journalHeaders(simulator: Simulator): Promise<Record<string, string>> {
  const { access_token: token } = (await (await tokenOf(simulator)).json()) as { access_token: string };
  return {
    authorization: `Bearer ${token}`,
    "x-api-key": SIMULATED.clientId,
    "x-ims-org-id": SIMULATED.organizationId,
  };
}

export function linkOf(response: Response, rel: string): string | undefined {
  const link = response.headers.get("link") ?? "";
  const uri = new RegExp(`<([^>]*)>; rel="${rel}"`).exec(link)?.[1];
  return uri === undefined ? undefined : new URL(uri, response.url).href;
}

/** All events of a journal, from the oldest to the end. */
export async function readJournal(
  simulator: Simulator,
  from = simulator.journalUrl,
): Promise<DecodedEvent[]> {
  const headers = await journalHeaders(simulator);
  const events: DecodedEvent[] = [];
  let url: string | undefined = from;
  while (url !== undefined) {
    const response: Response = await fetch(url, { headers });
    if (response.status === 204) return events;
    if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
    const page = (await response.json()) as Page;
    events.push(...page.events.map(({ event }) => event));
    url = linkOf(response, "next");
  }
  throw new Error("a page without a next link");
}

/** The results of one request in the journal, in the order they came. */
export async function resultsOf(
  simulator: Simulator,
  requestId: string,
): Promise<(ResultsRequest["records"] & { at: string })[]> {
  const events = await readJournal(simulator);
  return events.flatMap(({ time, data }) =>
    data.requests
      .filter((request) => request.requestId === requestId)
      .map(({ records }) => ({ ...records, at: time })),
  );
}
