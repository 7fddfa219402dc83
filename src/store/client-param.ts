/**
 * Query parameters written into the statement, each as what ClickHouse itself makes of `{name:Type}`: a cast of its text.
 *
 * The embedded engine's own binding is not used: its parameters are one state for the whole process, so parameterised
 * queries of all connections would wait for one another. Setting them before a statement would take as long as a short one.
 */

const ESCAPES: Record<string, string> = { "\t": "\\t", "\n": "\\n", "\r": "\\r", "'": "\\'", "\\": "\\\\" };
/** `{name:Type}`, wherever it stands: statements are ours, and no text in them looks like one. */
const PLACE = /\{(\w+):([^{}]+)\}/g;

function escapeText(text: string): string {
  return text.replace(/[\t\n\r'\\]/g, (char) => ESCAPES[char] ?? char);
}

/** A parameter's value as text; strings inside arrays are quoted. */
function formatParam(value: unknown, nested = false): string {
  if (value === null || value === undefined) return "NULL";
  if (typeof value === "string") return nested ? `'${escapeText(value)}'` : value;
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  if (typeof value === "boolean") return nested ? String(value).toUpperCase() : value ? "1" : "0";
  if (Array.isArray(value)) return `[${value.map((item) => formatParam(item, true)).join(",")}]`;
  if (value instanceof Date) return formatDate(value);
  throw new TypeError(`a ${typeof value} cannot be a query parameter`);
}

/** Unix seconds with milliseconds, as the HTTP client writes a Date. */
function formatDate(date: Date): string {
  const seconds = String(Math.floor(date.getTime() / 1000)).padStart(10, "0");
  const millis = date.getUTCMilliseconds();
  return millis === 0 ? seconds : `${seconds}.${String(millis).padStart(3, "0")}`;
}

/** The statement with the values in the places of its parameters; a place without a value is left to the engine. */
export function writeParams(query: string, params: Record<string, unknown> | undefined): string {
  if (params === undefined) return query;
  return query.replace(PLACE, (place, name: string, type: string) =>
    Object.hasOwn(params, name) ? literal(params[name], type) : place,
  );
}

function literal(value: unknown, type: string): string {
  if (value === null || value === undefined) return `_CAST(NULL, '${escapeText(type)}')`;
  if (value instanceof Map) return `_CAST(${mapLiteral(value)}, '${escapeText(type)}')`;
  const text = `'${escapeText(formatParam(value))}'`;
  return type === "String" ? text : `_CAST(${text}, '${escapeText(type)}')`;
}

/** Unlike all others, a map cannot be cast from its text. */
function mapLiteral(value: ReadonlyMap<unknown, unknown>): string {
  return `map(${[...value].flatMap((pair) => pair.map((one) => formatParam(one, true))).join(", ")})`;
}
