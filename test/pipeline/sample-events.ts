/**
 * Events of the stream for tests, as the vendor writes them.
 */
export interface SampleRequest {
  readonly requestId: string;
  readonly created?: number;
  readonly failed?: Record<string, number>;
  readonly received?: number;
}

export interface SampleEvent {
  readonly id: string;
  readonly [key: string]: unknown;
}

export function resultsEvent(id: string, ...requests: readonly SampleRequest[]): SampleEvent {
  const asked = requests.length > 0 ? requests : [{ requestId: `request-of-${id}` }];
  return {
    id,
    specversion: "1.0",
    type: "com.adobe.platform.marketo.observability.results",
    source: "urn:data_ingestion_service",
    time: "2026-08-14T17:30:00Z",
    datacontenttype: "application/json",
    data: {
      munchkinId: "123-ABC-456",
      requests: asked.map(({ requestId, created = 5, failed = {}, received = 5 }) => ({
        requestId,
        requestTime: "2026-08-14T17:20:00Z",
        clientId: "foo@marketo.com",
        correlationId: "nightly/1",
        requestSource: "Public API",
        objectType: "person",
        priority: "high",
        records: { received, created, updated: 0, failed },
      })),
    },
  };
}

export function journalPage(events: readonly unknown[]): string {
  return JSON.stringify({
    events: events.map((event, index) => ({ position: `p${index}`, event })),
    _page: { last: `p${events.length - 1}`, count: events.length },
  });
}

export function linesOf(events: readonly unknown[]): string {
  return events.map((event) => `${JSON.stringify(event)}\n`).join("");
}
