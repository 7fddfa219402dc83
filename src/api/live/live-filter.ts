/** Which lifecycles a follower wants: the filters of the list, asked of one. */
import type { Lifecycle } from "../../core/lifecycle.ts";
import type { RequestFilter } from "../../core/ports.ts";

export type LiveFilter = Omit<RequestFilter, "since" | "until">;

export function fitsFilter(one: Lifecycle, filter: LiveFilter): boolean {
  return (Object.entries(filter) as [keyof LiveFilter, unknown][]).every(
    ([name, wanted]) => wanted === undefined || one[name] === wanted,
  );
}
