/**
 * Bulk jobs over HTTP: `/api/v1/ingest/jobs`.
 */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { headerOf, lastOf } from "../connection.ts";
import { jobDirective } from "./directives.ts";
import { type Handler, objectBody } from "./gate.ts";
import { jobJson } from "./job-json.ts";
import type { Jobs } from "./jobs.ts";
import { DataCloudRefusal } from "./refusal.ts";

const JOBS = "/api/v1/ingest/jobs";
const MOST_LISTED = 100;

export interface JobRouteParts {
  readonly jobs: Jobs;
  readonly gate: (handler: Handler) => Handler;
  /** Host of the tenant. */
  readonly instance: () => string;
}

export function addJobRoutes(scope: FastifyInstance, { jobs, gate, instance }: JobRouteParts): void {
  scope.post(
    JOBS,
    gate((request, reply) => {
      const body = objectBody(request);
      const { object, sourceName, operation } = body;
      if (
        typeof object !== "string" ||
        object === "" ||
        typeof sourceName !== "string" ||
        sourceName === ""
      ) {
        throw new DataCloudRefusal(400, "BAD_REQUEST", "object and sourceName are needed");
      }
      if (operation !== "upsert" && operation !== "delete") {
        throw new DataCloudRefusal(400, "BAD_REQUEST", "operation is upsert or delete");
      }
      const correlationId = headerOf(request, "x-correlation-id");
      const directive = jobDirective(body);
      const job = jobs.create({
        object,
        sourceName,
        operation,
        instance: instance(),
        correlationId,
        directive,
      });
      void reply.code(201);
      return jobJson(job);
    }),
  );

  scope.get(
    JOBS,
    gate(({ query }) => {
      const { limit, offset, states } = query as Record<string, unknown>;
      const most = Math.min(Number(lastOf(limit) ?? 20), MOST_LISTED);
      const wanted = (lastOf(states) ?? "").split(",").filter((state) => state !== "");
      return { data: jobs.list(wanted, most, Number(lastOf(offset) ?? 0)).map(jobJson) };
    }),
  );

  scope.get(
    `${JOBS}/:id`,
    gate((request) => jobJson(jobs.get(idOf(request)))),
  );

  scope.put(
    `${JOBS}/:id/batches`,
    gate((request, reply) => {
      if (!headerOf(request, "content-type").startsWith("text/csv")) {
        throw new DataCloudRefusal(415, "UNSUPPORTED_MEDIA_TYPE", "a file is text/csv");
      }
      jobs.upload(idOf(request), Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0));
      void reply.code(202);
      return { accepted: true };
    }),
  );

  scope.patch(
    `${JOBS}/:id`,
    gate((request) => {
      const { state } = objectBody(request);
      if (state === "UploadComplete") return jobJson(jobs.close(idOf(request)));
      if (state === "Aborted") return jobJson(jobs.abort(idOf(request)));
      throw new DataCloudRefusal(400, "BAD_REQUEST", "a job can be set to UploadComplete or Aborted");
    }),
  );

  scope.delete(
    `${JOBS}/:id`,
    gate((request, reply) => {
      jobs.remove(idOf(request));
      return reply.code(204).send();
    }),
  );
}

function idOf(request: FastifyRequest): string {
  return (request.params as { id: string }).id;
}
