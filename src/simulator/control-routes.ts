/**
 * The simulator's own controls, below `/_simulator`: what is going on, the truth, and the levers.
 *
 * Nothing here exists upstream, and nothing here asks for credentials: the simulator listens on loopback only.
 */
import { Readable } from "node:stream";
import type { FastifyInstance, FastifyReply } from "fastify";
import type { FaultPlan } from "./faults.ts";
import type { TokenIssuer } from "./ims-routes.ts";
import type { Journal } from "./journal/journal.ts";
import type { Random } from "./random.ts";
import type { Relay } from "./relay/relay.ts";
import type { Salesforce } from "./salesforce/salesforce.ts";
import { rawEvent, seal } from "./stream/cloud-event.ts";
import type { Stream } from "./stream/stream.ts";
import type { Truth, TruthRow } from "./truth.ts";
import type { WebhookTarget } from "./webhook/registration.ts";
import type { Webhooks } from "./webhook/webhooks.ts";

export interface ControlParts {
  readonly summary: () => object;
  readonly truth: Truth;
  readonly faults: FaultPlan;
  readonly stream: Stream;
  readonly tokens: TokenIssuer;
  readonly salesforce: Salesforce;
  readonly journals: ReadonlyMap<string, Journal>;
  readonly webhooks: Webhooks;
  readonly relay: Relay;
  readonly random: Random;
}

/** Registers the controls. */
export function addControlRoutes(server: FastifyInstance, parts: ControlParts): void {
  const { faults, webhooks } = parts;

  server.get("/_simulator", async () => parts.summary());

  server.get("/_simulator/truth", async (_request, reply) =>
    reply.type("application/x-ndjson").send(Readable.from(linesOf(parts.truth.rows()))),
  );

  /** By path: how many distinct events were to come by it, and how many of them never do. */
  server.get("/_simulator/truth/paths", async () => parts.stream.paths());

  server.get("/_simulator/truth/:requestId", async (request, reply) => {
    const row = parts.truth.get((request.params as { requestId: string }).requestId);
    return row ?? refuse(reply, 404, "no such request");
  });

  server.get("/_simulator/faults", async () => faults.settings);

  server.post("/_simulator/faults", async (request, reply) => {
    try {
      faults.patch(request.body ?? {});
      return faults.settings;
    } catch (error) {
      return refuse(reply, 400, error instanceof Error ? error.message : String(error));
    }
  });

  /**
   * One event or an array; `{"raw": "…"}` is put on the stream as it is, JSON or not. Untouched by faults, unless
   * `?faults=true`.
   */
  server.post("/_simulator/emit", async (request, reply) => {
    const events: unknown[] = Array.isArray(request.body) ? request.body : [request.body];
    const sealed = events.map((event) => {
      if (typeof event !== "object" || event === null) return null;
      if ("raw" in event && typeof event.raw === "string") return rawEvent(event.raw, parts.random);
      return seal(event, parts.random);
    });
    if (sealed.includes(null)) return refuse(reply, 400, "events must be objects");
    const { faults: withFaults } = request.query as { faults?: string };
    const put = withFaults === "true" ? parts.stream.publish : parts.stream.deliver;
    for (const event of sealed) if (event !== null) put(event);
    return { emitted: sealed.length };
  });

  /** Breaks the relay's connections; `?way=sse` or `?way=websocket`: only these. */
  server.post("/_simulator/disconnect", async (request, reply) => {
    const { way } = request.query as { way?: string };
    if (way !== undefined && way !== "sse" && way !== "websocket") {
      return refuse(reply, 400, "way is sse or websocket");
    }
    return { disconnected: parts.relay.disconnect(way) };
  });

  /** Revokes every token given out so far. */
  server.post("/_simulator/revoke", async () => {
    parts.tokens.revokeAll();
    parts.salesforce.revokeTokens();
    return { revoked: true };
  });

  /** Forgets all but the newest `keep` events of every journal: older positions get a 410. */
  server.post("/_simulator/expire", (request, reply) => {
    const keep = (request.body as { keep?: number } | undefined)?.keep ?? 0;
    for (const journal of parts.journals.values()) journal.expire(keep);
    void reply.send({ keep });
  });

  server.post("/_simulator/webhooks", async (request, reply) => {
    const target = request.body as WebhookTarget | undefined;
    if (!URL.canParse(target?.url ?? "") || target === undefined) return refuse(reply, 400, "url is missing");
    const validated = await webhooks.register(target);
    return reply.code(validated ? 201 : 422).send({ name: target.name ?? target.url, validated });
  });

  server.delete("/_simulator/webhooks", async (request, reply) => {
    const { name } = request.query as { name?: string };
    return webhooks.unregister(name ?? "") ? { removed: name } : refuse(reply, 404, "no such webhook");
  });
}

function refuse(reply: FastifyReply, status: number, message: string): FastifyReply {
  return reply.code(status).send({ message });
}

/** In pieces of many rows: a line at a time would be slow. */
function* linesOf(rows: Iterable<TruthRow>): Generator<string> {
  let piece = "";
  for (const row of rows) {
    piece += `${JSON.stringify(row)}\n`;
    if (piece.length < 65_536) continue;
    yield piece;
    piece = "";
  }
  if (piece !== "") yield piece;
}
