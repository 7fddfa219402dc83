/**
 * A bulk job as Data Cloud describes it, read leniently: `state` or `states`, times with any offset, fields that nobody knows.
 */
import { DECODER_VERSION, type JobFact, jobFactId, type JobState, T0_RANK } from "../core/fact.ts";
import { isObject } from "../core/json.ts";
import { JOB_STATES } from "../core/job.ts";

/** What is read of it; times are epoch milliseconds. */
export interface SeenJob {
  readonly id: string;
  readonly state: JobState;
  readonly retries: number;
  readonly object: string;
  readonly sourceName: string;
  readonly operation: string;
  readonly createdAt: number | undefined;
  /** When it came into this state. */
  readonly changedAt: number | undefined;
}

const LONGEST_NAME = 255;

/** @returns undefined where there is no id or no known state */
export function parseJob(json: unknown): SeenJob | undefined {
  if (!isObject(json)) return undefined;
  const told = nameOf(json["state"]) || nameOf(json["states"]);
  const state = JOB_STATES.find((one) => one.toLowerCase() === told.toLowerCase());
  const id = nameOf(json["id"]);
  if (state === undefined || id === "") return undefined;
  return {
    id,
    state,
    retries: countOf(json["retries"]),
    object: nameOf(json["object"]),
    sourceName: nameOf(json["sourceName"]),
    operation: nameOf(json["operation"]).toLowerCase(),
    createdAt: timeOf(json["createdDate"]),
    changedAt: timeOf(json["systemModstamp"]),
  };
}

/** What of a job is known beside the answer: where it is, and when it began if the answer does not say. */
export interface JobContext {
  readonly instance: string;
  readonly t0: number | undefined;
  /** Now, epoch milliseconds: for what the answer does not date. */
  readonly now: number;
}

/** The state as a fact. Its identity holds all that the answer says, so that a restart makes the same fact of the same answer. */
export function jobFact(job: SeenJob, { instance, t0, now }: JobContext): JobFact {
  const opened = job.state === "Open" ? job.createdAt : undefined;
  const at = opened ?? job.changedAt ?? now;
  return {
    kind: "job",
    requestId: job.id,
    factId: jobFactId(job.id, job.state, `${at}\n${job.retries}`),
    version: DECODER_VERSION,
    at,
    t0: job.createdAt ?? t0 ?? at,
    t0Rank: job.createdAt === undefined ? T0_RANK.submittedAt : T0_RANK.serverTime,
    target: "salesforce",
    instance,
    objectType: "bulk",
    objectName: job.object,
    operation: job.operation,
    priority: "",
    clientId: "",
    correlationId: "",
    requestSource: job.sourceName.slice(0, 50),
    jobState: job.state,
    retries: job.retries,
  };
}

/** That the service knows the job no longer. */
export function goneFact(id: string, { instance, t0, now }: JobContext): JobFact {
  const unknown = { object: "", sourceName: "", operation: "", createdAt: undefined, changedAt: now };
  const fact = jobFact({ id, state: "Open", retries: 0, ...unknown }, { instance, t0, now });
  return { ...fact, factId: jobFactId(id, "Gone", String(now)), at: now, jobState: "Gone" };
}

function nameOf(value: unknown): string {
  return typeof value === "string" ? value.slice(0, LONGEST_NAME) : "";
}

function countOf(value: unknown): number {
  const number = Number(value);
  return Number.isSafeInteger(number) && number > 0 ? Math.min(number, 1_000_000) : 0;
}

/** RFC 3339, also with an offset in the form +0000, or epoch milliseconds. */
function timeOf(value: unknown): number | undefined {
  const ms =
    typeof value === "number"
      ? value
      : Date.parse(typeof value === "string" ? value.replace(/([+-]\d\d)(\d\d)$/, "$1:$2") : "");
  return Number.isFinite(ms) && ms > EARLIEST_MS && ms < LATEST_MS ? Math.trunc(ms) : undefined;
}

const EARLIEST_MS = Date.UTC(2000, 0, 1);
const LATEST_MS = Date.UTC(2100, 0, 1);
