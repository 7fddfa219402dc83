/**
 * Conditions that many queries share, in the words of the ClickHouse plugin's macros and of the variables.
 */

/** The variable's value when all are meant: no instance has this name. */
export const ALL = "'*'";

/** A column is among the values of a variable, or all are meant. */
export function among(column: string, variable: string): string {
  const values = `\${${variable}:singlequote}`;
  return `(${ALL} IN (${values}) OR ${column} IN (${values}))`;
}

/** The hours of the range, the first one as a whole: for the hourly roll-up. */
export const HOURS = "hour >= toStartOfHour(toDateTime($__fromTime, 'UTC')) AND hour <= $__toTime";

/** Of the hourly roll-up, or of what has these columns. */
export const OF_KIND = `${among("instance", "instance")} AND ${among("object_type", "object_type")}`;

const FROM = "toTimeZone($__fromTime_ms, 'UTC')";
const TO = "toTimeZone($__toTime_ms, 'UTC')";
const NOW = "now64(3, 'UTC')";

/** What is folded when a panel is drawn is bounded, whatever the range. */
const FOLDED_HOURS = 2;

/** The fold of the range, at most of its last hours. */
export const RECENT_LIFECYCLES = `lifecycles(since = greatest(${FROM}, ${TO} - INTERVAL ${FOLDED_HOURS} HOUR), until = ${TO}, now = ${NOW})`;

/** The fold of those whose link window of 65 minutes may still be open, whatever the range. */
export const WAITING_LIFECYCLES = `lifecycles(since = ${NOW} - INTERVAL 80 MINUTE, until = ${NOW}, now = ${NOW})`;

/** Counts by the minute, of the panel's own range. */
export const TRAFFIC = `traffic(since = ${FROM}, until = ${TO}, now = ${NOW})`;

/** The fold of what began between two times, given as scalar queries. */
export function lifecyclesBetween(since: string, until: string): string {
  return `lifecycles(since = ${since}, until = ${until}, now = ${NOW})`;
}
