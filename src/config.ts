/**
 * Configuration: one pure function from environment and YAML file to a Config, or to all problems at once.
 *
 * The environment wins over the file. In the file `${VAR}` stands for a variable of the environment.
 */
import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { parse as parseYaml } from "yaml";
import { type AlertConfig, readAlerts } from "./alert-config.ts";
import { parseDuration } from "./core/duration.ts";
import { After202Error } from "./core/errors.ts";
import { isObject } from "./core/json.ts";
import {
  type LifecycleOptions,
  lifecycleSettings,
  type SettingsByInstance,
} from "./core/lifecycle-settings.ts";
import { RETRY_POLICIES, type RetryPolicyName } from "./core/retry-policy.ts";
import { readRelays, RELAY_NAMES, type RelaysConfig } from "./relay-config.ts";
import { readSalesforce, type SalesforceConfig } from "./salesforce-config.ts";
import { CLIENT_SETTINGS, type SettingName, SETTINGS, type SettingValue } from "./settings.ts";

export const ROLES = ["ingest", "api", "alerts"] as const;
export type Role = (typeof ROLES)[number];

export interface JournalConfig {
  readonly name: string;
  readonly url: string;
  readonly imsUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly orgId: string;
  readonly scopes: string;
}

/** What the service runs with; every value is checked. */
export interface Config {
  readonly values: { readonly [N in SettingName]: SettingValue<N> | undefined };
  readonly port: number;
  readonly host: string;
  readonly logLevel: SettingValue<"LOG_LEVEL">;
  readonly dataDir: string;
  readonly retentionDays: number;
  readonly rawRetentionDays: number;
  readonly rawEvents: boolean;
  /** By instance; "" for all others. */
  readonly lifecycle: SettingsByInstance;
  readonly journals: readonly JournalConfig[];
  readonly webhook: { readonly publicKeyOrigin: string; readonly clientId: string | undefined } | undefined;
  readonly relays: RelaysConfig;
  readonly auth: "keys" | "off";
  readonly adminKey: string | undefined;
  readonly readKey: string | undefined;
  readonly alerts: AlertConfig;
  /** undefined: no Data Cloud is watched. */
  readonly salesforce: SalesforceConfig | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;
const FILE_KEYS = ["settings", "journals", "instances", "alerts", "salesforce"];

/**
 * @param fileText the YAML file's text: `settings` (by name), `journals` (a list), `instances` (by Munchkin id), `salesforce`
 * @param readSecret reads the file that a NAME_FILE variable names
 * @throws After202Error CONFIG_INVALID; `details` is the list of all problems
 */
export function loadConfig(
  env: Environment,
  fileText = "",
  readSecret: (path: string) => string = (path) => readFileSync(path, "utf8"),
): Config {
  const problems: string[] = [];
  const file = readFileKeys(fileText, env, problems);
  const values = readValues(env, file["settings"], readSecret, problems);
  const journals = readJournals(values, file["journals"], problems);
  const lifecycle = readInstances(values, file["instances"], problems);
  const alerts = readAlerts(values, file["alerts"], problems);
  const salesforce = readSalesforce(values, file["salesforce"], problems);
  const relays = readRelays(values, problems);
  const host = values.HOST ?? "";
  if (values.API_AUTH === "off" && !isLoopback(host)) {
    problems.push(`API_AUTH=off needs a loopback HOST, and ${host} is none: use keys, or HOST=127.0.0.1.`);
  }
  for (const name of ["API_ADMIN_KEY", "API_READ_KEY"] as const) {
    if ((values[name]?.length ?? 16) < 16) problems.push(`${name} is too short: at least 16 characters.`);
  }
  if (values.CLICKHOUSE_CLUSTER !== undefined && values.CLICKHOUSE_URL === undefined) {
    problems.push("CLICKHOUSE_CLUSTER needs CLICKHOUSE_URL: the embedded store has no cluster.");
  }
  if (problems.length > 0) {
    throw new After202Error("CONFIG_INVALID", problems.join("\n"), { details: problems });
  }
  return {
    values,
    port: values.PORT ?? 0,
    host,
    logLevel: values.LOG_LEVEL ?? "info",
    dataDir: values.DATA_DIR ?? "",
    retentionDays: values.RETENTION_DAYS ?? 0,
    rawRetentionDays: values.RAW_RETENTION_DAYS ?? 0,
    rawEvents: values.RAW_EVENTS === "on",
    lifecycle,
    journals,
    webhook:
      values.ADOBE_WEBHOOK === "on"
        ? { publicKeyOrigin: values.ADOBE_PUBLIC_KEY_ORIGIN ?? "", clientId: values.ADOBE_CLIENT_ID }
        : undefined,
    relays,
    auth: values.API_AUTH ?? "keys",
    adminKey: values.API_ADMIN_KEY,
    readKey: values.API_READ_KEY,
    alerts,
    salesforce,
  };
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

/** Reads the process's environment and the file that AFTER202_CONFIG (or `path`) names. */
export function loadConfigFromProcess(env: Environment = process.env, path = env["AFTER202_CONFIG"]): Config {
  if (path === undefined || path === "") return loadConfig(env);
  let fileText: string;
  try {
    fileText = readFileSync(path, "utf8");
  } catch (cause) {
    const problem = `AFTER202_CONFIG: ${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`;
    throw new After202Error("CONFIG_INVALID", problem, { details: [problem], cause });
  }
  return loadConfig(env, fileText);
}

function readFileKeys(fileText: string, env: Environment, problems: string[]): Record<string, unknown> {
  let parsed: unknown;
  try {
    // not pretty: that would quote the line, and a secret with it
    parsed = parseYaml(fileText, { prettyErrors: false }) ?? {};
  } catch (error) {
    problems.push(`The configuration file is not YAML: ${(error as Error).message}`);
    return {};
  }
  const expanded = expand(parsed, env, problems);
  if (!isObject(expanded)) {
    problems.push(`The configuration file holds ${FILE_KEYS.join(", ")}, not a bare value.`);
    return {};
  }
  for (const key of Object.keys(expanded)) {
    if (!FILE_KEYS.includes(key)) {
      problems.push(`The configuration file has an unknown key "${key}"; known are ${FILE_KEYS.join(", ")}.`);
    }
  }
  return { ...expanded };
}

function expand(value: unknown, env: Environment, problems: string[]): unknown {
  if (typeof value === "string") {
    return value.replaceAll(/\$\{(\w+)\}/g, (_, variable: string) => {
      const found = env[variable];
      if (found === undefined)
        problems.push(`The configuration file asks for \${${variable}}, which is not set.`);
      return found ?? "";
    });
  }
  if (Array.isArray(value)) return value.map((item) => expand(item, env, problems));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, expand(item, env, problems)]));
}

