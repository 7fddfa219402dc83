/** Metrics of the live feed. */
import { Counter, Gauge, type Registry } from "prom-client";
import type { LiveCounts, LiveFeed } from "./live-feed.ts";

export function observeLiveFeed(registry: Registry, feed: LiveFeed): void {
  const followers: Gauge = new Gauge({
    name: "after202_live_followers",
    help: "Connections that follow the live feed.",
    registers: [registry],
    collect: () => followers.set(feed.followers),
  });
  count("after202_live_events_total", "Events handed to followers.", "sent");
  count("after202_live_followers_let_go_total", "Followers that did not read and were let go.", "letGo");
  count(
    "after202_live_gaps_total",
    "Times that the feed was too far behind and skipped to the present.",
    "skipped",
  );

  function count(name: string, help: string, what: keyof LiveCounts): void {
    let told = 0;
    const counter: Counter = new Counter({
      name,
      help,
      registers: [registry],
      collect() {
        counter.inc(feed.counts[what] - told);
        told = feed.counts[what];
      },
    });
  }
}
