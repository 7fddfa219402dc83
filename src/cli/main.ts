#!/usr/bin/env node
/**
 * The program `after202`: finds the command, runs it, and turns whatever goes wrong into one line and an exit code.
 */
import { reportFailure } from "./failure.ts";
import { createProgram } from "./program.ts";

// a reader that has seen enough (`| head`) is no failure
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit();
  throw error;
});

const debug = process.argv.includes("--debug") || process.env["LOG_LEVEL"] === "debug";
try {
  const program = await createProgram(process.argv.slice(2));
  await program.parseAsync(process.argv);
} catch (error) {
  process.exitCode = reportFailure(error, debug);
}
