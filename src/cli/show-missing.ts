/** All persons that a request waits for, as text or as the service's own JSON, page after page. */
import { After202Error } from "../core/errors.ts";
import type { MissingPersonsJson } from "../core/missing-persons-json.ts";
import type { LinkValues } from "./link-values.ts";
import { type Finding, missingPersonsPath } from "./look-up.ts";
import { renderMissingPersons } from "./render/missing-persons.ts";
import type { ServiceClient } from "./service-client.ts";
import { createLook } from "./terminal/look.ts";

const PAGE = 1_000;

/** @throws After202Error INPUT_INVALID for a correlation, and what the service answers */
export async function showMissing(
  client: ServiceClient,
  found: Finding,
  asJson: boolean,
  linkValues: LinkValues,
): Promise<string> {
  if (found.kind === "correlation") {
    throw new After202Error("INPUT_INVALID", "--missing tells of one request: give its id.");
  }
  const told = await readAll(client, missingPersonsPath(found.json.requestId));
  if (asJson) return JSON.stringify(told, undefined, 2);
  const values = await linkValues(told.items.map((person) => person.digest));
  return renderMissingPersons(told, values, told.items.length, Date.now(), createLook(process.stdout));
}

async function readAll(client: ServiceClient, path: string): Promise<MissingPersonsJson> {
  let page = await client.ask<MissingPersonsJson>(`${path}?limit=${PAGE}`);
  const items = [...page.items];
  while (page.nextCursor !== null) {
    page = await client.ask(`${path}?limit=${PAGE}&cursor=${encodeURIComponent(page.nextCursor)}`);
    items.push(...page.items);
  }
  return { ...page, items };
}
