/**
 * Alerts: those there are, one with its history, taking one on, and trying the hooks.
 */
import { type Static, Type } from "typebox";
import { ALERT_RULES } from "../../core/alert.ts";
import type { AlertFilter } from "../../core/alert-ports.ts";
import { After202Error } from "../../core/errors.ts";
import { alertUnknown, readOrder } from "../alert-desk.ts";
import { alertEventJson, alertJson, deliveryJson } from "../alert-json.ts";
import { JSON_TYPES, readRawBodies } from "../body-parser.ts";
import { LIST_LIMIT_DEFAULT, LIST_LIMIT_MAX, MAX_ID_LENGTH, SMALL_BODY_LIMIT } from "../limits.ts";
import { decodeCursor, encodeCursor, invalid } from "../list-cursor.ts";
import { BODY_OPTIONAL } from "../openapi.ts";
import type { ApiParts } from "../parts.ts";
import type { RouteApp } from "../route-app.ts";
import { BODY_ERRORS, routeErrors } from "../route-errors.ts";
import { compileCheck } from "../schema-check.ts";
import { acknowledgement, ALERT_STATUSES, hookTest } from "../schemas/alert.ts";
import { closed, ref } from "../schemas/field.ts";

/** Lines of history that an answer holds: the newest. */
const HISTORY_LIMIT = 1_000;

const faultsOfAcknowledgement = compileCheck(acknowledgement);
const faultsOfTest = compileCheck(hookTest);

const filterText = (description: string) =>
  Type.Optional(Type.String({ minLength: 1, maxLength: 1_024, description: `Only those ${description}.` }));

const listQuery = Type.Object(
  {
    status: Type.Optional(Type.Enum([...ALERT_STATUSES], { description: "Only those of this status." })),
    rule: Type.Optional(Type.Enum([...ALERT_RULES], { description: "Only those of this rule." })),
    instance: filterText("about this instance"),
    objectName: filterText("about this custom object"),
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: LIST_LIMIT_MAX, description: `${LIST_LIMIT_DEFAULT} by default.` }),
    ),
    cursor: Type.Optional(
      Type.String({ maxLength: 4_096, description: "`nextCursor` of the page before, filters unchanged." }),
    ),
  },
  closed,
);

const alertParams = Type.Object({
  alertId: Type.String({ minLength: 1, maxLength: MAX_ID_LENGTH, description: "The alert's id." }),
});

export function alertRoutes(app: RouteApp, parts: ApiParts): void {
  const { clock } = parts;
  readRawBodies(app, JSON_TYPES, SMALL_BODY_LIMIT);

  app.get(
    "/v1/alerts",
    {
      config: { scope: "read" },
      schema: {
        operationId: "listAlerts",
        tags: ["alerts"],
        summary: "Alerts, newest first",
        querystring: listQuery,
        response: { 200: ref("AlertList"), ...routeErrors("read", "CURSOR_INVALID") },
      },
    },
    async ({ query }) => {
      const desk = parts.alerts;
      const { cursor, limit = LIST_LIMIT_DEFAULT, ...filter } = query;
      const bound = { list: "alerts", ...filter };
      const after = cursor === undefined ? undefined : idOf(decodeCursor(cursor, bound));
      const alerts = await desk.store.listAlerts(filter as AlertFilter, limit + 1, after);
      const now = clock.now();
      const silences = await desk.store.silences(now);
      const page = alerts.slice(0, limit);
      const last = page.at(-1);
      return {
        items: page.map((alert) => alertJson(desk, alert, silences, now)),
        nextCursor: last === undefined || alerts.length <= limit ? null : encodeCursor([last.alertId], bound),
      };
    },
  );

  app.get(
    "/v1/alerts/:alertId",
    {
      config: { scope: "read" },
      schema: {
        operationId: "getAlert",
        tags: ["alerts"],
        summary: "An alert, with its history and who was told",
        params: alertParams,
        querystring: Type.Object({}, closed),
        response: { 200: ref("AlertDetail"), ...routeErrors("read", "ALERT_UNKNOWN") },
      },
    },
    async ({ params: { alertId } }) => {
      const desk = parts.alerts;
      const alert = await desk.store.findAlert(alertId);
      if (alert === undefined) throw alertUnknown();
      const now = clock.now();
      const [silences, history, deliveries] = await Promise.all([
        desk.store.silences(now),
        desk.store.alertHistory(alertId, HISTORY_LIMIT),
        desk.store.listDeliveries(alertId),
      ]);
      return {
        ...alertJson(desk, alert, silences, now),
        history: history.map(alertEventJson),
        deliveries: deliveries.map(deliveryJson),
      };
    },
  );

  app.post(
    "/v1/alerts/:alertId/acknowledge",
    {
      config: { scope: "admin" },
      bodyLimit: SMALL_BODY_LIMIT,
      schema: {
        operationId: "acknowledgeAlert",
        tags: ["alerts"],
        summary: "Take an alert on",
        description: "It is not repeated; hooks are told again when it grows or ends.",
        params: alertParams,
        querystring: Type.Object({}, closed),
        body: { content: { "application/json": { schema: ref("Acknowledgement") } } },
        response: {
          200: ref("Alert"),
          ...routeErrors("admin", ...BODY_ERRORS, "ALERT_UNKNOWN", "ALERTS_STANDBY"),
        },
      },
    },
    async ({ params: { alertId }, body }) => {
      const desk = parts.alerts;
      const { by, comment } = readOrder<Static<typeof acknowledgement>>(body, faultsOfAcknowledgement);
      const alert = await desk.acknowledge(alertId, by, comment ?? "");
      if (alert === undefined) throw alertUnknown();
      const now = clock.now();
      return alertJson(desk, alert, await desk.store.silences(now), now);
    },
  );

  app.post(
    "/v1/alerts/test",
    {
      config: { scope: "admin" },
      bodyLimit: SMALL_BODY_LIMIT,
      schema: {
        operationId: "testHooks",
        tags: ["alerts"],
        summary: "Send a test alert to the hooks",
        description: "To one, or without a body to all. The answer tells what became of each.",
        querystring: Type.Object({}, closed),
        ...BODY_OPTIONAL,
        body: { content: { "application/json": { schema: ref("HookTest") } } },
        response: {
          200: ref("HookTestReport"),
          ...routeErrors("admin", ...BODY_ERRORS, "HOOK_UNKNOWN"),
        },
      },
    },
    async ({ body }) => {
      const desk = parts.alerts;
      const { hook } = readOrder<Static<typeof hookTest>>(body, faultsOfTest, {});
      const hooks = await desk.test(hook);
      if (hook !== undefined && hooks.length === 0) {
        throw new After202Error(
          "HOOK_UNKNOWN",
          `No hook is named ${JSON.stringify(hook)}; without a name all of them are tried.`,
        );
      }
      return { hooks };
    },
  );
}

function idOf([id]: readonly unknown[]): string {
  if (typeof id === "string") return id;
  throw invalid();
}
