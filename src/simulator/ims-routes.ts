/**
 * Adobe's identity service, as far as a server needs it: `POST /ims/token/v3` gives tokens that expire.
 */
import type { FastifyInstance } from "fastify";
import { holdBack, resetConnection } from "./connection.ts";
import type { FaultPlan } from "./faults.ts";
import { SIMULATED, type ImsSettings } from "./options.ts";
import type { Random } from "./random.ts";

export interface TokenIssuer {
  readonly settings: ImsSettings;
  issue(): string;
  isValid(token: string): boolean;
  /** Every token given out so far stops working. */
  revokeAll(): void;
  issued(): number;
}

/** Expired tokens are looked for when so many have been given out. */
const SWEEP_AT = 1_000;

export function createTokenIssuer(settings: ImsSettings, random: Random): TokenIssuer {
  const expiries = new Map<string, number>();
  let issued = 0;
  return {
    settings,
    issue() {
      const token = `sim.${random.token(48)}`;
      const now = Date.now();
      if (expiries.size >= SWEEP_AT) {
        for (const [old, expiresAt] of expiries) if (expiresAt <= now) expiries.delete(old);
      }
      expiries.set(token, now + settings.expiresInSeconds * 1_000);
      issued += 1;
      return token;
    },
    isValid: (token) => (expiries.get(token) ?? 0) > Date.now(),
    revokeAll: () => expiries.clear(),
    issued: () => issued,
  };
}

/** Registers the token endpoint. */
export function addImsRoutes(server: FastifyInstance, issuer: TokenIssuer, faults: FaultPlan): void {
  void server.register(async (scope) => {
    scope.addContentTypeParser(
      "application/x-www-form-urlencoded",
      { parseAs: "string" },
      (_request, body, done) => done(null, body),
    );
    scope.post("/ims/token/v3", async (request, reply) => {
      const fault = faults.decide("ims");
      await holdBack(fault.delayMs);
      if (fault.outcome === "reset") return resetConnection(request, reply);
      if (typeof fault.outcome === "number") {
        return reply.code(fault.outcome).send({ error: "simulated", error_description: "a fault on demand" });
      }
      const form = new URLSearchParams(typeof request.body === "string" ? request.body : "");
      const refusal = refusalOf(form);
      if (refusal !== null) return reply.code(refusal.status).send(refusal.body);
      const token = issuer.issue();
      if (fault.outcome === "lose-response") return resetConnection(request, reply);
      const body = JSON.stringify({
        access_token: token,
        token_type: "bearer",
        expires_in: issuer.settings.expiresInSeconds,
      });
      return reply
        .type("application/json")
        .send(fault.outcome === "undecodable" ? body.slice(0, body.length / 2) : body);
    });
  });
}

function refusalOf(form: URLSearchParams): { status: number; body: object } | null {
  if (form.get("grant_type") !== "client_credentials") {
    return { status: 400, body: { error: "unsupported_grant_type" } };
  }
  if (form.get("client_id") !== SIMULATED.clientId) {
    return {
      status: 400,
      body: { error: "invalid_client", error_description: "invalid client_id parameter" },
    };
  }
  if (form.get("client_secret") !== SIMULATED.clientSecret) {
    return { status: 401, body: { error: "invalid_client", error_description: "invalid client_secret" } };
  }
  const scopes = (form.get("scope") ?? "").split(/[,\s]+/);
  if (!scopes.includes("adobeio_api")) {
    return { status: 400, body: { error: "invalid_scope", error_description: "adobeio_api is missing" } };
  }
  return null;
}
