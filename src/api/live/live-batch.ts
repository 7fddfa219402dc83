/**
 * A batch: the events of one round for all who follow with one filter, encoded once for all of them.
 *
 * A thousand followers that wait for the same bytes hold them once; and each is written to once a round.
 */
import type { LiveEvent } from "./follower.ts";

export class LiveBatch {
  readonly events: readonly LiveEvent[];
  private sseBytes: Buffer | undefined;
  private wsMessages: readonly Buffer[] | undefined;

  constructor(events: readonly LiveEvent[]) {
    this.events = events;
  }

  /** As Server-Sent Events. */
  get sse(): Buffer {
    this.sseBytes ??= Buffer.from(
      this.events.map(({ event, id, data }) => `id: ${id}\nevent: ${event}\ndata: ${data}\n\n`).join(""),
    );
    return this.sseBytes;
  }

  /** As messages, one an event. */
  get messages(): readonly Buffer[] {
    this.wsMessages ??= this.events.map(({ event, id, data }) =>
      Buffer.from(`{"event":"${event}","id":"${id}","data":${data}}`),
    );
    return this.wsMessages;
  }
}
