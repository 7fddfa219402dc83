/** The simulator in a process of its own, options from its environment; it notes when its journal is read. */
import { subscribe } from "node:diagnostics_channel";
import type { IncomingMessage } from "node:http";
import { openSimulator } from "../../src/simulator/simulator.ts";
import { answerParent } from "./child-answers.ts";

let firstReadAt: number | null = null;
let lastReadAt: number | null = null;
subscribe("http.server.request.start", (message) => {
  const { request } = message as { request: IncomingMessage };
  if (!request.url?.startsWith("/events/")) return;
  lastReadAt = performance.timeOrigin + performance.now();
  firstReadAt ??= lastReadAt;
});

const options = JSON.parse(process.env["SIMULATOR_OPTIONS"] ?? "{}") as Parameters<typeof openSimulator>[0];
const simulator = await openSimulator(options);

answerParent(
  {
    urls: () => ({ origin: simulator.origin, journalUrl: simulator.journalUrl, imsUrl: simulator.imsUrl }),
    forgetReads() {
      firstReadAt = null;
      lastReadAt = null;
    },
    reads: () => ({ firstReadAt, lastReadAt }),
  },
  () => simulator.close(),
);
