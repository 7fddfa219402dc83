/**
 * The books balanced: every answer of the service against the simulator's own truth, after the storm.
 */
import { expect } from "vitest";
import { SIMULATED } from "../../src/simulator/options.ts";
import type { Simulator } from "../../src/simulator/simulator.ts";
import { serviceApi } from "../e2e/service-api.ts";
import { byRequestId, outcomeOf, outcomeOfTruth, totalsOf } from "../e2e/truth-check.ts";
import { until } from "../e2e/until.ts";

/** Whose requests nobody tells of: scenario `foreign`. */
const UNREPORTED_SOURCE = "other-team";

/**
 * Waits until the simulator is quiet and the service has read everything, then compares request by request, and
 * looks for every attempt that was reported.
 *
 * @param attempts that the submitting side has made, those included that it keeps to itself
 */
export async function expectBalance(simulator: Simulator, url: string, attempts: number): Promise<void> {
  const api = serviceApi(url);
  await until("the simulator is quiet", () => simulator.summary().idle, { timeoutMs: 40_000 });
  const truth = byRequestId(simulator.truth());
  const wanted = truth.map(outcomeOfTruth);
  // malformed events, too, may name requests: of instances that nobody has
  const list = () => api.list({ instance: SIMULATED.instance });
  const settled = async (): Promise<boolean> => {
    const all = await list();
    return all.length >= truth.length && all.every((one) => one.terminal || one.state === "unconfirmed");
  };
  // what is not equal by then is compared all the same, and shown
  await until("every request has settled", settled, { timeoutMs: 25_000, everyMs: 250 }).catch(
    () => undefined,
  );
  let outcomes: ReturnType<typeof outcomeOf>[] = [];
  const look = async (): Promise<boolean> => {
    const all = await list();
    outcomes = byRequestId(all.filter((one) => one.state !== "unconfirmed").map(outcomeOf));
    return JSON.stringify(outcomes) === JSON.stringify(wanted);
  };
  await until("the books balance", look, { timeoutMs: 5_000, everyMs: 250 }).catch(() => undefined);
  expect(outcomes).toEqual(wanted);
  const submissions = (await list()).flatMap((one) =>
    one.timeline.flatMap((entry) => entry.submissionId ?? []),
  );
  const unreported = truth.filter((row) => row.requestSource === UNREPORTED_SOURCE).length;
  expect(new Set(submissions).size).toBe(attempts - unreported);
  expect(submissions).toHaveLength(attempts - unreported);
  expect(totalsOf(outcomes)).toEqual(totalsOf(wanted));
}
