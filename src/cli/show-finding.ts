/** What was found, as people read it. */
import type { LifecycleJson } from "../core/lifecycle-json.ts";
import { correlationPath, type Finding } from "./look-up.ts";
import { renderCorrelation } from "./render/correlation.ts";
import { renderLifecycle } from "./render/lifecycle.ts";
import type { CorrelationJson } from "./service-answers.ts";
import type { ServiceClient } from "./service-client.ts";
import type { Look } from "./terminal/look.ts";

/** Beyond so many requests a correlation is told by its counts alone. */
const MOST_REQUESTS = 500;

export async function showFinding(client: ServiceClient, found: Finding, look: Look): Promise<string> {
  if (found.kind === "request") return renderLifecycle(found.json, Date.now(), look);
  const { total, byState } = found.json.requests;
  let worth: readonly LifecycleJson[] = [];
  if (total <= MOST_REQUESTS && total > (byState.succeeded ?? 0)) {
    const path = `${correlationPath(found.json.correlationId)}?requests=true`;
    const { items = [] } = await client.ask<CorrelationJson & { items?: LifecycleJson[] }>(path);
    worth = items.filter((one) => one.state !== "succeeded" && one.verifiable);
  }
  return renderCorrelation(found.json, worth, Date.now(), look);
}
