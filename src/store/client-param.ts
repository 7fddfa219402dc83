/**
 * Query parameters as ClickHouse's `param_*` texts: the same texts as the HTTP client sends.
 *
 * The embedded engine's own binding is not used: its parameters are one state for the whole process, so parameterised
 * queries of all connections would wait for one another. `SET param_x` belongs to the connection alone.
 */

const ESCAPES: Record<string, string> = { "\t": "\\t", "\n": "\\n", "\r": "\\r", "'": "\\'", "\\": "\\\\" };

function escapeText(text: string): string {
  return text.replace(/[\t\n\r'\\]/g, (char) => ESCAPES[char] ?? char);
}

/** A parameter's value as text; strings inside arrays and maps are quoted. */
function formatParam(value: unknown, nested = false): string {
  if (value === null || value === undefined) return nested ? "NULL" : "\\N";
  if (typeof value === "string") return nested ? `'${escapeText(value)}'` : escapeText(value);
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  if (typeof value === "boolean") return nested ? String(value).toUpperCase() : value ? "1" : "0";
  if (Array.isArray(value)) return `[${value.map((item) => formatParam(item, true)).join(",")}]`;
  if (value instanceof Date) return formatDate(value);
  if (typeof value === "object") {
    const entries = value instanceof Map ? [...value.entries()] : Object.entries(value);
    return `{${entries.map(([key, item]) => `${formatParam(key, true)}:${formatParam(item, true)}`).join(",")}}`;
  }
  throw new TypeError(`a ${typeof value} cannot be a query parameter`);
}

/** Unix seconds with milliseconds, as the HTTP client writes a Date. */
function formatDate(date: Date): string {
  const seconds = String(Math.floor(date.getTime() / 1000)).padStart(10, "0");
  const millis = date.getUTCMilliseconds();
  return millis === 0 ? seconds : `${seconds}.${String(millis).padStart(3, "0")}`;
}

/** `SET param_a = '…', …; ` to stand before a statement, or nothing. */
export function setParams(params: Record<string, unknown> | undefined): string {
  const sets = Object.entries(params ?? {}).map(([name, value]) => {
    if (!/^\w+$/.test(name)) throw new TypeError(`not a parameter name: ${JSON.stringify(name)}`);
    return `param_${name} = '${escapeText(formatParam(value))}'`;
  });
  return sets.length === 0 ? "" : `SET ${sets.join(", ")}; `;
}
