/**
 * A ClickHouse HTTP request as one statement for the embedded engine.
 *
 * As in ClickHouse: what is in the URL besides the known names is a setting; the body follows the `query` of the URL.
 */
import type { IncomingHttpHeaders } from "node:http";
import { gunzipSync } from "node:zlib";

/** Names in the URL that are no settings, or settings of the HTTP layer, which the embedded engine does not have. */
const NOT_SETTINGS = new Set(
  (
    "query database default_format query_id session_id session_check session_timeout role user password compress " +
    "decompress buffer_size wait_end_of_query http_response_buffer_size enable_http_compression " +
    "http_zlib_compression_level send_progress_in_http_headers"
  ).split(" "),
);

export interface Statement {
  /** `USE` and `SET` for this request alone: they belong into a session of its own. */
  readonly preamble: readonly string[];
  readonly text: string;
  readonly format: string;
  /** Rows that are no text: the engine takes them from a file. */
  readonly rows?: Buffer;
  readonly queryId: string | undefined;
}

/** @throws Error when the request carries no query */
export function decodeStatement(url: URL, headers: IncomingHttpHeaders, rawBody: Buffer): Statement {
  const fields = new URLSearchParams(url.searchParams);
  const bytes = headers["content-encoding"] === "gzip" ? gunzipSync(rawBody) : rawBody;
  const format = fields.get("default_format") ?? "TabSeparated";
  const query = fields.get("query") ?? "";
  const preamble = preambleOf(fields);
  const queryId = fields.get("query_id") ?? undefined;
  if (query.endsWith("FORMAT RowBinary")) return { preamble, text: query, format, rows: bytes, queryId };
  let body = bytes.toString("utf8");
  const boundary = /multipart\/form-data;.*boundary=([^;]+)/.exec(headers["content-type"] ?? "")?.[1];
  if (boundary !== undefined) {
    for (const [name, value] of formParts(body, boundary)) fields.set(name, value);
    body = "";
  }
  const text = [fields.get("query") ?? "", body].filter((part) => part !== "").join("\n");
  if (text.trim() === "") throw new Error("Code: 62. DB::Exception: Empty query. (SYNTAX_ERROR)");
  return { preamble: preambleOf(fields), text, format, queryId };
}

function preambleOf(fields: URLSearchParams): string[] {
  const database = fields.get("database");
  const statements = database === null ? [] : [`USE ${database}`];
  for (const [name, value] of fields) {
    if (!NOT_SETTINGS.has(name)) statements.push(`SET ${name} = '${value.replace(/['\\]/g, "\\$&")}'`);
  }
  return statements;
}

function formParts(body: string, boundary: string): [string, string][] {
  return body
    .split(`--${boundary}`)
    .map((part) => /name="([^"]+)"[^]*?\r\n\r\n([^]*)\r\n$/.exec(part))
    .filter((match) => match !== null)
    .map((match) => [match[1] ?? "", match[2] ?? ""]);
}
