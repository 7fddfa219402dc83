/**
 * Both tokens: the core org's, by a signed assertion (JWT bearer flow), and Data Cloud's, in exchange for it.
 *
 * The exchange names the tenant's host without its scheme, as the real one does.
 */
import { createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { holdBack, resetConnection } from "../connection.ts";
import type { FaultPlan } from "../faults.ts";
import type { TokenIssuer } from "../ims-routes.ts";
import { SIMULATED } from "../options.ts";

const JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const EXCHANGE = "urn:salesforce:grant-type:external:cdp";
const ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token";

/** The connected app's key pair, made when first asked for: that takes a while. */
export interface ConnectedApp {
  /** PKCS #8, PEM. */
  privateKey(): string;
  /** Whether the text was signed by it. */
  verifies(text: string, signature: Buffer): boolean;
}

export function createConnectedApp(): ConnectedApp {
  let pem: string | undefined;
  const privateKey = (): string =>
    (pem ??= generateKeyPairSync("rsa", {
      modulusLength: 2_048,
      privateKeyEncoding: { type: "pkcs8", format: "pem" },
      publicKeyEncoding: { type: "spki", format: "pem" },
    }).privateKey);
  return {
    privateKey,
    verifies: (text, signature) =>
      pem !== undefined && verify("RSA-SHA256", Buffer.from(text), createPublicKey(pem), signature),
  };
}

export interface TokenParts {
  readonly app: ConnectedApp;
  readonly core: TokenIssuer;
  readonly tenant: TokenIssuer;
  readonly faults: FaultPlan;
  readonly origin: () => string;
}

export function addTokenRoutes(server: FastifyInstance, parts: TokenParts): void {
  void server.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", { parseAs: "string" }, (_request, body, done) => done(null, body));

    async function answer(
      request: FastifyRequest,
      reply: FastifyReply,
      judge: (form: URLSearchParams) => { refused: string } | { body: object },
    ): Promise<FastifyReply> {
      const fault = parts.faults.decide("salesforceToken");
      await holdBack(fault.delayMs);
      if (fault.outcome === "reset") return resetConnection(request, reply);
      if (typeof fault.outcome === "number") {
        return reply.code(fault.outcome).send({ error: "simulated", error_description: "a fault on demand" });
      }
      const verdict = judge(new URLSearchParams(String(request.body)));
      if (fault.outcome === "lose-response") return resetConnection(request, reply);
      if ("refused" in verdict) {
        return reply.code(400).send({ error: "invalid_grant", error_description: verdict.refused });
      }
      const text = JSON.stringify(verdict.body);
      return reply
        .type("application/json")
        .send(fault.outcome === "undecodable" ? text.slice(0, text.length / 2) : text);
    }

    scope.post("/services/oauth2/token", (request, reply) =>
      answer(request, reply, (form) => {
        if (form.get("grant_type") !== JWT_BEARER) return { refused: "unsupported grant type" };
        const wrong = faultOfAssertion(form.get("assertion") ?? "", parts);
        if (wrong !== undefined) return { refused: wrong };
        // the core org says nothing of the token's life
        return {
          body: { access_token: parts.core.issue(), instance_url: parts.origin(), token_type: "Bearer" },
        };
      }),
    );

    scope.post("/services/a360/token", (request, reply) =>
      answer(request, reply, (form) => {
        const subject = form.get("subject_token") ?? "";
        if (form.get("grant_type") !== EXCHANGE || form.get("subject_token_type") !== ACCESS_TOKEN) {
          return { refused: "unsupported grant type" };
        }
        if (subject !== SIMULATED.salesforceToken && !parts.core.isValid(subject)) {
          return { refused: "the subject token is unknown or expired" };
        }
        return {
          body: {
            access_token: parts.tenant.issue(),
            instance_url: new URL(parts.origin()).host,
            token_type: "Bearer",
            issued_token_type: "urn:ietf:params:oauth:token-type:jwt",
            expires_in: parts.tenant.settings.expiresInSeconds,
          },
        };
      }),
    );
  });
}

function faultOfAssertion(assertion: string, { app, origin }: TokenParts): string | undefined {
  const [head = "", claims = "", signature = "", ...others] = assertion.split(".");
  if (others.length > 0 || decode(head)["alg"] !== "RS256") return "the assertion is no RS256 JWT";
  if (!app.verifies(`${head}.${claims}`, Buffer.from(signature, "base64url"))) {
    return "the assertion's signature does not fit";
  }
  const { iss, sub, aud, exp } = decode(claims);
  if (iss !== SIMULATED.salesforceClientId || sub !== SIMULATED.salesforceUsername) {
    return "user hasn't approved this consumer";
  }
  if (aud !== origin()) return "the audience is not this login server";
  const lifeMs = Number(exp) * 1_000 - Date.now();
  return lifeMs > 0 && lifeMs <= 300_000 ? undefined : "the assertion is expired, or lives for too long";
}

function decode(part: string): Record<string, unknown> {
  try {
    return JSON.parse(Buffer.from(part, "base64url").toString("utf8")) as Record<string, unknown>;
  } catch {
    return {};
  }
}
