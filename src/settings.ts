/**
 * Every setting, declared once: its name, what it may be, its default, and what it is for.
 *
 * The README's table is tested against this list. Parsers return a value, or throw a TypeError that says what is expected.
 */
import { parseDuration } from "./core/duration.ts";
import { DEFAULT_LINK_CODES, DEFAULT_TRANSIENT_CODES } from "./core/lifecycle-settings.ts";
import { RETRY_POLICIES, type RetryPolicyName } from "./core/retry-policy.ts";

export interface Setting<T> {
  parse(text: string): T;
  /** As it would be written; undefined: not set. */
  readonly preset?: string;
  /** Also read from the file that NAME_FILE names; never logged. */
  readonly secret?: true;
  readonly about: string;
}

function setting<T>(parse: (text: string) => T, about: string, preset?: string): Setting<T> {
  return preset === undefined ? { parse, about } : { parse, about, preset };
}

function secret(about: string): Setting<string> {
  return { parse: text, about, secret: true };
}

function secretHeader(about: string): Setting<string> {
  return { parse: headerValue, about, secret: true };
}

function secretUrl(about: string): Setting<string> {
  return { parse: url, about, secret: true };
}

function flag(value: string): boolean {
  if (value !== "true" && value !== "false") throw new TypeError("true or false");
  return value === "true";
}

function text(value: string): string {
  return value;
}

function integer(least: number, most: number): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (!/^\d+$/.test(value) || number < least || number > most) {
      throw new TypeError(`a whole number from ${least} to ${most}`);
    }
    return number;
  };
}

function oneOf<const T extends string>(...values: readonly T[]): (value: string) => T {
  return (value) => {
    const found = values.find((one) => one === value);
    if (found === undefined) throw new TypeError(`one of ${values.join(", ")}`);
    return found;
  };
}

function codes(value: string): readonly string[] {
  const list = value.split(",").map((code) => code.trim());
  if (list.some((code) => code === "")) throw new TypeError("codes, separated by commas");
  return list;
}

function duration(value: string): number {
  const ms = parseDuration(value);
  if (ms === undefined) throw new TypeError("a duration such as 15m, 90s or PT1H");
  return ms;
}

function url(value: string): string {
  const parsed = URL.canParse(value) ? new URL(value) : undefined;
  if (parsed?.protocol !== "http:" && parsed?.protocol !== "https:") {
    throw new TypeError("an http or https URL");
  }
  return value;
}

/** What paths are put behind. */
function baseUrl(value: string): string {
  return url(value).replace(/\/+$/, "");
}

function streamUrl(...schemes: readonly string[]): (value: string) => string {
  return (value) => {
    const parsed = URL.canParse(value) ? new URL(value) : undefined;
    if (parsed === undefined || !schemes.includes(parsed.protocol.slice(0, -1))) {
      throw new TypeError(`a URL with ${schemes.join(" or ")}`);
    }
    if (parsed.username !== "" || parsed.password !== "") {
      throw new TypeError("a URL without credentials: they have a setting of their own");
    }
    return value;
  };
}

function headerValue(value: string): string {
  if (!/^[\x21-\x7e]+( +[\x21-\x7e]+)*$/.test(value))
    throw new TypeError("the value of a header: one line of ASCII");
  return value;
}

function origin(value: string): string {
  if (new URL(url(value)).pathname !== "/") throw new TypeError("an origin: scheme and host, no path");
  return new URL(value).origin;
}

function speed(value: string): number {
  const number = Number(value);
  if (!(number >= 0.01 && number <= 10_000)) throw new TypeError("a number from 0.01 to 10000");
  return number;
}

function share(value: string): number {
  const number = Number(value);
  if (value.trim() === "" || !(number >= 0 && number <= 1)) throw new TypeError("a number from 0 to 1");
  return number;
}