function readValues(
  env: Environment,
  fromFile: unknown,
  readSecret: (path: string) => string,
  problems: string[],
): Config["values"] {
  const inFile = isObject(fromFile) ? fromFile : {};
  if (fromFile !== undefined && fromFile !== null && !isObject(fromFile)) {
    problems.push("settings: expected a map from name to value.");
  }
  for (const name of Object.keys(inFile)) {
    if (!Object.hasOwn(SETTINGS, name)) problems.push(`settings.${name} is not a setting.`);
  }
  for (const name of Object.keys(env)) {
    const known = Object.hasOwn(SETTINGS, name) || isSecretFile(name) || CLIENT_SETTINGS.includes(name);
    if (name.startsWith("AFTER202_") && !known) problems.push(`${name} is not a setting.`);
    if (/^(ADOBE|SALESFORCE)_/.test(name) && !known)
      problems.push(`${name} is not a setting; see the README's table.`);
  }
  const values: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(SETTINGS)) {
    const given = env[name] || readSecretFile(name, "secret" in setting, env, readSecret, problems);
    const text = given ?? scalar(inFile[name]) ?? ("preset" in setting ? setting.preset : undefined);
    if (text === undefined) continue;
    try {
      values[name] = setting.parse(text);
    } catch (error) {
      const shown = "secret" in setting ? "its value" : JSON.stringify(text);
      problems.push(`${name}: expected ${(error as Error).message}, got ${shown}.`);
    }
  }
  return values as Config["values"];
}

function isSecretFile(name: string): boolean {
  const { [name.replace(/_FILE$/, "")]: setting }: Record<string, { readonly secret?: true }> = SETTINGS;
  return name.endsWith("_FILE") && setting?.secret === true;
}

function readSecretFile(
  name: string,
  isSecret: boolean,
  env: Environment,
  readSecret: (path: string) => string,
  problems: string[],
): string | undefined {
  const path = isSecret ? env[`${name}_FILE`] : undefined;
  if (path === undefined || path === "") return undefined;
  try {
    return readSecret(path).trim();
  } catch (error) {
    problems.push(`${name}_FILE: ${path} cannot be read: ${(error as Error).message}`);
    return undefined;
  }
}

function scalar(value: unknown): string | undefined {
  if (Array.isArray(value)) return value.join(",");
  return value === undefined || value === null ? undefined : String(value as string | number | boolean);
}

