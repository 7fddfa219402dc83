/** Missing persons in one sentence, the same in alerts and on the command line. */

export interface MissingCounts {
  readonly missing: number;
  /** Distinct link values. */
  readonly of: number;
  /** Records that wait, or were given up. */
  readonly records: number;
  /** Until the window closes, in milliseconds; 0 when it is over; null: there is none. */
  readonly leftMs: number | null;
}

/** `12 of 100 have no person yet; 23 minutes left` */
export function missingPersonsText({ missing, of, records, leftMs }: MissingCounts): string {
  return `${whoText(missing, of, records)}${leftMs === null ? "" : `; ${leftText(leftMs)}`}`;
}

/** More missing than there are records that wait: some of them are there, for longer than is remembered. */
function whoText(missing: number, of: number, records: number): string {
  const [some, all] = [missing, of].map((count) => count.toLocaleString("en-US"));
  if (missing === 0) return of === 1 ? "the person is there now" : `all ${all} have a person now`;
  if (missing <= records) return `${some} of ${all} ${missing === 1 ? "has" : "have"} no person yet`;
  const waiting = `${records.toLocaleString("en-US")} ${records === 1 ? "record waits" : "records wait"}`;
  return `${waiting}, and of ${all} persons ${some} were not seen within 8 days`;
}

function leftText(leftMs: number): string {
  if (leftMs <= 0) return "the window is closed";
  const minutes = Math.floor(leftMs / 60_000);
  if (minutes === 0) return `${countText(Math.max(1, Math.round(leftMs / 1_000)), "second")} left`;
  return `${countText(minutes, "minute")} left`;
}

function countText(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
