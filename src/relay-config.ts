/**
 * The relays' part of the configuration: where Server-Sent Events and a WebSocket of the stream are to be had.
 */
import type { SettingName, SettingValue } from "./settings.ts";

export interface RelayConfig {
  readonly url: string;
  /** Value of the Authorization header. */
  readonly authorization: string | undefined;
}

export interface RelaysConfig {
  readonly sse: RelayConfig | undefined;
  readonly websocket: (RelayConfig & { readonly acks: boolean }) | undefined;
}

/** Names of the sources that are not journals: cursors and metrics tell sources apart by their names. */
export const RELAY_NAMES = { sse: "sse", websocket: "websocket" } as const;

type Values = { readonly [N in SettingName]: SettingValue<N> | undefined };

export function readRelays(values: Values, problems: string[]): RelaysConfig {
  for (const [way, url, authorization] of [
    ["SSE", values.SSE_URL, values.SSE_AUTHORIZATION],
    ["WEBSOCKET", values.WEBSOCKET_URL, values.WEBSOCKET_AUTHORIZATION],
  ] as const) {
    if (url === undefined && authorization !== undefined)
      problems.push(`${way}_URL is missing: ${way}_AUTHORIZATION is for it.`);
  }
  const { SSE_URL, WEBSOCKET_URL } = values;
  return {
    sse: SSE_URL === undefined ? undefined : { url: SSE_URL, authorization: values.SSE_AUTHORIZATION },
    websocket:
      WEBSOCKET_URL === undefined
        ? undefined
        : {
            url: WEBSOCKET_URL,
            authorization: values.WEBSOCKET_AUTHORIZATION,
            acks: values.WEBSOCKET_ACKS === "on",
          },
  };
}
