/**
 * Running dead letters again, after the decoder has learned to read them or what was wrong is right again.
 *
 * One at a time, each through the intake: what reads now is discarded as a dead letter, what does not stays.
 * A letter is discarded only after what it held is stored; interrupted anywhere, it can be done again.
 */
import type { DeadLetterFilter, DeadLetterPosition, DeadLetterStore } from "../core/dead-letter-ports.ts";
import type { Clock, DeadLetter, Intake } from "../core/ports.ts";
import { REDRIVE_MAX } from "./limits.ts";

export interface RedriveReport {
  read: number;
  redriven: number;
  dead: number;
  unknown: string[];
  new: number;
  duplicate: number;
  more: boolean;
}

/** Few, for bodies may have 2 MB. */
const PAGE = 100;

interface RedriveParts {
  readonly intake: Intake;
  readonly deadLetters: DeadLetterStore;
  readonly clock: Clock;
}

/** @param which ids, or the filter of those to run, up to REDRIVE_MAX, newest first */
export async function redrive(
  parts: RedriveParts,
  which: readonly string[] | DeadLetterFilter,
): Promise<RedriveReport> {
  const report: RedriveReport = {
    read: 0,
    redriven: 0,
    dead: 0,
    unknown: [],
    new: 0,
    duplicate: 0,
    more: false,
  };
  if (isIds(which)) {
    const found = await parts.deadLetters.findDeadLetters(which);
    const known = new Set(found.map((letter) => letter.deadLetterId));
    report.unknown = which.filter((id) => !known.has(id));
    await redrivePage(parts, found, report);
    return report;
  }
  // what stays dead becomes the newest of the list, and is not met again on the way down
  for (let after: DeadLetterPosition | undefined; ;) {
    const page = await parts.deadLetters.listDeadLetters(which, PAGE, after);
    await redrivePage(parts, page, report);
    after = page.at(-1);
    if (page.length < PAGE || after === undefined) return report;
    if (report.read >= REDRIVE_MAX) return { ...report, more: true };
  }
}

async function redrivePage(
  { intake, deadLetters, clock }: RedriveParts,
  letters: readonly DeadLetter[],
  report: RedriveReport,
): Promise<void> {
  const readable: string[] = [];
  for (const letter of letters) {
    report.read += 1;
    // another client's event reads well, and is refused all the same
    if (letter.code === "RECIPIENT_MISMATCH") {
      report.dead += 1;
      continue;
    }
    const payload = letter.encoding === "base64" ? Buffer.from(letter.body, "base64") : letter.body;
    const receipt = await intake.accept({ path: "replay", source: letter.source, payload, exact: true });
    report.new += receipt.fresh;
    report.duplicate += receipt.duplicate;
    if (receipt.dead > 0) report.dead += 1;
    else readable.push(letter.deadLetterId);
  }
  if (readable.length > 0) await deadLetters.settleDeadLetters(readable, "redriven", clock.now());
  report.redriven += readable.length;
}

function isIds(which: readonly string[] | DeadLetterFilter): which is readonly string[] {
  return Array.isArray(which);
}
