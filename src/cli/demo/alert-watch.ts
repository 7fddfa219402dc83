/**
 * Alerts, as the demo tells of them: each once a status, in the words that hooks are told.
 */
import type { AlertJson, AlertPage } from "../alert-answers.ts";
import type { ServiceClient } from "../service-client.ts";
import type { Look } from "../terminal/look.ts";
import { printable } from "../terminal/printable.ts";

const SHOWN = 4;

export interface AlertWatch {
  /** The newest alerts, and those of them that have not been told of in their present status. */
  take(): Promise<{ readonly newest: readonly AlertJson[]; readonly news: readonly AlertJson[] }>;
}

export function openAlertWatch(client: Pick<ServiceClient, "ask">): AlertWatch {
  const told = new Set<string>();
  return {
    async take() {
      const { items }: AlertPage = await client.ask("/v1/alerts?limit=20");
      const news = items.filter(({ id, status }) => !told.has(`${id} ${status}`)).toReversed();
      for (const { id, status } of news) told.add(`${id} ${status}`);
      return { newest: items.slice(0, SHOWN), news };
    },
  };
}

export function alertLine({ status, type, summary }: AlertJson): string {
  return `alert ${status}, ${type}: ${printable(summary)}`;
}

/** A few lines for the board; none while nothing was ever wrong. */
export function renderAlerts(newest: readonly AlertJson[], { colors }: Look): string {
  if (newest.length === 0) return "";
  const lines = newest.map((alert) => {
    const mark = alert.status === "firing" ? colors.red("●") : colors.green("○");
    return `  ${mark} ${printable(alert.summary)}  ${colors.dim(`${alert.type}, ${alert.evidence}`)}`;
  });
  return ["", "alerts", ...lines].join("\n");
}
