/**
 * Benchmarks within one process: tinybench, told in work a second.
 */
import { Bench } from "tinybench";
import { type Figure, judged } from "./figure.ts";

export interface MicroTask {
  readonly name: string;
  /** What is counted: results, folds. */
  readonly unit: string;
  /** So many of them a call. */
  readonly amount: number;
  run(): unknown;
}

export async function microFigures(tasks: readonly MicroTask[], quick: boolean): Promise<Figure[]> {
  const bench = new Bench({
    time: quick ? 100 : 2_000,
    iterations: quick ? 5 : 50,
    warmupTime: quick ? 20 : 500,
    warmupIterations: quick ? 1 : 10,
    throws: true,
  });
  for (const task of tasks) bench.add(task.name, task.run.bind(task) as () => unknown);
  await bench.run();
  return tasks.map((task) => {
    const result = bench.getTask(task.name)?.result;
    if (result === undefined || !("latency" in result)) throw new Error(`${task.name} gave no result`);
    const { p50, p99, samples } = result.latency;
    const perSecond = (ms: number | undefined): number =>
      ms === undefined || ms === 0 ? NaN : (task.amount / ms) * 1_000;
    // the slowest hundredth, as a rate
    return judged(task.name, `${task.unit}/s`, perSecond(p50), perSecond(p99), samples.length);
  });
}
