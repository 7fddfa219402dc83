/**
 * A ClickHouse server's HTTP interface over the embedded engine, as a process: `--port N --path DIR`.
 *
 * Enough for @clickhouse/client, and able to misbehave on demand (POST /_control, see EndpointControl). Each request has
 * an engine session of its own, so that its database, settings and parameters end with it.
 */
import { rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { Session, type ChdbResult } from "chdb";
import { decodeStatement, type Statement } from "./clickhouse-endpoint-statement.ts";

/** What the endpoint is told; fields left out stay as they are. */
export interface EndpointControl {
  /** So many requests from now on fail. */
  failNext?: number;
  /** With this status; 503 unless told. */
  failStatus?: number;
  /** With this ClickHouse exception, e.g. `Code: 252. DB::Exception: Too many parts. (TOO_MANY_PARTS)`. */
  failBody?: string;
  /** So many requests from now on are carried out, but the connection breaks before the answer. */
  loseNext?: number;
  /** Every request waits so long first. */
  delayMs?: number;
  /** While true, requests are taken and wait. */
  frozen?: boolean;
}

const { values: argv } = parseArgs({ options: { port: { type: "string" }, path: { type: "string" } } });
const path = argv.path ?? "";
const keepOpen = new Session(path); // sessions come and go; the engine stays
const control: Required<EndpointControl> = {
  failNext: 0,
  failStatus: 503,
  failBody: "Service Unavailable",
  loseNext: 0,
  delayMs: 0,
  frozen: false,
};
let thaw = gate();
let requests = 0;
let files = 0;

const server = createServer((request, response) => {
  void answer(request, response).catch((error: unknown) => fail(response, 500, String(error)));
});
server.keepAliveTimeout = 10_000;
server.listen(Number(argv.port), "127.0.0.1", () => console.log("ready"));
process.on("SIGTERM", () => {
  server.closeAllConnections();
  server.close(() => {
    keepOpen.close();
    process.exit(0);
  });
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? "/", "http://localhost");
  const body = await bodyOf(request);
  if (url.pathname === "/_control") {
    Object.assign(control, JSON.parse(body.toString("utf8") || "{}"));
    if (!control.frozen) {
      thaw.open();
      thaw = gate();
    }
    response.end(JSON.stringify({ requests }));
    return;
  }
  requests += 1;
  if (control.frozen) await thaw.promise;
  if (control.delayMs > 0) await sleep(control.delayMs);
  if (control.failNext > 0) {
    control.failNext -= 1;
    fail(response, control.failStatus, control.failBody);
    return;
  }
  if (url.pathname === "/ping") {
    response.end("Ok.\n");
    return;
  }
  await carryOut(url, request, response, body);
}

async function carryOut(
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
): Promise<void> {
  const lost = control.loseNext > 0;
  if (lost) control.loseNext -= 1;
  try {
    const statement = decodeStatement(url, request.headers, body);
    response.setHeader("X-ClickHouse-Query-Id", statement.queryId ?? "");
    const result = await execute(statement);
    if (lost) request.socket.destroy();
    response.setHeader("X-ClickHouse-Format", statement.format);
    response.setHeader("X-ClickHouse-Summary", JSON.stringify(summaryOf(result)));
    response.end(result.bytes());
  } catch (error) {
    const message = (error instanceof Error ? error.message : String(error)).replace(
      /^.*?(?=Code: \d+\.)/s,
      "",
    );
    fail(response, statusOf(message), message);
  }
}

async function execute({ preamble, text, format, rows }: Statement): Promise<ChdbResult> {
  const session = new Session(path);
  const file = `${path}/request-${++files}.rows`;
  try {
    for (const statement of preamble) await session.queryAsync(statement);
    if (rows === undefined) return await session.queryAsync(text, { format });
    await writeFile(file, rows);
    return await session.queryAsync(text.replace(" SETTINGS ", ` FROM INFILE '${file}' SETTINGS `), {
      format,
    });
  } finally {
    session.close();
    if (rows !== undefined) await rm(file, { force: true });
  }
}

function fail(response: ServerResponse, status: number, message: string): void {
  const code = /Code: (\d+)\./.exec(message)?.[1];
  if (code !== undefined) response.setHeader("X-ClickHouse-Exception-Code", code);
  response.statusCode = status;
  response.end(message);
}

/** As ClickHouse maps its exceptions. Source: src/Server/HTTPHandler.cpp */
function statusOf(message: string): number {
  const type = /\(([A-Z0-9_]+)\)\s*(\(version.*)?$/.exec(message)?.[1] ?? "";
  if (/^(UNKNOWN_TABLE|UNKNOWN_DATABASE|UNKNOWN_FUNCTION|UNKNOWN_IDENTIFIER|UNKNOWN_SETTING)$/.test(type))
    return 404;
  if (/^(SYNTAX_ERROR|CANNOT_PARSE_.*|TYPE_MISMATCH|UNKNOWN_QUERY_PARAMETER|BAD_QUERY_PARAMETER)$/.test(type))
    return 400;
  return 500;
}

function summaryOf(result: ChdbResult): Record<string, string> {
  const rows = String(result.rowsRead);
  return { read_rows: rows, read_bytes: String(result.bytesRead), written_rows: "0", result_rows: rows };
}

function gate(): { promise: Promise<void>; open: () => void } {
  let open = (): void => {};
  const promise = new Promise<void>((resolve) => (open = resolve));
  return { promise, open };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
