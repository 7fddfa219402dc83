/** A collector of OpenTelemetry on loopback: it takes traces over OTLP/HTTP as its specification writes them in JSON. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

type Value =
  | { stringValue: string }
  | { intValue: number | string }
  | { boolValue: boolean }
  | { doubleValue: number };

export interface TakenSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly { key: string; value: Value }[];
  readonly events?: readonly { name: string }[];
  readonly links?: readonly { traceId: string; spanId: string }[];
  readonly status: { code?: number; message?: string };
}

interface Payload {
  readonly resourceSpans: readonly { scopeSpans: readonly { spans: readonly TakenSpan[] }[] }[];
}

export interface TraceCollector {
  readonly url: string;
  /** What it answers; 200 takes the spans. */
  status: number;
  readonly asked: { readonly count: number; readonly headers: Readonly<Record<string, unknown>> };
  /** Each once, whatever came twice. @throws Error where one id came with two contents */
  spans(): TakenSpan[];
  close(): Promise<void>;
}

export async function openTraceCollector(): Promise<TraceCollector> {
  const taken = new Map<string, string>();
  const faults: string[] = [];
  let count = 0;
  let headers: Record<string, unknown> = {};
  const server: Server = createServer((request, response) => {
    void text(request).then((body) => {
      count += 1;
      headers = { ...request.headers, path: request.url };
      response.writeHead(collector.status, { "content-type": "application/json" }).end("{}");
      if (collector.status !== 200) return;
      const { resourceSpans } = JSON.parse(body) as Payload;
      for (const span of resourceSpans.flatMap(({ scopeSpans }) =>
        scopeSpans.flatMap(({ spans }) => spans),
      )) {
        const key = `${span.traceId} ${span.spanId}`;
        const content = JSON.stringify(span);
        if ((taken.get(key) ?? content) !== content) faults.push(`${taken.get(key)} and ${content}`);
        taken.set(key, content);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const collector: TraceCollector = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    status: 200,
    get asked() {
      return { count, headers };
    },
    spans() {
      if (faults.length > 0) throw new Error(`came with two contents: ${faults.join("; ")}`);
      return [...taken.values()].map((content) => JSON.parse(content) as TakenSpan);
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return collector;
}

/** Attributes by name; whole numbers are numbers. */
export function attributesOf(span: TakenSpan): Record<string, unknown> {
  return Object.fromEntries(
    span.attributes.map(({ key, value }) => {
      const [content] = Object.values(value) as unknown[];
      return [key, "intValue" in value ? Number(content) : content];
    }),
  );
}
