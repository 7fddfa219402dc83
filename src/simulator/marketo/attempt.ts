/**
 * One attempt at one record: what the service does with it now.
 *
 * The database answers whether the record is new and whether its person is there; the record's fate may forbid it.
 */
import type { CustomObjectSettings } from "../options.ts";
import { valueOf, type Database, type Stored } from "./database.ts";
import type { Fate } from "./behaviour.ts";
import type { Endpoint, RecordBody } from "./endpoints.ts";

/** Everything about a request that an attempt at a record needs. */
export interface AttemptTarget {
  readonly endpoint: Endpoint;
  readonly objectName: string | null;
  readonly object: CustomObjectSettings | null;
  readonly dedupeFields: readonly string[];
}

export type AttemptResult =
  | "created"
  | "updated"
  | "lost"
  | { readonly failed: string }
  /** To be retried by the service. */
  | { readonly waitsFor: "person" }
  | { readonly waitsFor: "recovery"; readonly code: string; readonly reported: boolean };

const SEVERAL_MATCH = "1007";

const IDENTITY_FIELDS = {
  customObject: ["id"],
  company: ["id", "externalCompanyId", "company"],
  programMember: ["programId", "leadId", "id", "email"],
  list: ["listId", "leadId", "id", "email"],
};

/** @param failedAttempts attempts at this record that have failed before */
export function attemptRecord(
  record: RecordBody,
  fate: Fate | undefined,
  failedAttempts: number,
  target: AttemptTarget,
  database: Database,
): AttemptResult {
  if (fate?.kind === "lose") return "lost";
  if (fate?.kind === "fail") return { failed: fate.code };
  if (fate?.kind === "transient" && failedAttempts < fate.attempts) {
    return { waitsFor: "recovery", code: fate.code, reported: fate.reported };
  }
  const link = linkValue(record, target.object);
  if (link !== undefined && target.object !== null) {
    const persons = database.personsBy(target.object.linkField, link);
    if (persons === 0) return { waitsFor: "person" };
    if (persons > 1) return { failed: SEVERAL_MATCH };
  }
  const stored = storeRecord(record, target, database);
  return typeof stored === "string" ? stored : { failed: stored.code };
}

/** The value by which a custom object names its person; undefined if it names none. */
export function linkValue(record: RecordBody, object: CustomObjectSettings | null): string | undefined {
  return object === null ? undefined : valueOf(record, object.linkField);
}

function storeRecord(record: RecordBody, target: AttemptTarget, database: Database): Stored {
  const { objectType, operation } = target.endpoint;
  if (objectType === "person") return database.upsertPerson(record, target.dedupeFields);
  const kind = `${objectType}/${target.objectName ?? ""}`;
  const identityFields = target.object?.dedupeFields ?? IDENTITY_FIELDS[objectType];
  return operation === "upsert"
    ? database.upsert(kind, record, identityFields)
    : database.remove(kind, record, identityFields);
}
