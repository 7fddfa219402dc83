/** Metrics of dead letters: how many wait, and what became of the others. That they come is the pipeline's to count. */
import { Counter, Gauge, type Registry } from "prom-client";
import type { DeadLetterStore } from "../core/dead-letter-ports.ts";
import { inTime } from "./in-time.ts";
import { SCRAPE_TIMEOUT_MS } from "./limits.ts";

export interface DeadLetterMetrics {
  readonly settled: Counter<"outcome">;
}

export function createDeadLetterMetrics(
  registry: Registry,
  deadLetters: Pick<DeadLetterStore, "deadLettersByCode">,
): DeadLetterMetrics {
  const registers = [registry];
  const waiting: Gauge<"code"> = new Gauge({
    name: "after202_dead_letters",
    help: "Dead letters that wait to be redriven or discarded, by code; absent while the store is away.",
    labelNames: ["code"],
    registers,
    async collect() {
      waiting.reset();
      // a scrape tells what it can: the store's absence has a metric of its own
      const counts = await inTime(
        deadLetters.deadLettersByCode(),
        SCRAPE_TIMEOUT_MS,
        new Map<string, number>(),
      );
      for (const [code, letters] of counts) waiting.set({ code }, letters);
    },
  });
  const settled = new Counter({
    name: "after202_dead_letters_settled_total",
    help: "Dead letters that wait no longer, by outcome (redriven, discarded).",
    labelNames: ["outcome"],
    registers,
  });
  for (const outcome of ["redriven", "discarded"]) settled.inc({ outcome }, 0);
  return { settled };
}
