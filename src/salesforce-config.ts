/**
 * The part of the configuration that is about Salesforce Data Cloud: how to get in, and what to watch.
 */
import type { Config } from "./config.ts";
import { isObject } from "./core/json.ts";
import { isSqlName, type ProblemTable } from "./sources/salesforce-problem-query.ts";
import type { SalesforceAccess } from "./sources/salesforce-token.ts";

export interface SalesforceConfig extends SalesforceAccess {
  /** Also watch bulk jobs that nobody reported. */
  readonly discover: boolean;
  /** Where problem records are counted; none: they are not. */
  readonly problemTables: readonly ProblemTable[];
}

const OF_LOGIN = ["SALESFORCE_CLIENT_ID", "SALESFORCE_USERNAME", "SALESFORCE_PRIVATE_KEY"] as const;

/**
 * @param listed the file's `salesforce`
 * @returns undefined where nothing of Salesforce is set
 */
export function readSalesforce(
  values: Config["values"],
  listed: unknown,
  problems: string[],
): SalesforceConfig | undefined {
  const { SALESFORCE_ACCESS_TOKEN: token, SALESFORCE_ORG_URL: orgUrl } = values;
  const given = OF_LOGIN.filter((name) => values[name] !== undefined);
  const common = {
    loginUrl: values.SALESFORCE_LOGIN_URL ?? "",
    orgUrl,
    discover: values.SALESFORCE_JOBS === "all",
    problemTables: readProblemTables(listed, problems),
  };
  if (token !== undefined) {
    if (orgUrl === undefined) {
      problems.push("SALESFORCE_ORG_URL is missing: SALESFORCE_ACCESS_TOKEN is exchanged there.");
    }
    if (given.length > 0) {
      problems.push(`SALESFORCE_ACCESS_TOKEN and ${given.join(", ")} exclude one another: set one way in.`);
    }
    return { ...common, credentials: { kind: "token", token } };
  }
  if (given.length === 0) {
    if (common.problemTables.length > 0) {
      problems.push("SALESFORCE_CLIENT_ID is missing: salesforce.problemRecords needs a way in.");
    }
    return undefined;
  }
  for (const name of OF_LOGIN) {
    if (values[name] === undefined) problems.push(`${name} is missing: ${given[0] ?? ""} needs it.`);
  }
  const {
    SALESFORCE_CLIENT_ID: clientId = "",
    SALESFORCE_USERNAME: username = "",
    SALESFORCE_PRIVATE_KEY: privateKey = "",
  } = values;
  if (privateKey !== "" && !/^-----BEGIN (RSA )?PRIVATE KEY-----/.test(privateKey)) {
    problems.push("SALESFORCE_PRIVATE_KEY: expected an RSA key as PEM, without a passphrase.");
  }
  return { ...common, credentials: { kind: "jwt", clientId, username, privateKey } };
}

const TABLE_KEYS = ["object", "table", "timeColumn"] as const;

function readProblemTables(listed: unknown, problems: string[]): ProblemTable[] {
  if (listed === undefined || listed === null) return [];
  const given = isObject(listed) ? listed : {};
  for (const key of Object.keys(given)) {
    if (key !== "problemRecords") problems.push(`salesforce.${key} is not known; known is problemRecords.`);
  }
  const tables: unknown = given["problemRecords"] ?? [];
  if (!isObject(listed) || !Array.isArray(tables)) {
    problems.push("salesforce: expected problemRecords, a list of {object, table, timeColumn}.");
    return [];
  }
  return tables.map((entry: unknown, index) => {
    const name = `salesforce.problemRecords[${index}]`;
    const fields = isObject(entry) ? entry : {};
    for (const key of Object.keys(fields)) {
      if (!TABLE_KEYS.some((known) => known === key)) problems.push(`${name}.${key} is not known.`);
    }
    const [object = "", table = "", timeColumn = ""] = TABLE_KEYS.map((key) => {
      const value = fields[key];
      if (typeof value === "string" && (key === "object" ? value !== "" : isSqlName(value))) return value;
      problems.push(
        `${name}.${key}: expected ${key === "object" ? "a name" : "a name in SQL: letters, digits, _"}.`,
      );
      return "";
    });
    return { object, table, timeColumn };
  });
}
