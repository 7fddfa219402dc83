/**
 * The HTTP API, put together from its parts. Listening is the caller's business.
 *
 * Order matters: what watches routes (the list of paths, the document, the guards) comes before the routes; only the
 * documentation page comes before the guards, since it is open.
 */
import helmet from "@fastify/helmet";
import rateLimit from "@fastify/rate-limit";
import websocket from "@fastify/websocket";
import fastify, { type FastifyInstance, type FastifyRequest, LogController } from "fastify";
import { randomUUID } from "node:crypto";
import type { Socket } from "node:net";
import type { TSchema } from "typebox";
import { After202Error } from "../core/errors.ts";
import { guardRoutes } from "./auth.ts";
import { serveDocs } from "./docs-page.ts";
import { createLiveFeed, LIVE_LIMITS } from "./live/live-feed.ts";
import { observeLiveFeed } from "./live/live-metrics.ts";
import { createHttpMetrics, observeAnswers } from "./http-metrics.ts";
import {
  HEADERS_TIMEOUT_MS,
  KEEP_ALIVE_TIMEOUT_MS,
  MAX_DOUBTFUL_KEYS_PER_SECOND,
  MAX_FOLLOWER_MESSAGE_BYTES,
  MAX_WAITERS,
  REQUEST_TIMEOUT_MS,
  SMALL_BODY_LIMIT,
  TIMEOUT_CHECK_MS,
} from "./limits.ts";
import { documentRoutes } from "./openapi.ts";
import type { ApiParts } from "./parts.ts";
import { problemHandler } from "./problem.ts";
import type { RouteApp } from "./route-app.ts";
import { alertRoutes } from "./routes/alerts.ts";
import { backfillRoutes } from "./routes/backfill.ts";
import { correlationRoutes } from "./routes/correlations.ts";
import { deadLetterRoutes } from "./routes/dead-letters.ts";
import { eventRoutes } from "./routes/events.ts";
import { liveRoutes } from "./routes/live.ts";
import { missingPersonsRoutes } from "./routes/missing-persons.ts";
import { reprocessRoutes } from "./routes/reprocess.ts";
import { requestWaitRoutes } from "./routes/request-wait.ts";
import { requestRoutes } from "./routes/requests.ts";
import { serviceRoutes } from "./routes/service.ts";
import { silenceRoutes } from "./routes/silences.ts";
import { statsRoutes } from "./routes/stats.ts";
import { streamRoutes } from "./routes/stream.ts";
import { submissionRoutes } from "./routes/submissions.ts";
import { webhookRoutes } from "./routes/webhook.ts";
import { compileConvertingCheck } from "./schema-check.ts";
import { createSettlementWatch } from "./settlement-watch.ts";
import { observeStore } from "./store-answers.ts";
import { collectRoutes, refuseUnknownRoutes } from "./unknown-route.ts";

/** Ids in paths may be long; the length itself is checked by the routes. */
const MAX_PARAM_LENGTH = 16_384;

