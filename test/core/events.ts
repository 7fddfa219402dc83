/** Events as the stream sends them, for tests. */

export interface ResultsRequest {
  readonly requestId: string;
  readonly records: unknown;
  readonly [field: string]: unknown;
}

const AT = "2026-11-22T12:01:00Z";
export const T0 = "2026-11-22T12:00:00Z";

export function resultsEvent(id: string, requests: readonly unknown[], time = AT) {
  return {
    id,
    specversion: "1.0",
    type: "com.adobe.platform.marketo.observability.results",
    source: "urn:data_ingestion_service",
    time,
    datacontenttype: "application/json",
    data: { munchkinId: "123-ABC-456", requests },
  };
}

export function requestEntry(requestId: string, changes: Record<string, unknown> = {}): ResultsRequest {
  return {
    requestId,
    requestTime: T0,
    clientId: "foo@marketo.com",
    correlationId: "nightly/1",
    requestSource: "Public API",
    objectType: "person",
    priority: "high",
    records: { received: 100, created: 90, updated: 5, failed: { "503": 5 } },
    ...changes,
  };
}

export const METRICS_EVENT = {
  id: "7a3f4e60-0000-4000-8000-00000000000b",
  specversion: "1.0",
  type: "com.adobe.platform.marketo.observability.metrics",
  source: "urn:data_ingestion_service",
  time: "2026-11-22T13:00:00Z",
  data: {
    munchkinId: "123-ABC-456",
    windowStart: "2026-11-22T12:00:00Z",
    requests: { received: 10, processed: 9, rejected: { "606": 1 } },
    records: {
      person: {
        high: { received: 5, created: 4, updated: 1, failed: {} },
        normal: { received: 7, created: 6, failed: { "503": 1 } },
      },
      customObject: { normal: { received: 3, created: 0, updated: 3, failed: null } },
    },
  },
};

export const STATUS_EVENT = {
  id: "7a3f4e60-0000-4000-8000-00000000000c",
  specversion: "1.0",
  type: "com.adobe.platform.marketo.observability.status",
  source: "urn:data_ingestion_service",
  time: "2026-11-22T13:00:00Z",
  data: {
    munchkinId: "123-ABC-456",
    quota: 9_500_000,
    queue: {
      high: { lagSeconds: 0, requestBacklog: 0, recordBacklog: 0 },
      normal: { lagSeconds: 90, requestBacklog: 12, recordBacklog: 3_400 },
    },
  },
};
