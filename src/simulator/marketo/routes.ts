/**
 * The Data Ingestion API over HTTP: `POST /subscriptions/{munchkinId}/…`.
 *
 * Every answer carries `X-Request-Id`; a 202 has an empty body, anything else `{"error_code","message"}`.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { headerOf, holdBack, resetConnection } from "../connection.ts";
import { requestDirective } from "../directives.ts";
import type { FaultPlan } from "../faults.ts";
import type { SimulatorSettings } from "../options.ts";
import type { Random } from "../random.ts";
import type { Observability } from "../stream/observability.ts";
import type { Truth, TruthRow } from "../truth.ts";
import { createDatabase, type Database } from "./database.ts";
import { ENDPOINTS, type Endpoint, type RecordBody } from "./endpoints.ts";
import { codeForStatus, Refusal, statusOf } from "./error-codes.ts";
import { accept, admit, parseBody, truthOf, type Envelope } from "./intake.ts";
import type { Processor } from "./processor.ts";
import type { Quota } from "./quota.ts";

export interface MarketoParts {
  readonly settings: SimulatorSettings;
  readonly faults: FaultPlan;
  readonly quotaOf: (instance: string) => Quota;
  readonly processor: Processor;
  readonly observability: Observability;
  readonly truth: Truth;
  readonly random: Random;
}

/** Registers the seven endpoints. */
export function addMarketoRoutes(server: FastifyInstance, parts: MarketoParts): void {
  const databases = new Map<string, Database>();
  let requests = 0;

  function databaseOf(instance: string): Database {
    let database = databases.get(instance);
    if (database === undefined) {
      const { customObjects, maxStoredRecords } = parts.settings.marketo;
      database = createDatabase(customObjects, maxStoredRecords);
      databases.set(instance, database);
    }
    return database;
  }

  function envelopeOf(request: FastifyRequest, endpoint: Endpoint): Envelope {
    const params = request.params as { munchkinId?: string; apiName?: string };
    const random = parts.random.fork(`request-${requests++}`);
    return {
      requestId: random.chance(parts.settings.marketo.nonUuidRate) ? random.token(32) : random.uuid(),
      instance: params.munchkinId ?? "",
      endpoint,
      objectName: params.apiName ?? null,
      userToken: headerOf(request, "x-mkto-user-token"),
      correlationId: headerOf(request, "x-correlation-id"),
      requestSource: headerOf(request, "x-request-source"),
      receivedAtMs: Date.now(),
      random,
    };
  }

  function refuse(envelope: Envelope, refusal: Refusal, reply: FastifyReply): FastifyReply {
    const truth = truthOf(envelope, statusOf(refusal.code), {
      priority: "normal",
      records: 0,
      linkBearing: false,
    });
    record(truth, refusal.code);
    return reply.code(truth.httpStatus).send({ error_code: refusal.code, message: refusal.message });
  }

  function record(truth: TruthRow, errorCode: string | null): void {
    parts.truth.add(truth);
    parts.observability.requestAnswered(truth, errorCode);
  }

  async function handle(
    request: FastifyRequest,
    reply: FastifyReply,
    endpoint: Endpoint,
  ): Promise<FastifyReply> {
    const envelope = envelopeOf(request, endpoint);
    void reply.header("x-request-id", envelope.requestId);
    const fault = parts.faults.decide("marketo");
    await holdBack(fault.delayMs);
    if (fault.outcome === "reset") return resetConnection(request, reply);
    try {
      if (typeof fault.outcome === "number") throw new Refusal(codeForStatus(fault.outcome));
      const quota = parts.quotaOf(envelope.instance);
      admit(envelope, parts.settings, quota);
      const body: RecordBody = parseBody(request.body);
      const { connection } = requestDirective(body);
      if (connection === "reset") return resetConnection(request, reply);
      const accepted = accept(envelope, body, parts.settings, quota, databaseOf(envelope.instance));
      record(accepted.truth, null);
      parts.processor.process(accepted);
      if (connection === "lose-response" || fault.outcome === "lose-response") {
        return resetConnection(request, reply);
      }
      return reply.code(202).send();
    } catch (error) {
      if (error instanceof Refusal) return refuse(envelope, error, reply);
      throw error;
    }
  }

  void server.register(
    async (scope) => {
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser("*", { parseAs: "string" }, (_request, body, done) => done(null, body));
      for (const endpoint of ENDPOINTS) {
        scope.post(endpoint.path, { bodyLimit: parts.settings.marketo.maxBodyBytes }, (request, reply) =>
          handle(request, reply, endpoint),
        );
      }
      scope.setNotFoundHandler((_request, reply) => {
        const { code, message } = new Refusal("404040");
        const requestId = parts.random.fork(`request-${requests++}`).uuid();
        return reply.header("x-request-id", requestId).code(404).send({ error_code: code, message });
      });
      scope.setErrorHandler((error: { statusCode?: number; message: string }, request, reply) => {
        const refusal = new Refusal((error.statusCode ?? 500) < 500 ? "4000801" : "5000801", error.message);
        const endpoint =
          ENDPOINTS.find(({ path }) => request.routeOptions.url?.endsWith(path)) ?? ENDPOINTS[0];
        if (endpoint === undefined) throw refusal;
        const envelope = envelopeOf(request, endpoint);
        return refuse(envelope, refusal, reply.header("x-request-id", envelope.requestId));
      });
    },
    { prefix: "/subscriptions/:munchkinId" },
  );
}