/** Resolves when all routes are in place. On `close` waiting calls are answered SHUTTING_DOWN. */
export async function openApi(parts: ApiParts): Promise<FastifyInstance> {
  const watch = createSettlementWatch({ ...parts, maxWaiters: parts.settings?.maxWaiters ?? MAX_WAITERS });
  const live = createLiveFeed({
    ...parts,
    ledger: parts.unhurriedLedger ?? parts.ledger,
    limits: { ...LIVE_LIMITS, ...parts.settings?.live },
  });
  const metrics = createHttpMetrics(parts.registry, () => watch.waiting);
  observeLiveFeed(parts.registry, live);
  observeStore(parts.registry, parts.health);
  const answerProblem = problemHandler((code) => metrics.refusals.inc({ code }));
  const requestTimeout = parts.settings?.requestTimeoutMs ?? REQUEST_TIMEOUT_MS;
  const app = fastify({
    loggerInstance: parts.logger,
    genReqId: () => randomUUID(),
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: "logId" }),
    trustProxy: false,
    bodyLimit: SMALL_BODY_LIMIT,
    requestTimeout,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    http: {
      headersTimeout: HEADERS_TIMEOUT_MS,
      connectionsCheckingInterval: Math.min(TIMEOUT_CHECK_MS, requestTimeout),
    },
    forceCloseConnections: "idle",
    return503OnClosing: false,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    frameworkErrors: (error, request, reply) => void answerProblem(error, request, reply),
    clientErrorHandler: refuseBrokenHttp,
  });
  const known = collectRoutes(app);
  app.setErrorHandler(answerProblem);
  app.setValidatorCompiler<TSchema>(({ schema, httpPart }) =>
    httpPart === "body" ? () => true : compileConvertingCheck(schema),
  );
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  closeOrderly(app, () => {
    watch.close();
    live.close();
  });
  observeAnswers(app, metrics);
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { "default-src": ["'none'"], "frame-ancestors": ["'none'"] },
    },
    strictTransportSecurity: false, // TLS ends in front of this service, and so does its policy
  });
  await app.register(rateLimit, { global: false });
  await documentRoutes(app, parts.version);
  await serveDocs(app);
  await app.register(websocket, { options: { maxPayload: MAX_FOLLOWER_MESSAGE_BYTES } });
  guardRoutes(app, parts, doubtLimit(app, parts.settings?.maxDoubtfulKeysPerSecond));
  for (const routes of [
    requestRoutes,
    missingPersonsRoutes,
    (scope: RouteApp) => requestWaitRoutes(scope, parts, watch),
    (scope: RouteApp) => liveRoutes(scope, live),
    correlationRoutes,
    submissionRoutes,
    eventRoutes,
    webhookRoutes,
    streamRoutes,
    statsRoutes,
    backfillRoutes,
    alertRoutes,
    silenceRoutes,
    deadLetterRoutes,
    reprocessRoutes,
    serviceRoutes,
  ]) {
    await app.register(async (scope: RouteApp) => routes(scope, parts));
  }
  refuseUnknownRoutes(app, known);
  await app.ready();
  return app;
}

/**
 * Calls that come while the service stops are sent elsewhere; calls that wait are let go. Every answer from then on
 * ends its connection, which else would be kept open, and the service with it. So would connections that were opened in
 * advance and never used (browsers and fetch pools do that): these are cut.
 */
function closeOrderly(app: FastifyInstance, letGo: () => void): void {
  let closing = false;
  const sockets = new Set<Socket>();
  app.server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  app.addHook("preClose", async () => {
    closing = true;
    letGo();
    for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
  });
  app.addHook("onRequest", async () => {
    if (closing)
      throw new After202Error("SHUTTING_DOWN", "The service is stopping; send it again in a moment.");
  });
  app.addHook("onSend", async (_request, reply) => {
    if (closing) void reply.header("connection", "close");
  });
}

function doubtLimit(app: FastifyInstance, max = MAX_DOUBTFUL_KEYS_PER_SECOND) {
  const take = app.createRateLimit({ max, timeWindow: 1_000 });
  return async (request: FastifyRequest): Promise<void> => {
    const verdict = await take(request);
    if (verdict.isAllowed || !verdict.isExceeded) return;
    throw new After202Error("TOO_MANY_REQUESTS", "Too many wrong keys from this address; wait a second.");
  };
}

/** What is not HTTP, or took too long to become a request, has no reply object to answer with. */
function refuseBrokenHttp(error: Error & { code?: string }, socket: Socket): void {
  if (!socket.writable || error.code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  const message =
    error.code === "HPE_HEADER_OVERFLOW"
      ? "The headers or the path are too long."
      : error.code === "ERR_HTTP_REQUEST_TIMEOUT"
        ? "The request took too long to arrive."
        : "This is not HTTP.";
  const body = JSON.stringify({ error: { code: "INPUT_UNREADABLE", message } });
  socket.end(
    `HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: application/json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
