/**
 * A webhook of alerts on loopback: keeps what it is told.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import type { AlertPayload } from "../../src/core/alert-ports.ts";

const SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;

export interface AlertReceiver {
  /** Settings with which a service calls it. */
  readonly serviceEnv: Readonly<Record<string, string>>;
  readonly calls: readonly { readonly webhookId: string; readonly payload: AlertPayload }[];
  close(): Promise<void>;
}

/** @param onCall told of each payload as it comes */
export async function openAlertReceiver(onCall?: (payload: AlertPayload) => void): Promise<AlertReceiver> {
  const calls: { webhookId: string; payload: AlertPayload }[] = [];
  const server = createServer(async (request, response) => {
    const payload = (await json(request)) as AlertPayload;
    calls.push({ webhookId: String(request.headers["webhook-id"]), payload });
    onCall?.(payload);
    response.writeHead(204).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    serviceEnv: {
      ALERT_WEBHOOK_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/alerts`,
      ALERT_WEBHOOK_SECRET: SECRET,
      ALERT_ALLOW_PRIVATE: "true",
    },
    calls,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
