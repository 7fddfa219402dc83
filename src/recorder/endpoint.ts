/**
 * Which calls are attempts to ingest: recognised by host, method and path, told as a submission names them.
 *
 * Everything else, validation and questions about a job included, is none of the recorder's business.
 */
import type { Target } from "../core/fact.ts";

/** Hosts that are recognised without being told: Adobe's gateway; every tenant of Data Cloud. */
const MARKETO_HOST = "mkto-ingestion-api.adobe.io";
const SALESFORCE_DOMAIN = ".salesforce.com";

export interface Endpoint {
  readonly target: Target;
  /** The Munchkin id, or the tenant's host. */
  readonly instance: string;
  readonly objectType: string;
  readonly objectName?: string;
  /** Of a job: told by the body when it is created (upsert, delete) or changed (close, abort). */
  readonly operation: string;
  /** The bulk job that an upload or a change belongs to. */
  readonly jobId?: string;
  readonly body: BodyShape;
}

/** What the body holds, and where. */
export type BodyShape =
  /** JSON with an array under the first of these keys that is there; `programs[].members`: those of all programs. */
  | { readonly kind: "records"; readonly keys: readonly string[] }
  /** No body that matters: so many records, named in the address. */
  | { readonly kind: "counted"; readonly records: number }
  /** CSV with a head. */
  | { readonly kind: "rows" }
  /** A bulk job's creation or change, in JSON. */
  | { readonly kind: "job" };

export interface IngestionHosts {
  /** Further hosts that serve the Marketo Data Ingestion API, as `host` or `host:port`. */
  readonly marketo: readonly string[];
  readonly salesforce: readonly string[];
}

type MarketoPath = Pick<Endpoint, "objectType" | "operation"> & { readonly keys: readonly string[] };

const MARKETO_PATHS: Readonly<Record<string, MarketoPath>> = {
  persons: { objectType: "person", operation: "upsert", keys: ["persons"] },
  companies: { objectType: "company", operation: "upsert", keys: ["input", "companies"] },
  programmembers: {
    objectType: "programMember",
    operation: "upsert",
    keys: ["programs[].members", "input"],
  },
  "programmembers/delete": {
    objectType: "programMember",
    operation: "delete",
    keys: ["programs[].members", "input"],
  },
  lists: { objectType: "list", operation: "upsert", keys: ["leads", "input"] },
  "lists/remove": { objectType: "list", operation: "remove", keys: ["leads", "input"] },
};

const MARKETO = /^\/subscriptions\/([^/]+)\/(?:customobjects\/([^/]+)|([a-z]+(?:\/[a-z]+)?))\/?$/;
const STREAMING = /^\/api\/v1\/ingest\/sources\/[^/]+\/([^/]+)\/?$/;
const JOBS = /^\/api\/v1\/ingest\/jobs(?:\/([^/]+)(\/batches)?)?\/?$/;

/** @returns undefined for a call that ingests nothing */
export function findEndpoint(url: URL, method: string, hosts: IngestionHosts): Endpoint | undefined {
  if (isHost(url, hosts.marketo) || url.host === MARKETO_HOST) {
    const found = method === "POST" ? marketoEndpoint(url.pathname) : undefined;
    if (found !== undefined) return found;
  }
  if (isHost(url, hosts.salesforce) || url.hostname.endsWith(SALESFORCE_DOMAIN)) {
    return streamingEndpoint(url, method) ?? jobEndpoint(url, method);
  }
  return undefined;
}

function isHost(url: URL, hosts: readonly string[]): boolean {
  return hosts.some((host) => host === url.host || host === url.hostname);
}

function marketoEndpoint(pathname: string): Endpoint | undefined {
  const [, instance, apiName, path] = MARKETO.exec(pathname) ?? [];
  if (instance === undefined) return undefined;
  const base = { target: "marketo", instance: decode(instance) } as const;
  if (apiName !== undefined) {
    return {
      ...base,
      objectType: "customObject",
      objectName: decode(apiName),
      operation: "upsert",
      body: { kind: "records", keys: ["customObjects"] },
    };
  }
  const known = Object.hasOwn(MARKETO_PATHS, path ?? "") ? MARKETO_PATHS[path ?? ""] : undefined;
  if (known === undefined) return undefined;
  const { keys, ...names } = known;
  return { ...base, ...names, body: { kind: "records", keys } };
}

function streamingEndpoint(url: URL, method: string): Endpoint | undefined {
  const [, object] = STREAMING.exec(url.pathname) ?? [];
  if (object === undefined || (method !== "POST" && method !== "DELETE")) return undefined;
  const named = url.searchParams.get("ids")?.split(",").filter(Boolean).length ?? 0;
  return {
    target: "salesforce",
    instance: url.host,
    objectType: "streaming",
    objectName: decode(object),
    operation: method === "POST" ? "upsert" : "delete",
    body: named > 0 ? { kind: "counted", records: named } : { kind: "records", keys: ["data", "ids"] },
  };
}

function jobEndpoint(url: URL, method: string): Endpoint | undefined {
  const [path, id, batches] = JOBS.exec(url.pathname) ?? [];
  if (path === undefined) return undefined;
  const base = { target: "salesforce", instance: url.host, objectType: "bulk" } as const;
  if (id === undefined) {
    return method === "POST" ? { ...base, operation: "upsert", body: { kind: "job" } } : undefined;
  }
  const jobId = decode(id);
  if (batches !== undefined) {
    return method === "PUT" ? { ...base, jobId, operation: "upload", body: { kind: "rows" } } : undefined;
  }
  return method === "PATCH" ? { ...base, jobId, operation: "close", body: { kind: "job" } } : undefined;
}

/** A path's own words where they can be decoded. */
function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
