/**
 * Streaming: micro-batches of records, taken with a 202 and never heard of again; `actions/test` only validates.
 */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { lastOf, resetConnection } from "../connection.ts";
import { requestDirective } from "../directives.ts";
import { type Handler, objectBody } from "./gate.ts";
import { DataCloudRefusal } from "./refusal.ts";
import type { SalesforceSettings } from "./settings.ts";

const OBJECT = "/api/v1/ingest/sources/:connector/:object";

/** What came in by streaming. */
export interface StreamCounts {
  requests: number;
  records: number;
  deleted: number;
}

export interface StreamRouteParts {
  readonly settings: SalesforceSettings;
  readonly counts: StreamCounts;
  readonly gate: (handler: Handler) => Handler;
}

export function addStreamRoutes(scope: FastifyInstance, { settings, counts, gate }: StreamRouteParts): void {
  function recordsOf(request: FastifyRequest): unknown[] {
    if (Buffer.isBuffer(request.body) && request.body.length > settings.maxStreamBytes) {
      throw new DataCloudRefusal(413, "REQUEST_TOO_LARGE", `at most ${settings.maxStreamBytes} bytes`);
    }
    const { data } = objectBody(request);
    if (!Array.isArray(data) || data.length === 0) {
      throw new DataCloudRefusal(400, "BAD_REQUEST", "data is a list of records");
    }
    if (data.some((record) => typeof record !== "object" || record === null)) {
      throw new DataCloudRefusal(400, "BAD_REQUEST", "a record is an object");
    }
    return data;
  }

  scope.post(
    OBJECT,
    gate((request, reply) => {
      const records = recordsOf(request);
      const { connection } = requestDirective(objectBody(request));
      if (connection === "reset") return resetConnection(request, reply);
      counts.requests += 1;
      counts.records += records.length;
      if (connection === "lose-response") return resetConnection(request, reply);
      void reply.code(202);
      return { accepted: true };
    }),
  );

  scope.post(
    `${OBJECT}/actions/test`,
    gate((request) => {
      recordsOf(request);
      return { accepted: true };
    }),
  );

  scope.delete(
    OBJECT,
    gate((request, reply) => {
      const named = lastOf((request.query as Record<string, unknown>)["ids"]) ?? "";
      const ids = named.split(",").filter((id) => id !== "");
      if (ids.length === 0 || ids.length > settings.maxDeleteIds) {
        throw new DataCloudRefusal(400, "BAD_REQUEST", `ids are 1 to ${settings.maxDeleteIds}`);
      }
      counts.requests += 1;
      counts.deleted += ids.length;
      void reply.code(202);
      return { accepted: true };
    }),
  );
}
