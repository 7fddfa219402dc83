/**
 * The endpoint of an address, remembered: programs call few of them, many times, and reading an address anew costs as much
 * as all the rest that is done on the caller's path.
 */
import { type Endpoint, findEndpoint, type IngestionHosts } from "./endpoint.ts";

const REMEMBERED = 256;
const LONGEST = 512;

export interface EndpointFinder {
  /** @throws TypeError when the address is none */
  find(url: string | URL, method: string): Endpoint | undefined;
}

export function createEndpointFinder(hosts: IngestionHosts): EndpointFinder {
  let known = new Map<string, Endpoint | undefined>();
  return {
    find(url, method) {
      const address = String(url);
      const key = `${method} ${address}`;
      if (known.has(key)) return known.get(key);
      const found = findEndpoint(new URL(address), method.toUpperCase(), hosts);
      if (key.length > LONGEST) return found;
      if (known.size >= REMEMBERED) known = new Map();
      known.set(key, found);
      return found;
    },
  };
}
