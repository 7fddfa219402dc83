/** The log as a hook: one structured line for each notification; for those whose logs raise alarms already. */
import type { Severity } from "../../core/alert.ts";
import type { AlertHook } from "../../core/alert-ports.ts";
import type { Logger } from "../../core/ports.ts";

export interface LogHookOptions {
  /** Default `log`. */
  readonly name?: string;
  readonly logger: Logger;
}

const LEVELS = { critical: "error", warning: "warn", info: "info" } as const satisfies Record<
  Severity,
  keyof Logger
>;

export function createLogHook({ name = "log", logger }: LogHookOptions): AlertHook {
  return {
    name,
    deliver(payload, deliveryId) {
      const level = payload.status === "firing" ? LEVELS[payload.severity] : "info";
      logger[level]({ deliveryId, alert: payload }, `alert ${payload.status}: ${payload.summary}`);
      return Promise.resolve({ kind: "delivered" });
    },
  };
}