function readJournals(values: Config["values"], listed: unknown, problems: string[]): JournalConfig[] {
  const journals: JournalConfig[] = [];
  const common = {
    imsUrl: values.ADOBE_IMS_URL ?? "",
    clientId: values.ADOBE_CLIENT_ID ?? "",
    clientSecret: values.ADOBE_CLIENT_SECRET ?? "",
    orgId: values.ADOBE_ORG_ID ?? "",
    scopes: values.ADOBE_SCOPES ?? "",
  };
  if (values.ADOBE_JOURNAL_URL !== undefined) {
    for (const name of ["ADOBE_CLIENT_ID", "ADOBE_CLIENT_SECRET", "ADOBE_ORG_ID"] as const) {
      if (values[name] === undefined) problems.push(`${name} is missing: ADOBE_JOURNAL_URL needs it.`);
    }
    journals.push({ ...common, name: "journal", url: values.ADOBE_JOURNAL_URL });
  }
  if (listed === undefined || listed === null) return journals;
  if (!Array.isArray(listed)) {
    problems.push("journals: expected a list of {name, url, …}.");
    return journals;
  }
  for (const [index, entry] of listed.entries()) {
    const given = isObject(entry) ? entry : {};
    for (const key of Object.keys(given)) {
      if (key !== "name" && key !== "url" && !Object.hasOwn(common, key)) {
        problems.push(
          `journals[${index}].${key} is not known; known are name, url, ${Object.keys(common).join(", ")}.`,
        );
      }
    }
    const journal = { name: "", url: "", ...common, ...(given as Partial<JournalConfig>) };
    for (const [key, value] of Object.entries(journal)) {
      if (typeof value !== "string" || value === "") problems.push(`journals[${index}].${key} is missing.`);
      else if (key === "url" || key === "imsUrl") requireUrl(value, `journals[${index}].${key}`, problems);
    }
    if (Object.hasOwn(RELAY_NAMES, journal.name)) {
      problems.push(`journals[${index}].name: "${journal.name}" is the name of another source.`);
    }
    if (journals.some((other) => other.name === journal.name)) {
      problems.push(
        `journals[${index}].name: "${journal.name}" is taken; each journal needs a name of its own.`,
      );
    }
    journals.push(journal);
  }
  return journals;
}

function requireUrl(value: string, name: string, problems: string[]): void {
  if (!/^https?:$/.test(URL.canParse(value) ? new URL(value).protocol : "")) {
    problems.push(`${name}: expected an http or https URL, got ${JSON.stringify(value)}.`);
  }
}

const INSTANCE_KEYS = ["retryPolicy", "linkFailureCodes", "transientCodes", "grace"];

function readInstances(values: Config["values"], listed: unknown, problems: string[]): SettingsByInstance {
  const common: LifecycleOptions = {
    ...(values.RETRY_POLICY && { policy: values.RETRY_POLICY }),
    ...(values.LINK_FAILURE_CODES && { linkCodes: values.LINK_FAILURE_CODES }),
    ...(values.TRANSIENT_CODES && { transientCodes: values.TRANSIENT_CODES }),
    ...(values.GRACE !== undefined && { graceMs: values.GRACE }),
    ...(values.RETRY_SPEED !== undefined && { speed: values.RETRY_SPEED }),
  };
  const settings = new Map([["", lifecycleSettings(common)]]);
  if (listed !== undefined && listed !== null && !isObject(listed)) {
    problems.push("instances: expected a map from Munchkin id to {retryPolicy, grace, …}.");
  }
  for (const [instance, given] of Object.entries(isObject(listed) ? listed : {})) {
    const entry = isObject(given) ? given : {};
    for (const key of Object.keys(entry)) {
      if (!INSTANCE_KEYS.includes(key)) {
        problems.push(`instances.${instance}.${key} is not known; known are ${INSTANCE_KEYS.join(", ")}.`);
      }
    }
    const policy = entry["retryPolicy"];
    if (policy !== undefined && !Object.hasOwn(RETRY_POLICIES, String(policy as string))) {
      problems.push(
        `instances.${instance}.retryPolicy: expected one of ${Object.keys(RETRY_POLICIES).join(", ")}.`,
      );
      continue;
    }
    const graceMs = entry["grace"] === undefined ? undefined : parseDuration(scalar(entry["grace"]) ?? "");
    if (entry["grace"] !== undefined && graceMs === undefined) {
      problems.push(`instances.${instance}.grace: expected a duration such as 5m.`);
    }
    const linkCodes = codesOf(entry["linkFailureCodes"], `instances.${instance}.linkFailureCodes`, problems);
    const transientCodes = codesOf(entry["transientCodes"], `instances.${instance}.transientCodes`, problems);
    settings.set(
      instance,
      lifecycleSettings({
        ...common,
        ...(policy !== undefined && { policy: policy as RetryPolicyName }),
        ...(linkCodes && { linkCodes }),
        ...(transientCodes && { transientCodes }),
        ...(graceMs !== undefined && { graceMs }),
      }),
    );
  }
  return settings;
}

function codesOf(value: unknown, name: string, problems: string[]): readonly string[] | undefined {
  const text = scalar(value);
  if (text === undefined) return undefined;
  try {
    return SETTINGS.LINK_FAILURE_CODES.parse(text);
  } catch (error) {
    problems.push(`${name}: expected ${(error as Error).message}.`);
    return undefined;
  }
}
