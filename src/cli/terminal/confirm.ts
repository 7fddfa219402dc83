/** Asking before what cannot be undone. */
import { createInterface } from "node:readline/promises";
import { After202Error } from "../../core/errors.ts";

/**
 * @returns whether the person at the terminal says yes
 * @throws After202Error INPUT_INVALID where there is nobody to ask
 */
export async function confirm(question: string): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new After202Error(
      "INPUT_INVALID",
      `${question} Say so with --yes: there is no terminal to ask at.`,
    );
  }
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await asking.question(`${question} [y/N] `)).trim());
  } finally {
    asking.close();
  }
}
