/**
 * A Salesforce org with Data Cloud, beside the Marketo: tokens, streaming, bulk jobs, problem records.
 */
import type { FastifyInstance } from "fastify";
import type { FaultPlan } from "../faults.ts";
import { createTokenIssuer } from "../ims-routes.ts";
import type { Random } from "../random.ts";
import type { Scheduler } from "../scheduler.ts";
import type { Truth } from "../truth.ts";
import { createGate } from "./gate.ts";
import { addJobRoutes } from "./job-routes.ts";
import { createJobs, type Jobs } from "./jobs.ts";
import { addQueryRoutes } from "./query-routes.ts";
import type { SalesforceSettings } from "./settings.ts";
import { addStreamRoutes, type StreamCounts } from "./stream-routes.ts";
import { addTokenRoutes, createConnectedApp } from "./token-routes.ts";

export interface Salesforce {
  readonly jobs: Jobs;
  readonly streamed: Readonly<StreamCounts>;
  /** Of the connected app, PEM. */
  privateKey(): string;
  tokensIssued(): number;
  /** Tokens of the tenant given out so far stop working. */
  revokeTokens(): void;
}

export interface SalesforceParts {
  readonly settings: SalesforceSettings;
  readonly faults: FaultPlan;
  readonly scheduler: Scheduler;
  readonly truth: Truth;
  readonly random: Random;
  readonly origin: () => string;
}

/** Registers the org's and the tenant's endpoints. */
export function addSalesforce(server: FastifyInstance, parts: SalesforceParts): Salesforce {
  const { settings, faults, random, origin } = parts;
  const app = createConnectedApp();
  const core = createTokenIssuer(settings, random.fork("core-tokens"));
  const tenant = createTokenIssuer(settings, random.fork("tokens"));
  const jobs = createJobs({ ...parts, random: random.fork("jobs") });
  const counts: StreamCounts = { requests: 0, records: 0, deleted: 0 };
  const gate = createGate({ settings, faults, tokens: tenant });
  addTokenRoutes(server, { app, core, tenant, faults, origin });
  void server.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(
      "*",
      { parseAs: "buffer", bodyLimit: settings.maxFileBytes + 1_048_576 },
      (_request, body, done) => done(null, body),
    );
    addJobRoutes(scope, { jobs, gate, instance: () => new URL(origin()).host });
    addStreamRoutes(scope, { settings, counts, gate });
    addQueryRoutes(scope, { jobs, gate });
  });
  return {
    jobs,
    streamed: counts,
    privateKey: app.privateKey,
    tokensIssued: () => tenant.issued(),
    revokeTokens: () => tenant.revokeAll(),
  };
}
