/**
 * `serve`: the service, until a signal ends it. The first signal drains, the second leaves at once.
 */
import { Command } from "commander";
import type { Role } from "../config.ts";
import { keepHeapSmall } from "../small-heap.ts";
import { listValue } from "./option-values.ts";
import { openSignals } from "./signals.ts";

interface ServeOptions {
  readonly roles?: Role[];
  readonly config?: string;
}

const ROLES: readonly Role[] = ["ingest", "api", "alerts"];

export function serveCommand(): Command {
  return new Command("serve")
    .description("run the service")
    .option("--roles <list>", `some of ${ROLES.join(", ")} (default: all)`, listValue(ROLES))
    .option("--config <file>", "YAML file with lists and rules (default: AFTER202_CONFIG)")
    .action(serve);
}

async function serve({ roles = [...ROLES], config: path }: ServeOptions): Promise<void> {
  keepHeapSmall();
  const { loadConfigFromProcess } = await import("../config.ts");
  const config = loadConfigFromProcess(process.env, path ?? process.env["AFTER202_CONFIG"]);
  const signals = openSignals();
  const { openApp } = await import("../app.ts");
  const app = await openApp(config, { roles, signal: signals.stopping }).catch((error: unknown) => {
    if (signals.stopping.aborted) return undefined;
    throw error;
  });
  if (app === undefined) return;
  if (process.stdout.isTTY || config.logLevel === "silent") {
    process.stdout.write(
      `after202 listens on ${app.url} (${roles.join(", ")}); documentation: ${app.url}/docs/\n`,
    );
  }
  await signals.stopped;
  await app.close();
  signals.close();
}
