import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";
import { SIMULATED } from "../../src/simulator/options.ts";
import { accepted, persons, quiet, readJournal, simulate, tokenOf, type DecodedEvent } from "./client.ts";

/** What is used here of Adobe's SDK, which is CommonJS. */
interface EventsClient {
  getEventsFromJournal(url: string, options?: object): Promise<SdkPage>;
  getEventsObservableFromJournal(
    url: string,
    options?: object,
    polling?: object,
  ): {
    subscribe(observer: { next(entry: Entry): void; error(error: Error): void }): { unsubscribe(): void };
  };
}
interface Entry {
  position: string;
  event: DecodedEvent;
}
interface SdkPage {
  events?: Entry[];
  link: Record<string, string>;
  retryAfter?: number;
}

const sdk = createRequire(import.meta.url)("@adobe/aio-lib-events") as {
  init(organization: string, apiKey: string, token: string, options?: object): Promise<EventsClient>;
};

describe("Adobe's own SDK", () => {
  it.each(["absolute", "relative"] as const)(
    "reads the journal to its end by its %s links",
    async (links) => {
      const simulator = await simulate({ preload: { events: 57 }, journal: { links, pageEvents: 10 } });
      await accepted(simulator, "/persons", { persons: persons("a@x.example") });
      await quiet(simulator);
      const { access_token: token } = (await (await tokenOf(simulator)).json()) as { access_token: string };
      const client = await sdk.init(SIMULATED.organizationId, SIMULATED.clientId, token);

      const read: string[] = [];
      let page = await client.getEventsFromJournal(simulator.journalUrl, { limit: 10 });
      while (page.events !== undefined) {
        read.push(...page.events.map(({ event }) => event.id));
        page = await client.getEventsFromJournal(page.link["next"] ?? "");
      }
      expect(read).toEqual((await readJournal(simulator)).map(({ id }) => id));
      expect(read).toHaveLength(58);
      expect(page.retryAfter).toBeGreaterThan(0);
      expect(page.link["latest"]).toBe(`${simulator.journalUrl}?latest=true`);
    },
  );

  it("observes what comes, from the latest on", async () => {
    const simulator = await simulate({ preload: { events: 3 } });
    const { access_token: token } = (await (await tokenOf(simulator)).json()) as { access_token: string };
    const client = await sdk.init(SIMULATED.organizationId, SIMULATED.clientId, token);
    const observable = client.getEventsObservableFromJournal(simulator.journalUrl, {}, { interval: 20 });

    const requestId = accepted(simulator, "/persons", { persons: persons("a@x.example") });
    const seen: Entry[] = [];
    await new Promise<void>((resolve, reject) => {
      const subscription = observable.subscribe({
        next(entry) {
          seen.push(entry);
          if (seen.length < 4) return;
          subscription.unsubscribe();
          resolve();
        },
        error: reject,
      });
    });
    expect(seen[3]?.event.data.requests[0]?.requestId).toBe(await requestId);
  });
});
