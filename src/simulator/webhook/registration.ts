/**
 * A webhook registration: where it delivers, in what form, and how it stands.
 */

export interface WebhookTarget {
  /** Name of the registration; default: the URL. */
  name?: string;
  url: string;
  /** An array of up to 20 events for each delivery, instead of one event. */
  batch?: boolean;
  /** Some streams nest the event: `{"event": …}` or `{"event": {"body": …}}`. */
  envelope?: "plain" | "event" | "event.body";
}

/**
 * `pending`: not yet validated, receives nothing. `active`. `disabled`: the handshake failed, or, if so configured,
 * too many deliveries did.
 */
export type WebhookState = "pending" | "active" | "disabled";

export interface WebhookCounters {
  attempts: number;
  /** Deliveries answered with a 2xx, and the events in them. */
  delivered: number;
  events: number;
  /** Attempts to be repeated. */
  retried: number;
  /** Deliveries given up: a 4xx other than 429, a 505, or 24 hours gone. */
  dropped: number;
}
