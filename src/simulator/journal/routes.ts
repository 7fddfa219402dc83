/**
 * The Journaling API: `GET /events/organizations/{org}/integrations/{integration}/{registration}`.
 *
 * 200 with a page and `Link` headers, 204 at the end, 410 for a position that has expired.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { headerOf, holdBack, lastOf, resetConnection } from "../connection.ts";
import type { FaultPlan } from "../faults.ts";
import type { TokenIssuer } from "../ims-routes.ts";
import { SIMULATED, type JournalSettings } from "../options.ts";
import type { Journal, JournalQuery } from "./journal.ts";
import { parseSeek } from "./position.ts";

export interface JournalParts {
  readonly settings: JournalSettings;
  readonly journals: ReadonlyMap<string, Journal>;
  readonly tokens: TokenIssuer;
  readonly faults: FaultPlan;
}

/** Where a simulator's journals lie; organisation and integration may be anything. */
export const JOURNAL_PATH = "/events/organizations/1001/integrations/2002";

interface GatewayError {
  readonly status: number;
  readonly error_code: string;
  readonly message: string;
}

/** Registers the journals. */
export function addJournalRoutes(server: FastifyInstance, parts: JournalParts): void {
  server.get("/events/organizations/:org/integrations/:integration/:registration", async (request, reply) => {
    const fault = parts.faults.decide("journal");
    await holdBack(fault.delayMs);
    if (fault.outcome === "reset") return resetConnection(request, reply);
    if (typeof fault.outcome === "number") return refuse(reply, simulatedError(fault.outcome));
    const { registration } = request.params as { registration: string };
    const journal = parts.journals.get(registration);
    const refusal = refusalOf(request, parts.tokens, journal);
    if (refusal !== null || journal === undefined) return refuse(reply, refusal ?? notFound());
    const query = queryOf(request.query as Record<string, unknown>);
    if (query === null) return refuse(reply, badRequest("limit, seek or since is not valid"));
    const read = journal.read(query);
    if (fault.outcome === "lose-response") return resetConnection(request, reply);
    if (read.status === "invalid") return refuse(reply, badRequest("since is no position of this journal"));
    if (read.status === "expired") {
      return refuse(reply, { status: 410, error_code: "410000", message: "The position has expired" });
    }
    void reply.header("link", linksOf(request, parts.settings.links, read.position, query.limit));
    if (read.status === "end") {
      if (!read.journalIsEmpty) void reply.header("retry-after", parts.settings.retryAfterSeconds);
      return reply.code(204).send();
    }
    return reply
      .type("application/json")
      .send(fault.outcome === "undecodable" ? read.body.slice(0, read.body.length * 0.6) : read.body);
  });
}

function refuse(reply: FastifyReply, { status, ...body }: GatewayError): FastifyReply {
  if (status === 429) void reply.header("retry-after", 1);
  return reply.code(status).send(body);
}

function refusalOf(
  request: FastifyRequest,
  tokens: TokenIssuer,
  journal: Journal | undefined,
): GatewayError | null {
  const [scheme, token] = headerOf(request, "authorization").split(" ");
  if (scheme?.toLowerCase() !== "bearer" || token === undefined) {
    return { status: 401, error_code: "401010", message: "Oauth token is missing" };
  }
  if (!tokens.isValid(token)) {
    return { status: 401, error_code: "401013", message: "Oauth token is not valid" };
  }
  if (headerOf(request, "x-api-key") !== SIMULATED.clientId) {
    return { status: 403, error_code: "403003", message: "Api Key is invalid" };
  }
  if (headerOf(request, "x-ims-org-id") !== SIMULATED.organizationId) {
    return {
      status: 403,
      error_code: "403025",
      message: "The organization is not allowed to read this journal",
    };
  }
  return journal === undefined ? notFound() : null;
}

/** @returns null if a parameter is wrong, or `seek` and `since` come together */
function queryOf(raw: Record<string, unknown>): JournalQuery | null {
  const since = lastOf(raw["since"]);
  const limit = lastOf(raw["limit"]);
  const seek = lastOf(raw["seek"]);
  if (limit !== undefined && !/^[1-9]\d{0,6}$/.test(limit)) return null;
  if (seek !== undefined && since !== undefined) return null;
  const seekMs = seek === undefined ? undefined : parseSeek(seek);
  if (seekMs === null) return null;
  return {
    latest: lastOf(raw["latest"]) === "true",
    ...(since === undefined ? {} : { since }),
    ...(limit === undefined ? {} : { limit: Number(limit) }),
    ...(seekMs === undefined ? {} : { seekMs }),
  };
}

function linksOf(
  request: FastifyRequest,
  form: JournalSettings["links"],
  position: string,
  limit: number | undefined,
): string {
  const path = request.url.split("?")[0] ?? "";
  const journal = form === "absolute" ? `http://${request.headers.host ?? ""}${path}` : path;
  const since = `since=${encodeURIComponent(position)}`;
  const links = {
    events: journal,
    next: `${journal}?${since}${limit === undefined ? "" : `&limit=${limit}`}`,
    latest: `${journal}?latest=true`,
    page: `${journal}?since={position}&limit={count}`,
    seek: `${journal}?seek={duration}&limit={count}`,
  };
  return Object.entries(links)
    .map(([rel, uri]) => `<${uri}>; rel="${rel}"`)
    .join(", ");
}

function simulatedError(status: number): GatewayError {
  return { status, error_code: `${status}000`, message: "a fault on demand" };
}

function badRequest(message: string): GatewayError {
  return { status: 400, error_code: "400000", message };
}

function notFound(): GatewayError {
  return { status: 404, error_code: "404000", message: "No such registration" };
}
