/** All benchmarks, in the order in which they run. */
import type { Benchmark } from "./benchmark.ts";
import { correlationBench } from "./correlation-bench.ts";
import { ingestBench } from "./ingest-bench.ts";
import { listBench } from "./list-bench.ts";
import { statusBench } from "./status-bench.ts";
import { viewBench } from "./view-bench.ts";

export const BENCHMARKS: readonly Benchmark[] = [ingestBench, listBench, correlationBench, viewBench, statusBench];
