/**
 * Where Salesforce says that an org or a tenant is: a name that comes from outside, with or without its scheme.
 *
 * Credentials go there, so only Salesforce's own domains are accepted, over https; loopback only for who logs in there.
 */

const DOMAINS = [".salesforce.com", ".force.com", ".salesforce.mil"];

/**
 * @param told `instance_url` of an answer
 * @throws Error when credentials must not go there
 */
export function instanceOrigin(told: unknown, allowLoopback: boolean): string {
  const text = typeof told === "string" ? told.trim() : "";
  const scheme = /^[a-z]+:\/\//i.test(text)
    ? ""
    : allowLoopback && isLoopbackUrl(`http://${text}`)
      ? "http://"
      : "https://";
  const url = URL.canParse(scheme + text) ? new URL(scheme + text) : undefined;
  const isOwn = url?.protocol === "https:" && DOMAINS.some((domain) => url.hostname.endsWith(domain));
  const isLocal = allowLoopback && url !== undefined && isLoopbackUrl(url.href);
  if (url === undefined || !(isOwn || isLocal) || url.username !== "" || url.password !== "") {
    throw new Error(`the instance_url ${JSON.stringify(text.slice(0, 100))} is none of Salesforce's`);
  }
  return url.origin;
}

export function isLoopbackUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  const isHttp = protocol === "http:" || protocol === "https:";
  return isHttp && (hostname === "localhost" || hostname === "[::1]" || /^127(\.\d+){3}$/.test(hostname));
}
