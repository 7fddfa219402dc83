/**
 * What every call to Data Cloud passes: faults on demand, the rate, the token; and how a refusal is answered.
 */
import type { FastifyReply, FastifyRequest } from "fastify";
import { headerOf, holdBack, resetConnection } from "../connection.ts";
import type { FaultPlan } from "../faults.ts";
import type { TokenIssuer } from "../ims-routes.ts";
import { DataCloudRefusal } from "./refusal.ts";
import type { SalesforceSettings } from "./settings.ts";

/** Answers a call: the body of a 200, or what it did with the reply itself. */
export type Handler = (request: FastifyRequest, reply: FastifyReply) => unknown;

export interface GateParts {
  readonly settings: SalesforceSettings;
  readonly faults: FaultPlan;
  readonly tokens: TokenIssuer;
}

/** @returns a wrapper for the handlers of one server */
export function createGate({ settings, faults, tokens }: GateParts): (handler: Handler) => Handler {
  let second = { index: 0, requests: 0 };

  function admit(request: FastifyRequest): void {
    const index = Math.floor(Date.now() / 1_000);
    if (index !== second.index) second = { index, requests: 0 };
    second.requests += 1;
    if (second.requests > settings.requestsPerSecond) {
      throw new DataCloudRefusal(429, "TOO_MANY_REQUESTS", "slow down");
    }
    const token = /^Bearer (.+)$/.exec(headerOf(request, "authorization"))?.[1] ?? "";
    if (!tokens.isValid(token)) {
      throw new DataCloudRefusal(401, "UNAUTHORIZED", "the token is missing, unknown or expired");
    }
  }

  function refuse(refusal: DataCloudRefusal, reply: FastifyReply): FastifyReply {
    if (refusal.status === 429) void reply.header("retry-after", String(settings.retryAfterSeconds));
    return reply.code(refusal.status).send({ error: refusal.code, message: refusal.message });
  }

  return (handler) => async (request, reply) => {
    const fault = faults.decide("salesforce");
    await holdBack(fault.delayMs);
    if (fault.outcome === "reset") return resetConnection(request, reply);
    try {
      if (typeof fault.outcome === "number") {
        throw new DataCloudRefusal(fault.outcome, "SIMULATED", "a fault on demand");
      }
      admit(request);
      const answer = await handler(request, reply);
      if (fault.outcome === "lose-response") return resetConnection(request, reply);
      if (fault.outcome === "undecodable") {
        const text = JSON.stringify(answer);
        return await reply.type("application/json").send(text.slice(0, text.length / 2));
      }
      return answer;
    } catch (error) {
      if (error instanceof DataCloudRefusal) return refuse(error, reply);
      throw error;
    }
  };
}

/** The body as a JSON object. @throws {DataCloudRefusal} 400 */
export function objectBody(request: FastifyRequest): Record<string, unknown> {
  const { body } = request;
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.isBuffer(body) ? body.toString("utf8") : "");
  } catch {
    throw new DataCloudRefusal(400, "BAD_REQUEST", "the body is not JSON");
  }
  if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)) return { ...parsed };
  throw new DataCloudRefusal(400, "BAD_REQUEST", "the body is not a JSON object");
}
