/**
 * Store, then acknowledge: appends a batch and settles every parcel in it.
 *
 * The store away: all parcels are rejected, their sources keep them. Rows refused for good: the batch is
 * taken apart and each parcel tried alone; the one that fails alone goes whole to dead letters, so that one
 * poisonous row stops neither its neighbours nor the stream.
 */
import { After202Error } from "../core/errors.ts";
import type { Clock, FactWriter, Logger } from "../core/ports.ts";
import type { Consignment } from "./batcher.ts";
import { deadLetterOf } from "./dead-letter.ts";
import type { AppendOutcome, PipelineObserver } from "./pipeline-observer.ts";
import { countRows, joinRows, openRows, type Parcel } from "./parcel.ts";

export interface StoreStepContext {
  readonly store: Pick<FactWriter, "append">;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly observer: PipelineObserver;
  readonly deadLetterBytes: number;
  /** Called when all rows of the parcel are durable, before its sender is told. */
  onStored(parcel: Parcel): void;
}

/** Never rejects: each consignment learns its own end. */
export async function storeBatch(batch: readonly Consignment[], context: StoreStepContext): Promise<void> {
  const failure = await append(
    batch.map(({ parcel }) => parcel),
    context,
  );
  if (failure === undefined) {
    for (const consignment of batch) acknowledge(consignment, context);
  } else if (isUnavailable(failure)) {
    for (const consignment of batch) consignment.reject(unavailable(failure));
  } else if (batch.length > 1) {
    await storeOneByOne(batch, context);
  } else {
    for (const consignment of batch) await bury(consignment, failure, context);
  }
}

async function storeOneByOne(batch: readonly Consignment[], context: StoreStepContext): Promise<void> {
  let away: Error | undefined;
  for (const consignment of batch) {
    if (away !== undefined) {
      consignment.reject(away);
      continue;
    }
    const failure = await append([consignment.parcel], context);
    if (failure === undefined) acknowledge(consignment, context);
    else if (isUnavailable(failure)) consignment.reject((away = unavailable(failure)));
    else await bury(consignment, failure, context);
  }
}

/** What the store refuses alone becomes a dead letter; facts that were made here go back to their maker. */
async function bury(consignment: Consignment, failure: unknown, context: StoreStepContext): Promise<void> {
  const { parcel } = consignment;
  const error = asError(failure);
  if (parcel.origin === undefined) {
    consignment.reject(error);
    return;
  }
  const { path, source, bytes } = parcel.origin;
  const code = error instanceof After202Error ? error.code : "INTERNAL";
  const input = { code, reason: `The store refused the rows: ${error.message}`, eventId: "", body: bytes };
  const letter = deadLetterOf(input, { path, source, at: context.clock.now() }, context.deadLetterBytes);
  const rows = { ...openRows(), deadLetters: [...parcel.rows.deadLetters, letter] };
  const buried: Parcel = { ...parcel, rows, eventIds: [] };
  const secondFailure = await append([buried], context);
  if (secondFailure !== undefined) {
    consignment.reject(unavailable(secondFailure));
    return;
  }
  context.logger.error(
    { err: error, path, source, events: parcel.read },
    "rows refused by the store went to dead letters",
  );
  parcel.dead = parcel.read;
  parcel.fresh = 0;
  parcel.duplicate = 0;
  consignment.resolve();
}

function acknowledge(consignment: Consignment, context: StoreStepContext): void {
  context.onStored(consignment.parcel);
  consignment.resolve();
}

/** @returns what went wrong, or nothing */
async function append(parcels: readonly Parcel[], context: StoreStepContext): Promise<unknown> {
  const rows = joinRows(parcels);
  const bytes = parcels.reduce((sum, parcel) => sum + parcel.bytes, 0);
  const done = context.observer.appending?.(countRows(rows), bytes);
  let failure: unknown;
  try {
    await context.store.append(rows);
    for (const { code } of rows.deadLetters) context.observer.buried?.(code);
  } catch (error) {
    failure = error ?? new Error("the store rejected without a reason");
  }
  done?.(outcomeOf(failure));
  return failure;
}

function outcomeOf(failure: unknown): AppendOutcome {
  if (failure === undefined) return "stored";
  return isUnavailable(failure) ? "unavailable" : "refused";
}

function isUnavailable(failure: unknown): boolean {
  return failure instanceof After202Error && failure.retryable;
}

function unavailable(failure: unknown): After202Error {
  if (failure instanceof After202Error && failure.code === "STORE_UNAVAILABLE") return failure;
  return new After202Error(
    "STORE_UNAVAILABLE",
    `Nothing was stored, send it again: ${asError(failure).message}`,
    {
      cause: failure,
    },
  );
}

function asError(failure: unknown): Error {
  return failure instanceof Error ? failure : new Error(String(failure));
}
