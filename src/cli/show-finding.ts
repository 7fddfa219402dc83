/** What was found, as people read it. */
import type { LifecycleJson } from "../core/lifecycle-json.ts";
import type { MissingPersonsJson } from "../core/missing-persons-json.ts";
import type { LinkValues } from "./link-values.ts";
import { correlationPath, type Finding, missingPersonsPath } from "./look-up.ts";
import { renderCorrelation } from "./render/correlation.ts";
import { renderLifecycle } from "./render/lifecycle.ts";
import { renderMissingPersons } from "./render/missing-persons.ts";
import type { CorrelationJson } from "./service-answers.ts";
import type { ServiceClient } from "./service-client.ts";
import type { Look } from "./terminal/look.ts";

/** Beyond so many requests a correlation is told by its counts alone. */
const MOST_REQUESTS = 500;

/** Persons that are named where they are not all that is asked for. */
const MOST_PERSONS = 12;

export async function showFinding(
  client: ServiceClient,
  found: Finding,
  look: Look,
  linkValues: LinkValues,
): Promise<string> {
  if (found.kind === "request") {
    const persons = await showPersons(client, found.json, look, linkValues);
    return renderLifecycle(found.json, Date.now(), look, persons);
  }
  const { total, byState } = found.json.requests;
  let worth: readonly LifecycleJson[] = [];
  if (total <= MOST_REQUESTS && total > (byState.succeeded ?? 0)) {
    const path = `${correlationPath(found.json.correlationId)}?requests=true`;
    const { items = [] } = await client.ask<CorrelationJson & { items?: LifecycleJson[] }>(path);
    worth = items.filter((one) => one.state !== "succeeded" && one.verifiable);
  }
  return renderCorrelation(found.json, worth, Date.now(), look);
}

async function showPersons(
  client: ServiceClient,
  one: LifecycleJson,
  look: Look,
  linkValues: LinkValues,
): Promise<string> {
  if (one.missingPersons == null) return ""; // also of a service that does not know of them yet
  const told = await client.ask<MissingPersonsJson>(
    `${missingPersonsPath(one.requestId)}?limit=${MOST_PERSONS}`,
  );
  const values = await linkValues(told.items.map((person) => person.digest));
  return renderMissingPersons(told, values, MOST_PERSONS, Date.now(), look);
}
