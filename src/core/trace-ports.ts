/** Ports of tracing: what it asks of the store, and what it gives to a collector. */
import type { AlertStore } from "./alert-ports.ts";
import type { FactReader } from "./ports.ts";

/** A request with new facts; `at` is when they were stored, by ClickHouse's clock, epoch milliseconds. */
export interface ArrivedRequest {
  readonly requestId: string;
  readonly at: number;
}

export interface TraceStore
  extends
    Pick<AlertStore, "requestsInBand" | "loadSweepCursor" | "saveSweepCursor">,
    Pick<FactReader, "queueLags"> {
  /**
   * Requests with facts that were stored in [since, until), each once a time, oldest first.
   *
   * @param share of all requests, 0 to 1, by the beginning of the SHA-256 of the id
   */
  arrivedBetween(since: number, until: number, share: number): Promise<readonly ArrivedRequest[]>;
}

export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

/** Times are epoch milliseconds. */
export interface Span {
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  /** Undefined: the root. */
  readonly parentSpanId: string | undefined;
  readonly name: string;
  readonly kind: "internal" | "client";
  readonly start: number;
  readonly end: number;
  /** Undefined: it went well. */
  readonly error: string | undefined;
  readonly attributes: SpanAttributes;
  readonly events: readonly {
    readonly at: number;
    readonly name: string;
    readonly attributes: SpanAttributes;
  }[];
  readonly links: readonly SpanContextIds[];
}

export interface SpanContextIds {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  readonly spanId: string;
}

export interface RequestTrace {
  readonly traceId: string;
  /** The root first. */
  readonly spans: readonly Span[];
}

export type ExportOutcome =
  | { readonly kind: "taken" }
  /** The same again would be refused again. */
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "away"; readonly reason: string };

export interface TraceSink {
  /** Never rejects. */
  export(traces: readonly RequestTrace[]): Promise<ExportOutcome>;
  close(): Promise<void>;
}
