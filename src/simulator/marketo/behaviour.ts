/**
 * What shall become of a request and of each of its records, decided when it is accepted.
 *
 * Directives win over the simulator's settings; what is left to chance is drawn from the request's own sequence.
 */
import {
  recordDirective,
  requestDirective,
  type LinkFailureMode,
  type TransientDirective,
} from "../directives.ts";
import type { MarketoSettings, ResultsSettings } from "../options.ts";
import type { Random } from "../random.ts";
import type { RecordBody } from "./endpoints.ts";

export interface Behaviour {
  readonly delayMs: number;
  readonly chunkIntervalMs: number;
  readonly chunkRecords: number;
  readonly link: LinkFailureMode;
  readonly linkEarly: boolean;
  readonly received: ResultsSettings["received"];
  readonly drop: boolean;
  readonly duplicate: boolean;
}

/** What is decided about one record beforehand; a record without a fate depends on the database alone. */
export type Fate =
  | { readonly kind: "fail"; readonly code: string }
  | { readonly kind: "lose" }
  | {
      readonly kind: "transient";
      readonly code: string;
      readonly attempts: number;
      readonly reported: boolean;
    };

export function behaviourOf(
  body: RecordBody,
  settings: MarketoSettings,
  results: ResultsSettings,
  random: Random,
): Behaviour {
  const directive = requestDirective(body);
  const jitter = 0.5 + random.next();
  return {
    delayMs: directive.delayMs ?? settings.delayMs * jitter,
    chunkIntervalMs: directive.chunkIntervalMs ?? settings.chunkIntervalMs,
    chunkRecords: directive.chunkRecords ?? settings.chunkRecords,
    link: directive.link ?? settings.linkFailure,
    linkEarly: directive.linkEarly ?? settings.linkFailureEarly,
    received: directive.received ?? results.received,
    drop: directive.drop ?? false,
    duplicate: directive.duplicate ?? false,
  };
}

/** The fate of each record, in the records' order. */
export function fatesOf(
  body: RecordBody,
  records: readonly RecordBody[],
  settings: MarketoSettings,
  random: Random,
): (Fate | undefined)[] {
  const directive = requestDirective(body);
  const transient = transientFate(directive.transient, settings, random);
  const transientRecords = Math.round((directive.transient?.share ?? 1) * records.length);
  const reportedAtRandom = random.chance(settings.transientReportedRate);
  const codes = Object.entries(directive.fail ?? {}).flatMap(([code, records]) =>
    Array.from({ length: records }, () => code),
  );
  const lose = directive.lose ?? 0;

  return records.map((record, index) => {
    const own = recordDirective(record);
    if (own.fail !== undefined) return { kind: "fail", code: own.fail };
    if (own.lose === true) return { kind: "lose" };
    if (own.transient !== undefined) return transientFate(own.transient, settings, random);
    if (index < lose) return { kind: "lose" };
    const code = codes[index - lose];
    if (code !== undefined) return { kind: "fail", code };
    if (transient !== undefined && index >= records.length - transientRecords) return transient;
    if (random.chance(settings.failureRate))
      return { kind: "fail", code: random.pick(settings.failureCodes) };
    if (random.chance(settings.transientRate)) {
      return transientFate({ reported: reportedAtRandom }, settings, random);
    }
    return undefined;
  });
}

function transientFate(
  directive: TransientDirective | undefined,
  settings: MarketoSettings,
  random: Random,
): Extract<Fate, { kind: "transient" }> | undefined {
  if (directive === undefined) return undefined;
  return {
    kind: "transient",
    code: directive.code ?? random.pick(settings.transientCodes),
    attempts: directive.attempts ?? 1,
    reported: directive.reported ?? false,
  };
}
