/**
 * Where a stream of Server-Sent Events stands, as the store keeps it: the stream's address and the last event's id.
 *
 * The address is kept without its query, which may hold credentials.
 */
const LONGEST_ID = 1_024;

/** @returns undefined for an id that cannot be sent back in a header */
export function positionOf(url: string, id: string): string | undefined {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (id === "" || id.length > LONGEST_ID || /[\u0000-\u001f\u007f]/.test(id)) return undefined;
  return `${addressOf(url)}#${encodeURIComponent(id)}`;
}

/** The id to resume from; empty where the position is of another stream. */
export function resumeId(position: string, url: string): string {
  const [address, id = ""] = position.split("#");
  if (address !== addressOf(url)) return "";
  try {
    return decodeURIComponent(id);
  } catch {
    return "";
  }
}

function addressOf(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}
