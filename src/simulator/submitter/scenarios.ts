/**
 * The scenarios: small stories, each of which lets one state of a request be seen.
 *
 * Their names say what happens; the comments say what an observer should come to. Times are simulated.
 */
import {
  personsRequest,
  plan,
  purchasesRequest,
  type PlannedRequest,
  type ScenarioContext,
} from "./planned-request.ts";

type Scenario = (context: ScenarioContext) => PlannedRequest[];

const MINUTE_MS = 60_000;

/** A request whose results are there at once would never be seen as accepted or processing. */
const SLOW = { delayMs: 2 * MINUTE_MS, chunkIntervalMs: 25_000, chunkRecords: 50 };

export const SCENARIOS = {
  /** succeeded */
  persons: (context) => [personsRequest(context.newEmails(some(context, 100)), context.job("nightly"))],

  /** succeeded, in the fast lane */
  "web-form": (context) => [
    personsRequest(context.newEmails(1), context.single("web-forms"), {
      priority: "high",
      directive: { delayMs: 2_000 },
    }),
  ],

  /** the same persons twice: created, then updated; both succeeded */
  "persons-again": (context) => {
    const emails = context.newEmails(some(context, 50));
    const origin = context.job("backfill-90d");
    return [personsRequest(emails, origin), personsRequest(emails, origin, { afterMs: 2 * MINUTE_MS })];
  },

  /** accepted for two minutes, then processing, then succeeded */
  "slow-chunks": (context) => [
    personsRequest(context.newEmails(300), context.job("backfill-90d"), { directive: SLOW }),
  ],

  /** partially_failed */
  "some-fail": (context) => [
    personsRequest(context.newEmails(80), context.job("nightly"), {
      directive: { fail: { "1003": 3, "1006": 2 } },
    }),
  ],

  /** failed */
  "all-fail": (context) => [
    personsRequest(context.newEmails(20), context.job("nightly"), { directive: { fail: { "1006": 20 } } }),
  ],

  /** rejected, then resubmitted as a new attempt that succeeds */
  rejected: (context) => {
    const emails = context.newEmails(40);
    const origin = context.job("nightly");
    return [
      personsRequest(emails, origin, {
        directive: { reject: "4290801" },
        afterRefusal: personsRequest(emails, origin),
      }),
    ];
  },

  /** rejected for good: there is no such priority */
  invalid: (context) => {
    const persons = context.newEmails(3).map((email) => ({ email }));
    return [plan("/persons", { persons, priority: "urgent" }, context.single("web-forms"))];
  },

  /** succeeded: the persons are there before their purchases */
  purchases: (context) => {
    const emails = context.newEmails(some(context, 60));
    const origin = context.job("nightly");
    return [
      personsRequest(emails, origin),
      purchasesRequest(emails, context, origin, { afterMs: 3 * MINUTE_MS }),
    ];
  },

  /** retrying from minute 5 on, then exhausted, reported with the link code */
  "persons-missing": (context) => {
    const known = context.newEmails(40);
    const origin = context.job("nightly");
    return [
      personsRequest(known, origin, { directive: { delayMs: 5_000 } }),
      purchasesRequest([...known, ...context.newEmails(10)], context, origin, {
        afterMs: MINUTE_MS,
        directive: { link: "reported" },
      }),
    ];
  },

  /** retrying, then exhausted without a word */
  "persons-missing-silently": (context) => {
    const known = context.newEmails(20);
    const origin = context.job("backfill-90d");
    return [
      personsRequest(known, origin, { directive: { delayMs: 5_000 } }),
      purchasesRequest([...known, ...context.newEmails(5)], context, origin, {
        afterMs: MINUTE_MS,
        directive: { link: "silent" },
      }),
    ];
  },

  /** link failures reported at once and again at the end: retrying in between, then exhausted */
  "persons-missing-reported-early": (context) => [
    purchasesRequest(context.newEmails(8), context, context.job("nightly"), {
      directive: { link: "reported", linkEarly: true },
    }),
  ],

  /** retrying; the persons come after 20 minutes, the retry at 35 minutes finds them: succeeded */
  "persons-in-time": (context) => {
    const emails = context.newEmails(15);
    const origin = context.job("nightly");
    return [
      purchasesRequest(emails, context, origin),
      personsRequest(emails, origin, { afterMs: 20 * MINUTE_MS }),
    ];
  },

  /** retrying, at risk; the persons come after 55 minutes, the last retry finds them: succeeded */
  "persons-late": (context) => {
    const emails = context.newEmails(6);
    const origin = context.job("nightly");
    return [
      purchasesRequest(emails, context, origin),
      personsRequest(emails, origin, { afterMs: 55 * MINUTE_MS }),
    ];
  },

  /** a dependency fails for some records: retried in silence, then succeeded */
  "transient-silent": (context) => [
    personsRequest(context.newEmails(50), context.job("nightly"), {
      directive: { transient: { share: 0.2, code: "503", attempts: 2 } },
    }),
  ],

  /** the same, but each failed attempt is reported: looks failed, then turns out succeeded */
  "transient-reported": (context) => [
    personsRequest(context.newEmails(50), context.job("nightly"), {
      directive: { transient: { share: 0.1, code: "503", reported: true } },
    }),
  ],

  /** a dependency that stays away: failed after the last retry, so partially_failed */
  "transient-final": (context) => [
    personsRequest(context.newEmails(50), context.job("backfill-90d"), {
      directive: { transient: { share: 0.1, code: "503", attempts: 99 } },
    }),
  ],

  /** overdue: some records are never heard of again */
  lost: (context) => [
    personsRequest(context.newEmails(30), context.job("nightly"), { directive: { lose: 6 } }),
  ],

  /** unconfirmed: the connection broke before the request got in */
  unconfirmed: (context) => [
    personsRequest(context.newEmails(12), context.single("crm-sync"), { directive: { connection: "reset" } }),
  ],

  /** unconfirmed until the stream shows that it got in: adopted, succeeded */
  adopted: (context) => [
    personsRequest(context.newEmails(17), context.single("crm-sync"), {
      directive: { connection: "lose-response" },
    }),
  ],

  /** known from the stream alone: somebody else submits, too */
  foreign: (context) => [
    personsRequest(context.newEmails(25), context.single("other-team"), { reported: false }),
  ],

  /** the other endpoints, all succeeded */
  others: (context) => {
    const origin = context.job("backfill-90d");
    const [first, second] = context.newEmails(2);
    return [
      plan("/companies", { input: [{ company: context.random.token(8) }] }, origin),
      plan(
        "/programmembers",
        { programs: [{ programId: 7, status: "Member", members: [{ email: first }, { email: second }] }] },
        origin,
      ),
      plan("/lists", { listId: 11, leads: [{ email: first }, { email: second }] }, origin),
    ];
  },
} satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof SCENARIOS;

export const SCENARIO_NAMES = Object.keys(SCENARIOS) as ScenarioName[];

/** A day in the life: mostly good, now and then everything else. */
export function drawScenario(context: ScenarioContext): ScenarioName {
  const ordinary = context.random.chance(0.8);
  return context.random.pick(
    ordinary ? ["persons", "persons", "web-form", "persons-again", "purchases"] : SCENARIO_NAMES,
  );
}

function some(context: ScenarioContext, most: number): number {
  return 1 + context.random.integer(most);
}
