import { describe, expect, it } from "vitest";
import { SIMULATED } from "../../src/simulator/options.ts";
import {
  accepted,
  persons,
  readJournal,
  settled,
  simulate,
  submit,
  until,
  type DecodedEvent,
} from "./client.ts";

const MODS = "com.adobe.platform.marketo.observability";

interface PeriodicEvent extends Omit<DecodedEvent, "data"> {
  source: string;
  specversion: string;
  data: Record<string, unknown> & { munchkinId: string };
}

async function eventsOf(journal: Promise<DecodedEvent[]>, type: string): Promise<PeriodicEvent[]> {
  return ((await journal) as unknown as PeriodicEvent[]).filter((event) => event.type === `${MODS}.${type}`);
}

describe("the observability stream", () => {
  it("reports the window's requests and records in metrics events", async () => {
    const simulator = await simulate({ observability: { metricsMs: 20 * 60_000, statusMs: 0 } });
    await submit(simulator, "/persons", {});
    const body = { priority: "high", persons: persons("a@x.example", "b@x.example") };
    await settled(simulator, await accepted(simulator, "/persons", body));
    const sum = { received: 0, processed: 0, created: 0, rejected: 0 };
    let seen: PeriodicEvent[] = [];
    await until(async () => {
      seen = await eventsOf(readJournal(simulator), "metrics");
      return JSON.stringify(seen).includes('"created":2');
    });
    for (const { data } of seen) {
      const { requests, records } = data as unknown as {
        requests: { received: number; processed: number; rejected: Record<string, number> };
        records: { person?: { high?: { created: number } } };
      };
      sum.received += requests.received;
      sum.processed += requests.processed;
      sum.rejected += requests.rejected["4000802"] ?? 0;
      sum.created += records.person?.high?.created ?? 0;
    }
    expect(sum).toEqual({ received: 2, processed: 1, created: 2, rejected: 1 });
    expect(seen[0]).toMatchObject({ specversion: "1.0", source: "urn:data_ingestion_service" });
    expect(seen[0]?.data.munchkinId).toBe(SIMULATED.instance);
    expect(Date.parse(String(seen[0]?.data["windowStart"]))).toBeLessThan(Date.parse(seen[0]?.time ?? ""));
  });

  it("reports what is left of the quota and what waits in each queue in status events", async () => {
    const simulator = await simulate({
      speed: 60,
      marketo: { recordsPerDay: 100, delayMs: 60 * 60_000 },
      observability: { metricsMs: 0, statusMs: 1_000 },
    });
    await accepted(simulator, "/persons", {
      priority: "high",
      persons: persons("a@x.example", "b@x.example"),
    });
    let last: PeriodicEvent | undefined;
    await until(async () => {
      last = (await eventsOf(readJournal(simulator), "status")).at(-1);
      return last?.data["quota"] === 98;
    });
    expect(last?.data["queue"]).toEqual({
      high: { lagSeconds: expect.any(Number), requestBacklog: 1, recordBacklog: 2 },
      normal: { lagSeconds: 0, requestBacklog: 0, recordBacklog: 0 },
    });
  });

  it("carries Adobe's delivery fields under the new names, the old ones, or both", async () => {
    const simulator = await simulate({ preload: { events: 200 } });
    const names = new Set(
      (await readJournal(simulator)).map((event) =>
        ["eventid", "recipientclientid", "event_id", "recipient_client_id"]
          .filter((name) => name in event)
          .join(),
      ),
    );
    expect(names).toEqual(
      new Set([
        "eventid,recipientclientid",
        "event_id,recipient_client_id",
        "eventid,recipientclientid,event_id,recipient_client_id",
      ]),
    );
  });

  it("tells several instances apart, each with persons of its own", async () => {
    const simulator = await simulate();
    const post = async (instance: string): Promise<string> => {
      const response = await fetch(`${simulator.marketoUrl}/subscriptions/${instance}/persons`, {
        method: "POST",
        headers: { "content-type": "application/json", "x-mkto-user-token": SIMULATED.userToken },
        body: JSON.stringify({ persons: persons("a@x.example") }),
      });
      return response.headers.get("x-request-id") ?? "";
    };
    for (const instance of ["111-AAA-111", "222-BBB-222"]) {
      expect(await settled(simulator, await post(instance))).toMatchObject({
        created: 1,
        updated: 0,
        instance,
      });
    }
    const instances = (await readJournal(simulator)).map(({ data }) => data.munchkinId);
    expect(instances).toEqual(["111-AAA-111", "222-BBB-222"]);
  });
});
