/** The service in a process of its own, settings from its environment, its store open to questions. */
import { createLogger, openApp } from "../../src/app.ts";
import { loadConfigFromProcess, type Role, ROLES } from "../../src/config.ts";
import { keepHeapSmall } from "../../src/small-heap.ts";
import { answerParent } from "./child-answers.ts";

keepHeapSmall();
const config = loadConfigFromProcess();
const { roles = ROLES } = JSON.parse(process.env["BENCH_SERVICE"] ?? "{}") as { roles?: readonly Role[] };
const app = await openApp(config, { logger: createLogger(config.logLevel), roles });

answerParent(
  {
    url: () => app.url,
    cursor: (source: string) => app.store.loadCursor(source),
    command: (sql: string) => app.store.client.command(sql),
    async query({ sql, params }: { sql: string; params?: Record<string, unknown> }) {
      const began = performance.now();
      const rows = await app.store.client.query(sql, params);
      return { rows, ms: performance.now() - began };
    },
  },
  () => app.close(),
);
