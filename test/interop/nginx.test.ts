/**
 * With a real nginx (Debian: nginx): deploy's own configuration, with the ports of this machine, speaks TLS in front of two
 * API processes. Whoever asks does not notice that one of them is killed.
 */
import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Agent, fetch } from "undici";
import { WebSocket } from "ws";
import { createServiceProcess, type ServiceProcess } from "../chaos/service-process.ts";
import { QUIET } from "../e2e/service.ts";
import { until } from "../e2e/until.ts";
import { CHECKOUT } from "../house/checkout.ts";
import { resultsEvent } from "../pipeline/sample-events.ts";
import { type ClickHouseEndpoint, openClickHouseEndpoint } from "../store/clickhouse-endpoint.ts";
import { type Daemon, findProgram, freePort, startDaemon } from "./daemon.ts";

const OPENSSL = "openssl"; // comes with Debian's nginx
const NGINX = findProgram("nginx.test.ts", "nginx", "nginx", "/usr/sbin/nginx");

describe.skipIf(NGINX === undefined)("a real nginx in front of two API processes", () => {
  let directory: string;
  let endpoint: ClickHouseEndpoint;
  let processes: [ServiceProcess, ServiceProcess];
  let nginx: Daemon | undefined;
  let url: string;
  let certificate: string;
  let dispatcher: Agent;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "after202-nginx-"));
    endpoint = await openClickHouseEndpoint();
    const env = {
      ...QUIET,
      CLICKHOUSE_URL: endpoint.url,
      DATA_DIR: join(directory, "unused"),
      LOG_LEVEL: "silent",
    };
    processes = [await createServiceProcess(env, ["api"]), await createServiceProcess(env, ["api"])];
    await Promise.all(processes.map((one) => one.start()));
    const port = await freePort();
    url = `https://127.0.0.1:${port}`;
    makeCertificate();
    writeFileSync(join(directory, "nginx.conf"), configHere(port));
    nginx = startDaemon(NGINX ?? "", ["-p", directory, "-c", "nginx.conf", "-e", "error.log"]);
    dispatcher = new Agent({ connect: { ca: certificate } });
    await until("nginx answers", async () => (await call("/healthz")) === 200).catch((cause: unknown) => {
      throw new Error(nginx?.output(), { cause });
    });
  });

  afterAll(async () => {
    await dispatcher.destroy();
    await nginx?.end();
    await Promise.all(processes.map((one) => one.kill()));
    await endpoint.close();
    rmSync(directory, { recursive: true });
  });

  function makeCertificate(): void {
    const files = ["-keyout", join(directory, "privkey.pem"), "-out", join(directory, "fullchain.pem")];
    const name = ["-subj", "/CN=after202.example.com", "-addext", "subjectAltName=IP:127.0.0.1"];
    const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"];
    execFileSync(OPENSSL, ["req", "-x509", ...kind, ...name, ...files], { stdio: "ignore" });
    certificate = readFileSync(join(directory, "fullchain.pem"), "utf8");
  }

  /** What is deployed, with the ports and the folders of this test. */
  function configHere(port: number): string {
    const [first, second] = processes.map((one) => new URL(one.url).host);
    const site = readFileSync(`${CHECKOUT}deploy/nginx/after202.conf`, "utf8")
      .replace("127.0.0.1:8202", first ?? "")
      .replace("127.0.0.1:8203", second ?? "")
      .replace("listen 443 ssl", `listen 127.0.0.1:${port} ssl`)
      .replaceAll("/etc/after202/tls/", `${directory}/`);
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
      .map((name) => `${name}_temp_path ${directory}/${name};`)
      .join("\n");
    return `daemon off;\nworker_processes 1;\npid ${directory}/nginx.pid;\nevents {}\nhttp {\naccess_log off;\n${temporary}\n${site}\n}\n`;
  }

  async function call(path: string, init: { method?: string; body?: string } = {}): Promise<number> {
    const headers = init.body === undefined ? {} : { "content-type": "application/json" };
    const answer = await fetch(url + path, { ...init, headers, dispatcher });
    await answer.arrayBuffer();
    return answer.status;
  }

  const store = (requestId: string): Promise<number> =>
    call("/v1/events", { method: "POST", body: JSON.stringify(resultsEvent(randomUUID(), { requestId })) });

  it("passes calls on to both, and keeps the metrics to those inside", async () => {
    expect(await store("through-the-proxy")).toBe(200);
    for (let n = 0; n < 6; n += 1) expect(await call("/v1/requests/through-the-proxy")).toBe(200);
    expect(await call("/metrics")).toBe(404);
    for (const { url: own } of processes) {
      const text = await (await fetch(`${own}/metrics`)).text();
      expect(text).toMatch(/route="\/v1\/requests\/:requestId",status="200"\} [1-9]/);
    }
  });

  it("lets Server-Sent Events through as they happen", async () => {
    const ending = new AbortController();
    const response = await fetch(`${url}/v1/live`, { dispatcher, signal: ending.signal });
    expect(response.headers.get("content-type")).toContain("text/event-stream");
    let text = "";
    const reading = (async () => {
      for await (const chunk of response.body ?? []) text += Buffer.from(chunk as Uint8Array).toString();
    })().catch(() => undefined);
    await store("seen-over-sse");
    await until("the event is here", () => text.includes('"requestId":"seen-over-sse"'));
    ending.abort();
    await reading;
  });

  it("lets a WebSocket through as it happens", async () => {
    const socket = new WebSocket(`${url.replace("https", "wss")}/v1/live/ws`, { ca: certificate });
    let text = "";
    socket.on("message", (data: Buffer) => (text += data.toString()));
    await once(socket, "open");
    await store("seen-over-websocket");
    await until("the message is here", () => text.includes('"requestId":"seen-over-websocket"'));
    socket.close();
    await once(socket, "close");
  });

  it("hides from its clients that one of them is killed and comes back, and that the other is stopped", async () => {
    const statuses = new Map<number, number>();
    let sent = 0;
    let isOver = false;
    const client = async (): Promise<void> => {
      while (!isOver) {
        sent += 1;
        const status = sent % 4 === 0 ? await store(`r-${sent}`) : await call("/v1/requests?limit=5");
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    };
    const clients = Array.from({ length: 4 }, client);
    const answered = (): number => [...statuses.values()].reduce((sum, count) => sum + count, 0);
    const busy = async (): Promise<void> => {
      const before = answered();
      await until("calls are answered", () => answered() > before + 30);
    };
    const [first, second] = processes;
    try {
      await busy();
      await first.kill();
      await busy();
      await first.start();
      await busy();
      expect(await second.stop()).toBe(0);
      await busy();
    } finally {
      isOver = true;
    }
    await Promise.all(clients); // rejects where a connection was cut
    expect([...statuses.keys()]).toEqual([200]);
  });
});
