/**
 * Adobe's side of a webhook and of a token on loopback: public keys, signatures over raw bytes, and access tokens.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createSigner } from "../../src/simulator/webhook/signer.ts";

export interface AdobeStandIn {
  /** Of keys and of tokens. */
  readonly origin: string;
  /** Delivers the body, signed; resolves with the status. */
  deliver(url: string, body: string): Promise<number>;
  close(): Promise<void>;
}

export async function openAdobeStandIn(): Promise<AdobeStandIn> {
  const signer = await createSigner();
  const server = createServer((request, response) => {
    const key = signer.publicKey(/^\/prod\/keys\/(.*)$/.exec(request.url ?? "")?.[1] ?? "");
    if (key !== undefined) response.end(key);
    else if (request.url === "/ims/token/v3") {
      const token = { access_token: "stand-in", token_type: "bearer", expires_in: 86_399 };
      response.setHeader("content-type", "application/json").end(JSON.stringify(token));
    } else response.writeHead(404).end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async deliver(url, body) {
      const headers = { "content-type": "application/json", ...signer.headers(body) };
      const response = await fetch(`${url}/v1/events/adobe`, { method: "POST", headers, body });
      await response.arrayBuffer();
      return response.status;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
