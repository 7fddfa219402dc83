/** Followers of the live feed in a process of their own: half by Server-Sent Events, half by WebSocket, some of them deaf. */
import { connect, type Socket } from "node:net";
import { WebSocket } from "ws";
import { answerParent } from "./child-answers.ts";

const { url, count, deaf } = JSON.parse(process.env["FOLLOWERS_OPTIONS"] ?? "{}") as {
  url: string;
  count: number;
  /** So many of them never read. */
  deaf: number;
};

const open = new Set<Socket | WebSocket>();
let bytes = 0;
let letGo = 0;

answerParent(
  {
    async start() {
      for (let n = 0; n < count; n++) await (n % 2 === 0 ? followEvents(n < deaf) : followSocket(n < deaf));
      return true;
    },
    counts: () => ({ bytes, letGo, open: open.size }),
  },
  async () => {
    for (const one of open)
      if (one instanceof WebSocket) one.terminate();
      else one.destroy();
  },
);

function followEvents(isDeaf: boolean): Promise<void> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  open.add(socket);
  socket.on("error", () => undefined);
  socket.once("close", () => open.delete(socket) && (letGo += 1));
  socket.write(`GET /v1/live HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`);
  return new Promise((resolve) => {
    socket.once("data", () => {
      if (isDeaf) socket.pause();
      else socket.on("data", (chunk) => (bytes += chunk.length));
      resolve();
    });
  });
}

function followSocket(isDeaf: boolean): Promise<void> {
  const socket = new WebSocket(`${url.replace("http", "ws")}/v1/live/ws`, { perMessageDeflate: false });
  open.add(socket);
  socket.on("error", () => undefined);
  socket.once("close", () => open.delete(socket) && (letGo += 1));
  return new Promise((resolve) => {
    socket.once("open", () => {
      if (isDeaf) socket.pause();
      else socket.on("message", (data: Buffer) => (bytes += data.length));
      resolve();
    });
  });
}
