/** The simulate command in a process of its own, so that it can be interrupted. */
import { simulateCommand } from "../../src/cli/simulate.ts";

await simulateCommand().parseAsync(process.argv);
