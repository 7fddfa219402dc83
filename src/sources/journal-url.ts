/**
 * URLs of a journal: where to begin, and which links may be followed with credentials in hand.
 */

/** Where to begin when there is no cursor. */
export type JournalStart =
  | { readonly at: "oldest" }
  | { readonly at: "latest" }
  /** `back`: ISO 8601 duration (`PT2H`), counted back from now. */
  | { readonly at: "seek"; readonly back: string };

/** The journal from its oldest event; a `limit` in the configured URL stays. */
export function oldestUrl(journal: string): URL {
  const url = new URL(journal);
  for (const name of ["since", "seek", "latest"]) url.searchParams.delete(name);
  return url;
}

export function startingUrl(journal: string, start: JournalStart): URL {
  const url = oldestUrl(journal);
  if (start.at === "latest") url.searchParams.set("latest", "true");
  if (start.at === "seek") url.searchParams.set("seek", `-${start.back.replace(/^-/, "")}`);
  return url;
}

/**
 * Whether credentials may go where a link points: to the origin that gave the link, or to Adobe over https.
 */
export function mayFollow(from: URL, to: URL): boolean {
  if (to.username !== "" || to.password !== "") return false;
  if (to.origin === from.origin) return true;
  return to.protocol === "https:" && (to.hostname.endsWith(".adobe.io") || to.hostname === from.hostname);
}

/**
 * Whether a saved cursor belongs to the journal: same host (or Adobe's), same registration. The last segment of the
 * path is the registration's id; what stands before it changes between a journal and its own links.
 */
export function belongsToJournal(cursor: string, journal: string): boolean {
  if (!URL.canParse(cursor)) return false;
  const saved = new URL(cursor);
  const own = new URL(journal);
  return mayFollow(own, saved) && registrationOf(saved) === registrationOf(own);
}

function registrationOf(url: URL): string {
  return url.pathname.replace(/\/+$/, "").split("/").at(-1) ?? "";
}