/** As OpenTelemetry writes them: `name=value,name=value`, values percent-encoded where need be. */
function headers(value: string): Readonly<Record<string, string>> {
  const pairs = value.split(",").map((pair) => /^\s*([\w!#$%&'*+.^`|~-]+)\s*=(.*)$/.exec(pair));
  const found = pairs.flatMap((pair) =>
    pair === null ? [] : [[pair[1] ?? "", decoded(pair[2] ?? "")] as const],
  );
  if (found.length < pairs.length) throw new TypeError("name=value, several separated by commas");
  return Object.fromEntries(found.map(([header, content]) => [header, headerValue(content.trim())]));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function name(value: string): string {
  if (!/^[A-Za-z_]\w{0,62}$/.test(value)) throw new TypeError("letters, digits and underscores");
  return value;
}

export const SETTINGS = {
  PORT: setting(integer(0, 65_535), "Port to listen on; 0 takes a free one.", "8202"),
  HOST: setting(text, "Address to listen on.", "127.0.0.1"),
  PUBLIC_URL: setting(
    baseUrl,
    "Where people reach this service: what the links in alerts begin with; without it the address it listens on.",
  ),
  LOG_LEVEL: setting(
    oneOf("debug", "info", "warn", "error", "silent"),
    "Least severity that is logged.",
    "info",
  ),
  DATA_DIR: setting(text, "Directory of the embedded store; one process at a time.", "./data"),
  CLICKHOUSE_URL: setting(url, "ClickHouse server over HTTP, in place of the embedded store."),
  CLICKHOUSE_USER: setting(text, "User on that server.", "default"),
  CLICKHOUSE_PASSWORD: secret("Its password."),
  CLICKHOUSE_DATABASE: setting(name, "Database, created when missing.", "after202"),
  CLICKHOUSE_CLUSTER: setting(name, "Cluster on which tables are replicated and sharded."),
  RETENTION_DAYS: setting(integer(1, 3_650), "How long facts are kept.", "400"),
  RAW_RETENTION_DAYS: setting(integer(1, 3_650), "How long raw events are kept for replay.", "30"),
  RAW_EVENTS: setting(
    oneOf("on", "off"),
    "Keep the bodies of raw events; off saves disk, but nothing can be reprocessed.",
    "on",
  ),
  RETRY_POLICY: setting(
    oneOf(...(Object.keys(RETRY_POLICIES) as RetryPolicyName[])),
    "When Marketo retries: marketo-2023 after 5, 35, 65 minutes; marketo-2026 after 5, 20, 40, 60, 180, 360.",
    "marketo-2023",
  ),
  RETRY_SPEED: setting(speed, "How many times faster than real the upstream's retries run (simulator).", "1"),
  LINK_FAILURE_CODES: setting(
    codes,
    "Failure codes that mean: nobody behind the link field.",
    DEFAULT_LINK_CODES.join(","),
  ),
  TRANSIENT_CODES: setting(
    codes,
    "Failure codes that the service retries.",
    DEFAULT_TRANSIENT_CODES.join(","),
  ),
  AT_RISK_LEAD: setting(duration, "How long before the last retry a request counts as at risk.", "15m"),
  GRACE: setting(duration, "How long after the last retry a result may still be under way.", "5m"),
  ADOBE_JOURNAL_URL: setting(url, "Journaling endpoint of the event registration."),
  ADOBE_CLIENT_ID: setting(text, "Client id (API key) of the Adobe Developer Console project."),
  ADOBE_CLIENT_SECRET: secret("Its client secret."),
  ADOBE_ORG_ID: setting(text, "IMS organisation id, ends in @AdobeOrg."),
  ADOBE_IMS_URL: setting(url, "Where access tokens are issued.", "https://ims-na1.adobelogin.com"),
  ADOBE_SCOPES: setting(text, "Scopes of the token, separated by commas.", "openid,AdobeID,adobeio_api"),
  ADOBE_WEBHOOK: setting(oneOf("on", "off"), "Take events at /v1/events/adobe, signatures verified.", "off"),
  ADOBE_PUBLIC_KEY_ORIGIN: setting(
    origin,
    "Where the keys of the signatures lie.",
    "https://static.adobeioevents.com",
  ),
  SSE_URL: setting(streamUrl("http", "https"), "A relay's stream of Server-Sent Events, followed for ever."),
  SSE_AUTHORIZATION: secretHeader("Value of the Authorization header for it."),
  WEBSOCKET_URL: setting(streamUrl("ws", "wss"), "A relay's WebSocket, followed for ever."),
  WEBSOCKET_AUTHORIZATION: secretHeader("Value of the Authorization header for it."),
  WEBSOCKET_ACKS: setting(
    oneOf("on", "off"),
    "Answer each event with its id over the WebSocket once it is stored.",
    "off",
  ),
  SALESFORCE_LOGIN_URL: setting(
    origin,
    "Where Salesforce issues tokens; for a sandbox https://test.salesforce.com.",
    "https://login.salesforce.com",
  ),
  SALESFORCE_CLIENT_ID: setting(text, "Consumer key of the connected app that may use Data Cloud."),
  SALESFORCE_PRIVATE_KEY: secret("Its private key: PEM, RSA."),
  SALESFORCE_USERNAME: setting(text, "The user in whose name it logs in."),
  SALESFORCE_ACCESS_TOKEN: secret("A core token, in place of the three; somebody else keeps it fresh."),
  SALESFORCE_ORG_URL: setting(
    origin,
    "The org (My Domain), where the core token is exchanged for one of Data Cloud; needed with a ready token.",
  ),
  SALESFORCE_JOBS: setting(
    oneOf("reported", "all"),
    "Bulk jobs that are watched: those reported to after202, or all of the tenant.",
    "reported",
  ),
  ALERT_WEBHOOK_URL: setting(url, "Hook: signed webhook (Standard Webhooks)."),
  ALERT_WEBHOOK_SECRET: secret("Its signing secret: whsec_ and base64."),
  SLACK_WEBHOOK_URL: secretUrl("Hook: Slack incoming webhook."),
  ALERTMANAGER_URL: setting(url, "Hook: Prometheus Alertmanager, v2 API."),
  PAGERDUTY_ROUTING_KEY: secret("Hook: PagerDuty Events v2 integration key."),
  ALERT_ALLOW_PRIVATE: setting(flag, "Hooks may point at private and loopback addresses.", "false"),
  OTEL_EXPORTER_OTLP_ENDPOINT: setting(
    url,
    "Settled requests go as traces to this OpenTelemetry collector, over OTLP/HTTP in JSON; its path is followed by /v1/traces.",
  ),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: setting(url, "The same with the whole path; it goes before the other."),
  OTEL_EXPORTER_OTLP_HEADERS: {
    parse: headers,
    about: "Headers for the collector: name=value, several separated by commas.",
    secret: true,
  } as Setting<Readonly<Record<string, string>>>,
  OTEL_SERVICE_NAME: setting(text, "The name under which traces appear.", "after202"),
  OTEL_TRACES_SAMPLER_ARG: setting(share, "The share of requests that become traces, from 0 to 1.", "1"),
  API_AUTH: setting(oneOf("keys", "off"), "keys, or off (on a loopback HOST only).", "keys"),
  API_ADMIN_KEY: secret("A key with every scope, at least 16 characters, beside those of `keys create`."),
  API_READ_KEY: secret(
    "A key with the scope read, at least 16 characters: for Prometheus, who has to get in while the store is away, too.",
  ),
} as const satisfies Record<string, Setting<unknown>>;

export type SettingName = keyof typeof SETTINGS;
export type SettingValue<N extends SettingName> = ReturnType<(typeof SETTINGS)[N]["parse"]>;

/** Read by the recorder and by the commands that ask a running service, not by the service. */
export const CLIENT_SETTINGS: readonly string[] = [
  "AFTER202_URL",
  "AFTER202_KEY",
  "AFTER202_KEY_FILE",
  "AFTER202_CONFIG",
  "LINK_KEY_SECRET",
];
