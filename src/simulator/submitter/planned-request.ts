/**
 * A request that a scenario wants submitted, and the material that scenarios make requests from.
 */
import { withDirective, type RequestDirective } from "../directives.ts";
import type { Random } from "../random.ts";

export interface PlannedRequest {
  /** Below `/subscriptions/{munchkinId}`. */
  readonly path: string;
  readonly body: object;
  /** What correlation ids begin with. */
  readonly job: string;
  readonly chunk?: string;
  readonly requestSource: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Simulated milliseconds after the scenario began. */
  readonly afterMs: number;
  /** Whether after202 is told of the attempt. */
  readonly reported: boolean;
  /** What to submit, a minute after a refusal, in its place. */
  readonly afterRefusal?: PlannedRequest;
}

/** Where a request comes from: how it is named and grouped. */
export type Origin = Pick<PlannedRequest, "job" | "chunk" | "requestSource" | "labels">;

export interface ScenarioContext {
  readonly random: Random;
  /** Addresses never used before. */
  newEmails(count: number): string[];
  /** A running job, in chunks of several requests. */
  job(name: "nightly" | "backfill-90d"): Origin;
  /** A request of its own, that nothing shares its chunk with. */
  single(requestSource: string): Origin;
}

export type Changes = Partial<Pick<PlannedRequest, "afterMs" | "reported" | "afterRefusal">> & {
  readonly priority?: "normal" | "high";
  directive?: RequestDirective;
};

const REQUESTS_PER_CHUNK = 10;

/** @param date day that jobs are named by, as `2026-11-22` */
export function createScenarioContext(random: Random, date: string): ScenarioContext {
  let people = 0;
  const requests = { nightly: 0, "backfill-90d": 0 };
  const run = random.token(4).toLowerCase();
  return {
    random,
    newEmails: (count) => Array.from({ length: count }, () => `person-${run}-${++people}@example.com`),
    job(name) {
      const chunk = Math.floor(requests[name]++ / REQUESTS_PER_CHUNK) + 1;
      return {
        job: `${name}-${date}`,
        chunk: String(chunk),
        requestSource: name === "nightly" ? "crm-sync" : "backfill",
        labels: { job: name, chunk: String(chunk) },
      };
    },
    single: (requestSource) => ({ job: requestSource, chunk: random.token(8), requestSource }),
  };
}

export function personsRequest(
  emails: readonly string[],
  origin: Origin,
  changes: Changes = {},
): PlannedRequest {
  const persons = emails.map((email) => ({ email, firstName: email.split("@")[0] }));
  return plan("/persons", { persons }, origin, changes);
}

/** One purchase for each address. */
export function purchasesRequest(
  emails: readonly string[],
  context: ScenarioContext,
  origin: Origin,
  changes: Changes = {},
): PlannedRequest {
  const customObjects = emails.map((email) => ({
    email,
    orderId: context.random.token(10),
    amount: context.random.integer(500),
  }));
  return plan("/customobjects/purchases", { customObjects }, origin, changes);
}

/** Any of the endpoints. */
export function plan(
  path: string,
  body: object,
  origin: Origin,
  { directive, priority = "normal", ...changes }: Changes = {},
): PlannedRequest {
  return {
    path,
    body: withDirective({ priority, ...body }, directive),
    afterMs: 0,
    reported: true,
    ...origin,
    ...changes,
  };
}
