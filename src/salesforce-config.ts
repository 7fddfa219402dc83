/**
 * The part of the configuration that is about Salesforce Data Cloud: how to get in, and what to watch.
 */
import type { Config } from "./config.ts";
import type { SalesforceAccess } from "./sources/salesforce-token.ts";

export interface SalesforceConfig extends SalesforceAccess {
  /** Also watch bulk jobs that nobody reported. */
  readonly discover: boolean;
}

const OF_LOGIN = ["SALESFORCE_CLIENT_ID", "SALESFORCE_USERNAME", "SALESFORCE_PRIVATE_KEY"] as const;

/** @returns undefined where nothing of Salesforce is set */
export function readSalesforce(values: Config["values"], problems: string[]): SalesforceConfig | undefined {
  const { SALESFORCE_ACCESS_TOKEN: token, SALESFORCE_ORG_URL: orgUrl } = values;
  const given = OF_LOGIN.filter((name) => values[name] !== undefined);
  const common = {
    loginUrl: values.SALESFORCE_LOGIN_URL ?? "",
    orgUrl,
    discover: values.SALESFORCE_JOBS === "all",
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
  if (given.length === 0) return undefined;
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
