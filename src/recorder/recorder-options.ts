/**
 * What a recorder is told, and what it does when told nothing. Wrong options are all named at once, when it is opened:
 * later, on the caller's path, nothing is complained of.
 */
import type { Backoff } from "../core/backoff.ts";
import { After202Error } from "../core/errors.ts";
import { isObject } from "../core/json.ts";
import { type CorrelationPath, headerText } from "./correlation-id.ts";
import type { IngestionHosts } from "./endpoint.ts";
import type { LinkKeySettings } from "./link-keys.ts";

export interface RecorderOptions {
  /** A directory for what waits to be delivered; several processes may share one. Made if it is not there. */
  readonly spoolDir: string;
  /** The service. Default: AFTER202_URL, else http://127.0.0.1:8202. */
  readonly url?: string | undefined;
  /** A key with the scope submit. Default: AFTER202_KEY, else none is sent. */
  readonly apiKey?: string | undefined;
  /** What correlation ids begin with; each call may say otherwise. */
  readonly correlation?: CorrelationPath | undefined;
  /** Sent as `X-Request-Source` where the caller sets none; at most 50 characters. */
  readonly requestSource?: string | undefined;
  /** To find the requests by later. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** By custom object, its field that points to a person: `{ purchases: "email" }`. */
  readonly linkFields?: Readonly<Record<string, string>> | undefined;
  /** Fields of persons that link fields name; default: those that `linkFields` has. */
  readonly personFields?: readonly string[] | undefined;
  /** Key of the digests of link values. Default: LINK_KEY_SECRET; without one no digests are sent. */
  readonly linkKeySecret?: string | undefined;
  /** Send link values as they are, not as digests. */
  readonly plainLinkKeys?: boolean | undefined;
  /**
   * Where `resolve` finds what digests stand for: in this process alone, or also in a file beside the spool, encrypted
   * under the secret. Default: memory.
   */
  readonly linkValues?: "memory" | "file" | undefined;
  /** Further hosts that serve the APIs, such as `127.0.0.1:8203` of the simulator. */
  readonly marketoHosts?: readonly string[] | undefined;
  readonly salesforceHosts?: readonly string[] | undefined;
  /** Of what this process spools; beyond it attempts are not recorded. Default 268,435,456. */
  readonly maxSpoolBytes?: number | undefined;
  /** How long more is waited for before what there is is delivered. Default 100. */
  readonly lingerMs?: number | undefined;
  /** Pauses after failures to deliver. Default from 500 ms to 30 s. */
  readonly backoff?: Backoff | undefined;
  /** Told when recording begins to fail, by its code, and with `null` when all is well again. */
  readonly onFault?: ((fault: After202Error | null) => void) | undefined;
  /** What delivers; default: the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch | undefined;
}

export interface RecorderSettings {
  readonly spoolDir: string;
  readonly url: string;
  readonly apiKey: string | undefined;
  readonly correlation: CorrelationPath;
  readonly requestSource: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly links: LinkKeySettings;
  readonly keepsLinkValues: boolean;
  readonly hosts: IngestionHosts;
  readonly maxSpoolBytes: number;
  readonly lingerMs: number;
  readonly backoff: Backoff;
  readonly onFault: (fault: After202Error | null) => void;
  readonly fetch: typeof globalThis.fetch;
}

const DEFAULT_URL = "http://127.0.0.1:8202";
const DEFAULT_SPOOL_BYTES = 268_435_456;
const DELIVERY_BACKOFF: Backoff = { baseMs: 500, capMs: 30_000 };
const MAX_LABELS = 32;
const MAX_LABEL_LENGTH = 256;
const MIN_SECRET_LENGTH = 16;

/** @throws After202Error CONFIG_INVALID, naming every fault */
export function loadRecorderSettings(
  options: RecorderOptions,
  env: Readonly<Record<string, string | undefined>> = process.env,
): RecorderSettings {
  const url = ((options.url ?? env["AFTER202_URL"]) || DEFAULT_URL).replace(/\/+$/, "");
  const secret = (options.linkKeySecret ?? env["LINK_KEY_SECRET"]) || undefined;
  const linkFields = options.linkFields ?? {};
  const keepsLinkValues = options.linkValues === "file";
  const faults = [
    ...(isWebUrl(url) ? [] : ["url: an http or https URL"]),
    ...(typeof options.spoolDir === "string" && options.spoolDir !== "" ? [] : ["spoolDir: a directory"]),
    ...(secret === undefined || secret.length >= MIN_SECRET_LENGTH
      ? []
      : [`linkKeySecret: at least ${MIN_SECRET_LENGTH} characters`]),
    ...(keepsLinkValues && secret === undefined ? ["linkValues: file needs a linkKeySecret"] : []),
    ...(isObject(linkFields) ? [] : ["linkFields: the link field of each custom object"]),
    ...labelFaults(options.labels ?? {}),
    ...positiveFaults({ maxSpoolBytes: options.maxSpoolBytes, lingerMs: options.lingerMs }),
  ];
  if (faults.length > 0) {
    throw new After202Error("CONFIG_INVALID", `The recorder's options are wrong. ${faults.join("; ")}.`);
  }
  return {
    spoolDir: options.spoolDir,
    url,
    apiKey: (options.apiKey ?? env["AFTER202_KEY"]) || undefined,
    correlation: options.correlation ?? {},
    requestSource: headerText((options.requestSource ?? "").trim().replaceAll(/\s+/g, "-")),
    labels: options.labels ?? {},
    links: {
      linkFields,
      personFields: options.personFields ?? [...new Set(Object.values(linkFields))],
      secret,
      plain: options.plainLinkKeys ?? false,
    },
    keepsLinkValues,
    hosts: { marketo: options.marketoHosts ?? [], salesforce: options.salesforceHosts ?? [] },
    maxSpoolBytes: options.maxSpoolBytes ?? DEFAULT_SPOOL_BYTES,
    lingerMs: options.lingerMs ?? 100,
    backoff: options.backoff ?? DELIVERY_BACKOFF,
    onFault: options.onFault ?? (() => undefined),
    fetch: options.fetch ?? globalThis.fetch,
  };
}

function isWebUrl(url: string): boolean {
  return URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
}

function labelFaults(labels: Readonly<Record<string, string>>): string[] {
  const entries = Object.entries(labels);
  const fits = (text: string): boolean => text.length <= MAX_LABEL_LENGTH && text.isWellFormed();
  return entries.length <= MAX_LABELS &&
    entries.every(([name, value]) => name !== "" && fits(name) && fits(value))
    ? []
    : [`labels: at most ${MAX_LABELS}, names and values of at most ${MAX_LABEL_LENGTH} characters`];
}

function positiveFaults(numbers: Readonly<Record<string, number | undefined>>): string[] {
  return Object.entries(numbers)
    .filter(([, value]) => value !== undefined && !(value >= 0 && Number.isFinite(value)))
    .map(([name]) => `${name}: a number of 0 or more`);
}
