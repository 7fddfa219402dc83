/** What the relay of the simulator can be told. All durations are wall-clock. */
export interface RelaySettings {
  /** What clients must send as Authorization; empty: nothing. */
  authorization: string;
  /** Between two signs of life. */
  heartbeatMs: number;
  /** What Server-Sent Events ask clients to wait before they come back. */
  retryMs: number;
  /** An event that is not acknowledged for so long is sent again over the WebSocket. */
  ackTimeoutMs: number;
  /** Events sent over a WebSocket and not acknowledged, at most. */
  maxUnacknowledged: number;
  /** Events that can be given once more. */
  maxEvents: number;
  maxBytes: number;
}

export function relayDefaults(): RelaySettings {
  return {
    authorization: "",
    heartbeatMs: 15_000,
    retryMs: 1_000,
    ackTimeoutMs: 10_000,
    maxUnacknowledged: 1_000,
    maxEvents: 500_000,
    maxBytes: 256 * 1_048_576,
  };
}
