/** All benchmarks, in the order in which they run: those with stores of their own, then those of the store that grows. */
import { alertLatencyBench } from "./alert-latency-bench.ts";
import type { Benchmark, ScaleBenchmark } from "./benchmark.ts";
import { burstBench } from "./burst-bench.ts";
import { completenessBench } from "./completeness-bench.ts";
import { correlationBench } from "./correlation-bench.ts";
import { dashboardsBench } from "./dashboards-bench.ts";
import { decodeBench } from "./decode-bench.ts";
import { diskBench } from "./disk-bench.ts";
import { foldBench } from "./fold-bench.ts";
import { ingestBench } from "./ingest-bench.ts";
import { heavyListBench, listBenches } from "./list-bench.ts";
import { liveBench } from "./live-bench.ts";
import { recorderBench } from "./recorder-bench.ts";
import { scaleOutBench } from "./scale-out-bench.ts";
import { statusBench } from "./status-bench.ts";
import { submissionsBench } from "./submissions-bench.ts";
import { sweepBench } from "./sweep-bench.ts";
import { viewBench } from "./view-bench.ts";
import { visibleBench } from "./visible-bench.ts";
import { webhookBench } from "./webhook-bench.ts";

export const BENCHMARKS: readonly Benchmark[] = [
  ingestBench,
  webhookBench,
  submissionsBench,
  recorderBench,
  liveBench,
  visibleBench,
  alertLatencyBench,
  decodeBench,
  foldBench,
  scaleOutBench,
  dashboardsBench,
];

export const SCALE_BENCHMARKS: readonly ScaleBenchmark[] = [
  diskBench,
  ...listBenches,
  correlationBench,
  viewBench,
  completenessBench,
  statusBench,
  heavyListBench, // behind the others: what it begins goes on when it has been given up
  sweepBench,
  burstBench,
];
