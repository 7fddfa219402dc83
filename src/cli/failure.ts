/**
 * Failures, as a person at a terminal reads them: one clear line, on request the stack.
 */
import { CommanderError } from "commander";
import { After202Error } from "../core/errors.ts";
import { EXIT, exitCodeOfError } from "./exit-code.ts";
import { ServiceRefusal } from "./service-client.ts";
import { createLook, type Look } from "./terminal/look.ts";
import { printable } from "./terminal/printable.ts";

/** Writes the failure to stderr. @returns the exit code */
export function reportFailure(error: unknown, debug: boolean): number {
  if (error instanceof CommanderError) return exitCodeOfCommander(error);
  process.stderr.write(`${renderFailure(error, createLook(process.stderr), debug)}\n`);
  if (!(error instanceof After202Error)) return EXIT.fault;
  return exitCodeOfError(error.code, error instanceof ServiceRefusal);
}

function renderFailure(error: unknown, { colors }: Look, debug: boolean): string {
  const known = error instanceof After202Error ? error : undefined;
  const code = colors.red(known?.code ?? "INTERNAL");
  const lines = messageLines(error, known).map((line) => `${code} ${printable(line)}`);
  if (debug) lines.push(describeStack(error));
  else if (known === undefined) lines.push("Run it again with --debug to see where this comes from.");
  return lines.join("\n");
}

/** Problems of the settings stand on lines of their own; every other failure is one line. */
function messageLines(error: unknown, known: After202Error | undefined): string[] {
  const { details } = known ?? {};
  if (known?.code === "CONFIG_INVALID" && isTexts(details)) return details;
  const message = error instanceof Error ? error.message : String(error);
  const fields = known?.code === "INPUT_INVALID" ? fieldTexts(details) : "";
  return [message.replaceAll(/\s*\n\s*/g, " ") + fields];
}

function isTexts(details: unknown): details is string[] {
  return Array.isArray(details) && details.length > 0 && details.every((one) => typeof one === "string");
}

/** The API's list of faulty fields: `{field, message}`. */
function fieldTexts(details: unknown): string {
  if (!Array.isArray(details)) return "";
  const texts = (details as { field?: unknown; message?: unknown }[])
    .filter((one) => typeof one.field === "string" && typeof one.message === "string")
    .map((one) => `${one.field as string} ${one.message as string}`);
  return texts.length === 0 ? "" : ` (${texts.join("; ")})`;
}

function describeStack(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.stack ?? error.message;
  return error.cause === undefined ? own : `${own}\ncaused by ${describeStack(error.cause)}`;
}

/** Commander has told already what was wrong. */
function exitCodeOfCommander(error: CommanderError): number {
  const asked = error.code === "commander.helpDisplayed" || error.code === "commander.version";
  return asked || (error.code === "commander.help" && error.exitCode === 0) ? EXIT.ok : EXIT.usage;
}
