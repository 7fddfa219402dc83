/**
 * The set-up of deploy/ behind one URL: two `ingest`, two `api` and one `alerts`, processes of their own on one ClickHouse
 * over HTTP, and a proxy before them that gives each path to those whose role it is, in turns.
 */
import { once } from "node:events";
import {
  createServer,
  type IncomingMessage,
  request as ask,
  type RequestOptions,
  type Server,
} from "node:http";
import type { AddressInfo } from "node:net";
import { createServiceProcess, type ServiceProcess } from "../chaos/service-process.ts";
import type { Role } from "../../src/config.ts";
import type { Environment } from "./service.ts";

const ROLES: readonly Role[] = ["ingest", "ingest", "api", "api", "alerts"];

export interface FiveProcesses {
  readonly url: string;
  close(): Promise<void>;
}

/** @param env settings, with CLICKHOUSE_URL */
export async function openFiveProcesses({ PORT = "0", ...env }: Environment): Promise<FiveProcesses> {
  const targets: Targets = { ingest: [], api: [], alerts: [] };
  const proxy = await openProxy(Number(PORT), targets);
  const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const processes: { role: Role; process: ServiceProcess }[] = [];
  const close = async (): Promise<void> => {
    proxy.close();
    proxy.closeAllConnections();
    await Promise.all(processes.map(({ process }) => process.stop()));
  };
  try {
    for (const role of ROLES) {
      processes.push({ role, process: await createServiceProcess({ PUBLIC_URL: url, ...env }, [role]) });
    }
    await Promise.all(processes.map(({ process }) => process.start()));
    for (const { role, process } of processes) targets[role].push(new URL(process.url));
    return { url, close };
  } catch (error) {
    await close();
    throw error;
  }
}

type Targets = Readonly<Record<Role, URL[]>>;

/** As deploy/README has an Ingress send them; nobody asks `alerts`. */
function roleOf(path: string): Role {
  return /^\/v1\/events(\/|\?|$)/.test(path) ? "ingest" : "api";
}

async function openProxy(port: number, targets: Targets): Promise<Server> {
  let turn = 0;
  const optionsOf = (incoming: IncomingMessage): RequestOptions => {
    const own = targets[roleOf(incoming.url ?? "")];
    const { hostname, port: ownPort } = own[turn++ % own.length] as URL;
    const { method, url: path, headers } = incoming;
    return { hostname, port: ownPort, method, path, headers };
  };
  const server = createServer((incoming, outgoing) => {
    const inner = ask(optionsOf(incoming), (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.on("error", () => outgoing.destroy());
      answer.pipe(outgoing);
    });
    inner.on("error", () => outgoing.destroy());
    outgoing.on("close", () => inner.destroy());
    incoming.pipe(inner);
  });
  server.on("upgrade", (incoming, socket, head) => {
    const inner = ask(optionsOf(incoming));
    inner.on("upgrade", (answer, other, rest) => {
      const lines = answer.rawHeaders.flatMap((text, i) =>
        i % 2 === 0 ? [`${text}: ${answer.rawHeaders[i + 1]}`] : [],
      );
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join("\r\n")}\r\n\r\n`);
      other.write(head);
      socket.write(rest);
      socket.pipe(other).pipe(socket);
      for (const [one, its] of [
        [socket, other],
        [other, socket],
      ] as const) {
        one.on("error", () => its.destroy());
        one.on("close", () => its.destroy());
      }
    });
    inner.on("response", (answer) => {
      socket.write(`HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}\r\nConnection: close\r\n\r\n`);
      answer.pipe(socket);
    });
    inner.on("error", () => socket.destroy());
    inner.end();
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return server;
}
