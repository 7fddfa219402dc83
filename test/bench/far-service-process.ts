/**
 * A service on another machine, as the recorder sees it: takes submissions at next to no cost for this one, and hands them to
 * the real service when the measuring is over, so that what is measured is also checked.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { answerParent } from "./child-answers.ts";

const bodies: string[] = [];

const server = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks).toString();
  bodies.push(body);
  const items = body.split("\n").map(() => ({ status: "stored" }));
  response.writeHead(202, { "content-type": "application/json" }).end(JSON.stringify({ items }));
});
server.listen(0, "127.0.0.1");
await once(server, "listening");

answerParent(
  {
    url: () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async handOver(url: string) {
      for (const body of bodies) {
        const headers = { "content-type": "application/x-ndjson" };
        const response = await fetch(`${url}/v1/submissions`, { method: "POST", headers, body });
        if (response.status !== 202) throw new Error(`${response.status} ${await response.text()}`);
        await response.arrayBuffer();
      }
      return true;
    },
  },
  async () => void server.close(),
);
