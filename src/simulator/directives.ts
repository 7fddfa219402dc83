/**
 * Directives: how a submitter tells the simulator what shall become of a request, over the wire and only there.
 *
 * A request body may carry a top-level `"_simulate": {…}` beside its documented keys (RequestDirective), and any
 * record may carry its own `"_simulate": {…}` (RecordDirective), which wins for that record. The real service knows
 * neither. Without directives the simulator's settings and its state (is the person there?) decide.
 */

export type LinkFailureMode = "reported" | "silent";

/** A transient failure: the record fails in its first attempts and is retried by the service. */
export interface TransientDirective {
  /** Share of the request's records, 0 to 1; default 1. */
  share?: number;
  /** Default: one of the configured transient codes. */
  code?: string;
  /** Attempts that fail; default 1. More than the policy has retries: the failure is final, and reported. */
  attempts?: number;
  /** Whether each failed attempt is reported by an event; default false: the service retries in silence. */
  reported?: boolean;
}

export interface RequestDirective {
  /** Refuse the request with this documented error code, such as "4290801". */
  reject?: string;
  /** `reset`: the connection breaks and the request never got in. `lose-response`: it got in, the answer is lost. */
  connection?: "reset" | "lose-response";
  /** Simulated milliseconds until the first chunk is processed, and between chunks. */
  delayMs?: number;
  chunkIntervalMs?: number;
  chunkRecords?: number;
  /** How records end whose person does not appear in the link window. */
  link?: LinkFailureMode;
  /** Also report the link failure at the first attempt, while the window is open. */
  linkEarly?: boolean;
  transient?: TransientDirective;
  /** Permanent failures: so many records (taken in order) fail with that code. */
  fail?: Record<string, number>;
  /** So many records (taken in order, before `fail`) are given up without a word. */
  lose?: number;
  /** Keep all results events of this request from being delivered, as the drop fault does. */
  drop?: boolean;
  /** Deliver every results event that holds this request twice. */
  duplicate?: boolean;
  received?: "total" | "chunk";
}

export interface RecordDirective {
  fail?: string;
  lose?: boolean;
  transient?: TransientDirective;
}

const KEY = "_simulate";

/** The directive of a request body; anything that is not an object counts as none. */
export function requestDirective(body: Readonly<Record<string, unknown>>): RequestDirective {
  return objectAt(body);
}

/** The directive of one record. */
export function recordDirective(record: Readonly<Record<string, unknown>>): RecordDirective {
  return objectAt(record);
}

function objectAt(holder: Readonly<Record<string, unknown>>): object {
  const value = holder[KEY];
  return typeof value === "object" && value !== null ? value : {};
}

/** A body or record that carries a directive. */
export function withDirective<T extends object>(holder: T, directive: object | undefined): T {
  return directive === undefined ? holder : { ...holder, [KEY]: directive };
}

/** A record as the service stores it. */
export function withoutDirective(record: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { [KEY]: _directive, ...rest } = record;
  return rest;
}
