/**
 * The program and its commands. Only the command that is asked for is loaded, so that asking a service starts fast;
 * help, and names that are not known, load all of them.
 */
import { Command, Option } from "commander";
import { loadVersion } from "../version.ts";

const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  serve: async () => (await import("./serve.ts")).serveCommand(),
  demo: async () => (await import("./demo.ts")).demoCommand(),
  simulate: async () => (await import("./simulate.ts")).simulateCommand(),
  status: async () => (await import("./status.ts")).statusCommand(),
  wait: async () => (await import("./wait.ts")).waitCommand(),
  tail: async () => (await import("./tail.ts")).tailCommand(),
  replay: async () => (await import("./replay.ts")).replayCommand(),
  backfill: async () => (await import("./backfill.ts")).backfillCommand(),
  "dead-letters": async () => (await import("./dead-letters.ts")).deadLettersCommand(),
  reprocess: async () => (await import("./reprocess.ts")).reprocessCommand(),
  migrate: async () => (await import("./migrate.ts")).migrateCommand(),
  doctor: async () => (await import("./doctor.ts")).doctorCommand(),
  alerts: async () => (await import("./alerts.ts")).alertsCommand(),
  dashboards: async () => (await import("./dashboards.ts")).dashboardsCommand(),
  keys: async () => (await import("./keys.ts")).keysCommand(),
};

const EPILOGUE = `
Exit codes:
  0   done; of a request: succeeded
  1   the command failed; of a request: settled, but not succeeded
  2   wrong options, settings or keys
  3   not settled, or not in time
  4   nothing has this id: no request, correlation, alert, silence, hook or dead letter
  5   the service does not answer
  70  a fault of after202's own

Settings come from the environment (and the file that AFTER202_CONFIG names); see the README.
Commands that ask a running service use AFTER202_URL and AFTER202_KEY.`;

/** @param args without the runtime and the script */
export async function createProgram(args: readonly string[]): Promise<Command> {
  const program = new Command("after202")
    .description("What happened after the 202: request lifecycles for asynchronous ingestion APIs")
    .version(loadVersion())
    .addHelpText("after", EPILOGUE);
  const asked = args.find((arg) => !arg.startsWith("-")) ?? "";
  const wanted = Object.hasOwn(COMMANDS, asked) ? [asked] : Object.keys(COMMANDS);
  for (const name of wanted) {
    const command = await COMMANDS[name]?.();
    if (command !== undefined) program.addCommand(command);
  }
  prepare(program);
  return program;
}

/** Errors are thrown rather than ending the process, and every command takes --debug. */
function prepare(command: Command): void {
  command.exitOverride();
  command.showHelpAfterError("(--help shows what there is)");
  command.addOption(new Option("--debug", "show stacks of failures").hideHelp());
  for (const sub of command.commands) prepare(sub);
}
