/**
 * Repair, wired: the journals of this process, what is found to be missing of them, and the metrics of both.
 */
import type { Registry } from "prom-client";
import type { CompletenessReader } from "./core/completeness-ports.ts";
import { repairTiming } from "./core/repair.ts";
import type { ReadableJournal, RepairStore } from "./core/repair-ports.ts";
import type { Clock, Logger } from "./core/ports.ts";
import { createRepairMetrics } from "./repair/metrics.ts";
import { createRecordsMissingFinder } from "./repair/records-missing.ts";
import { createRepairer, type Repairer } from "./repair/repairer.ts";
import { createSilentPathFinder } from "./repair/silent-path.ts";

export interface RepairingParts {
  readonly journals: readonly ReadableJournal[];
  readonly store: RepairStore & CompletenessReader;
  /** How many times faster than real the upstream's clock runs. */
  readonly speed: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registry: Registry;
}

const LOOK_MS = 15_000;
const SHORTEST_LOOK_MS = 250;

export function openRepairing(parts: RepairingParts): Repairer {
  const { store, speed, clock, logger } = parts;
  const timing = repairTiming(speed);
  const metrics = createRepairMetrics(parts.registry);
  return createRepairer({
    journals: parts.journals,
    store,
    finders: [
      createSilentPathFinder({ store, speed }),
      createRecordsMissingFinder({ store, speed, keepsMs: timing.keepsMs }),
    ],
    timing,
    clock,
    logger,
    lookMs: Math.max(SHORTEST_LOOK_MS, LOOK_MS / speed),
    observe: metrics,
  });
}
