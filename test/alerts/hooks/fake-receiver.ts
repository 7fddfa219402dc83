/** A receiver over a real socket: keeps what it was sent and answers as told. */
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** A status, or whatever a test does with the answer; `hang` never answers. */
export type Reply = number | "hang" | ((response: ServerResponse) => void);

export class FakeReceiver {
  readonly received: Received[] = [];
  /** For the next requests, one each; then `reply`. */
  readonly replies: Reply[] = [];
  reply: Reply = 200;
  /** Connections that were opened. */
  connections = 0;
  private readonly server: Server;

  private constructor() {
    this.server = createServer((request, response) => void this.answer(request, response));
    this.server.on("connection", () => (this.connections += 1));
  }

  static async open(): Promise<FakeReceiver> {
    const receiver = new FakeReceiver();
    await new Promise<void>((resolve) => receiver.server.listen(0, "127.0.0.1", resolve));
    return receiver;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/hook`;
  }

  /** The bodies, decoded. */
  get bodies(): unknown[] {
    return this.received.map(({ body }) => JSON.parse(body) as unknown);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    this.received.push({
      method: request.method ?? "",
      path: request.url ?? "",
      headers: flat(request.headers),
      body,
    });
    const reply = this.replies.shift() ?? this.reply;
    if (reply === "hang") return;
    if (typeof reply === "function") reply(response);
    else response.writeHead(reply).end();
  }
}

function flat(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}
