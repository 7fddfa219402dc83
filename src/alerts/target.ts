/**
 * Where a hook may send: which URLs and which addresses, so that a hook's URL is no way into the network behind it.
 *
 * Judges only; target-agent.ts applies it to the very address that is connected. A URL may hold a secret (Slack's does):
 * no message repeats it.
 */
import { BlockList, isIP } from "node:net";
import { After202Error } from "../core/errors.ts";

/** Not globally reachable, after the IANA special-purpose registry; multicast and reserved as well. */
const CLOSED_IPV4 = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/4",
  "240.0.0.0/4",
];

/** Of IPv6 only global unicast is reachable at all; these parts of it tunnel IPv4 or are for documentation. */
const OPEN_IPV6 = ["2000::/3"];
const CLOSED_IPV6 = ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"];

/** Addresses of IPv6 that carry one of IPv4 in their last 32 bits: mapped, and translated by NAT64. */
const CARRIERS = ["::ffff:0:0/96", "64:ff9b::/96"];

const closed4 = blockListOf(CLOSED_IPV4, "ipv4");
const open6 = blockListOf(OPEN_IPV6, "ipv6");
const closed6 = blockListOf(CLOSED_IPV6, "ipv6");
const carriers = blockListOf(CARRIERS, "ipv6");

/**
 * Whether an address is in the public internet; loopback, private, link-local, unique-local, shared (CGNAT), multicast
 * and unspecified ones are not, nor what is no IP address.
 */
export function isPublicAddress(address: string): boolean {
  const bare = address.split("%", 1)[0] ?? "";
  const family = isIP(bare);
  if (family === 4) return !closed4.check(bare, "ipv4");
  if (family !== 6) return false;
  if (carriers.check(bare, "ipv6")) return isPublicAddress(carriedIpv4(bare));
  return open6.check(bare, "ipv6") && !closed6.check(bare, "ipv6");
}

export interface TargetPolicy {
  /** As settings know it, for messages. */
  readonly hook: string;
  /** Permits addresses that are not public. */
  readonly allowPrivate: boolean;
}

/**
 * The URL of a hook, checked as far as it can be without asking DNS.
 *
 * @throws After202Error CONFIG_INVALID: no URL, not http(s), or a literal address that needs a permission
 */
export function parseTarget(text: string, { hook, allowPrivate }: TargetPolicy): URL {
  if (!URL.canParse(text)) throw invalid(`The URL of the ${hook} hook is not a URL.`);
  const url = new URL(text);
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw invalid(`The URL of the ${hook} hook must begin with https:// or http://.`);
  }
  const host = bareHost(url.hostname);
  if (!allowPrivate && (isLocalName(host) || (isIP(host) !== 0 && !isPublicAddress(host)))) {
    throw invalid(`The URL of the ${hook} hook leads to a private address. ${PERMISSION}`);
  }
  return url;
}

/** What an operator does who means it. */
export const PERMISSION = "Allow private addresses for this hook (ALERT_ALLOW_PRIVATE) if that is meant.";

/** Without the brackets that a URL puts around an IPv6 address. */
export function bareHost(hostname: string): string {
  return hostname.startsWith("[") ? hostname.slice(1, -1) : hostname;
}

function isLocalName(host: string): boolean {
  const name = host.replace(/\.$/, "");
  return name === "localhost" || name.endsWith(".localhost");
}

function invalid(message: string): After202Error {
  return new After202Error("CONFIG_INVALID", message);
}

function blockListOf(subnets: readonly string[], family: "ipv4" | "ipv6"): BlockList {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [network = "", prefix] = subnet.split("/");
    list.addSubnet(network, Number(prefix), family);
  }
  return list;
}

function carriedIpv4(ipv6: string): string {
  // a URL spells every form of the address alike, in groups of hexadecimal digits
  const groups = bareHost(new URL(`http://[${ipv6}]/`).hostname)
    .split(":")
    .slice(-2);
  const [high = 0, low = 0] = groups.map((group) => Number.parseInt(group || "0", 16));
  return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}
