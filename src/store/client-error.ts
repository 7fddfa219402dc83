/**
 * What went wrong between us and ClickHouse, told apart by the one question that matters: may the same call succeed later?
 *
 * Everything that is not ClickHouse judging the statement or the data itself (network, timeouts, memory, disk, keeper,
 * grants, too many parts) is STORE_UNAVAILABLE: nothing is dropped because of it. ClickHouse's own error stays in `cause`.
 */
import { After202Error, type ErrorCode } from "../core/errors.ts";

/** An error of the store; `cause` is what the client or the engine threw. */
export class StoreError extends After202Error {
  constructor(code: ErrorCode, message: string, options: { details?: unknown; cause?: unknown } = {}) {
    super(code, message, options);
    this.name = "StoreError";
  }
}

/** ClickHouse's error types that speak of its condition, not of our statement. Source: src/Common/ErrorCodes.cpp */
const CONDITION_TYPES = new Set([
  "ABORTED",
  "ACCESS_DENIED",
  "ALL_CONNECTION_TRIES_FAILED",
  "ALL_REPLICAS_ARE_STALE",
  "ALL_REPLICAS_LOST",
  "ATTEMPT_TO_READ_AFTER_EOF",
  "AUTHENTICATION_FAILED",
  "CANNOT_ALLOCATE_MEMORY",
  "CANNOT_OPEN_FILE",
  "CANNOT_READ_FROM_FILE_DESCRIPTOR",
  "CANNOT_READ_FROM_SOCKET",
  "CANNOT_SCHEDULE_TASK",
  "CANNOT_WRITE_TO_FILE_DESCRIPTOR",
  "CANNOT_WRITE_TO_SOCKET",
  "DNS_ERROR",
  "KEEPER_EXCEPTION",
  "MEMORY_LIMIT_EXCEEDED",
  "NETWORK_ERROR",
  "NOT_ENOUGH_SPACE",
  "NO_FREE_CONNECTION",
  "NO_ZOOKEEPER",
  "POCO_EXCEPTION",
  "QUERY_WAS_CANCELLED",
  "READONLY",
  "REQUIRED_PASSWORD",
  "S3_ERROR",
  "SERVER_OVERLOADED",
  "SOCKET_TIMEOUT",
  "TABLE_IS_BEING_RESTARTED",
  "TABLE_IS_READ_ONLY",
  "TIMEOUT_EXCEEDED",
  "TOO_FEW_LIVE_REPLICAS",
  "TOO_MANY_PARTS",
  "TOO_MANY_SIMULTANEOUS_QUERIES",
  "TOO_SLOW",
  "UNFINISHED",
  "UNKNOWN_STATUS_OF_INSERT",
  "UNKNOWN_USER",
  "UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE",
  "USER_SESSION_LIMIT_EXCEEDED",
]);

/**
 * The store's error for whatever the client threw.
 *
 * @param doing what was being done, for the message: "query", "insert into facts"
 */
export function storeErrorOf(cause: unknown, doing: string): StoreError {
  if (cause instanceof StoreError) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  const details = clickhouseDetails(cause);
  if (details === undefined || CONDITION_TYPES.has(details.clickhouseType)) {
    return new StoreError("STORE_UNAVAILABLE", `ClickHouse cannot do this now: ${doing}: ${message}`, {
      cause,
      details,
    });
  }
  const text = `ClickHouse refused: ${doing}: ${details.clickhouseType}: ${message}`;
  return new StoreError("STORE_QUERY_FAILED", text, { cause, details });
}

/** Told by shape: the embedded connection throws the ClickHouseError of another copy of the client's common part. */
function clickhouseDetails(cause: unknown): { clickhouseCode: number; clickhouseType: string } | undefined {
  if (!(cause instanceof Error && "code" in cause && "type" in cause)) return undefined;
  const { code, type } = cause;
  if (typeof type !== "string" || !/^\d+$/.test(String(code))) return undefined;
  return { clickhouseCode: Number(code), clickhouseType: type };
}

/** Whether ClickHouse would have read more rows than `max_rows_to_read`. */
export function isTooManyRows(error: unknown): boolean {
  if (!(error instanceof StoreError)) return false;
  return (error.details as { clickhouseType?: string } | undefined)?.clickhouseType === "TOO_MANY_ROWS";
}
