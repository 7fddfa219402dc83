/**
 * The documented error codes of the Data Ingestion API; the first three digits are the HTTP status.
 */

const ERROR_CODES = {
  "401013": "Oauth token is not valid",
  "403010": "Oauth token is missing",
  "404040": "The requested resource was not found",
  "429001": "Service usage limit reached",
  "4000801": "Bad request",
  "4000802": "Invalid data",
  "4030801": "Unauthorized",
  "4290801": "Daily quota reached",
  "5000801": "Internal server error",
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/** A refused request: answered with the code's status and `{"error_code","message"}`. */
export class Refusal extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, detail?: string) {
    super(detail === undefined ? ERROR_CODES[code] : `${ERROR_CODES[code]}: ${detail}`);
    this.name = "Refusal";
    this.code = code;
  }
}

export function statusOf(code: string): number {
  return Number(code.slice(0, 3));
}

/** The code that the service would answer with a status; 5xx all look alike. */
export function codeForStatus(status: number): ErrorCode {
  const codes: Record<number, ErrorCode> = {
    400: "4000801",
    401: "401013",
    403: "403010",
    404: "404040",
    429: "429001",
  };
  return codes[status] ?? "5000801";
}

export function isErrorCode(code: string): code is ErrorCode {
  return code in ERROR_CODES;
}
