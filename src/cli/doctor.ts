/**
 * `doctor`: checks one thing after the other that after202 needs, and says what to do about what is not right.
 */
import { Command } from "commander";
import type { CheckResult } from "./doctor/check.ts";
import { runChecks } from "./doctor/checks.ts";
import { EXIT } from "./exit-code.ts";
import { createLook, type Look } from "./terminal/look.ts";
import { printable } from "./terminal/printable.ts";
import { wrapText } from "./terminal/wrap.ts";

export function doctorCommand(): Command {
  return new Command("doctor")
    .description("check what after202 needs, and say what to do")
    .option("--json", "for programs")
    .action(doctor);
}

async function doctor({ json }: { json?: true }): Promise<void> {
  const look = createLook(process.stdout);
  const results: CheckResult[] = [];
  for await (const result of runChecks(process.env)) {
    results.push(result);
    if (!json) process.stdout.write(`${renderCheck(result, look)}\n`);
  }
  const ok = results.every((result) => result.verdict !== "failed");
  if (json) process.stdout.write(`${JSON.stringify({ ok, checks: results }, undefined, 2)}\n`);
  process.exitCode = ok ? EXIT.ok : EXIT.bad;
}

export function renderCheck({ name, verdict, said, advice = [] }: CheckResult, look: Look): string {
  const { colors, width } = look;
  const mark = {
    ok: colors.green("✓"),
    warning: colors.yellow("!"),
    failed: colors.red("✗"),
    skipped: colors.dim("–"),
  }[verdict];
  const lines = [`${mark} ${name}: ${wrapText(printable(said), width - 4 - name.length, "  ")}`];
  for (const one of advice) lines.push(`  ${colors.dim("→")} ${wrapText(printable(one), width - 4, "    ")}`);
  return lines.join("\n");
}
