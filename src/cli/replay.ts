/**
 * `replay`: events from files into the service, counted exactly: read, new, duplicate, dead.
 *
 * Reads JSON, JSON lines and journal pages, also pretty-printed, also gzip and zstd, in bounded memory. What cannot be read goes
 * to the service all the same: its dead letters keep the bytes with the reason.
 */
import { Command } from "commander";
import { After202Error } from "../core/errors.ts";
import { EXIT } from "./exit-code.ts";
import { reportFailure } from "./failure.ts";
import { Chunker } from "./replay/chunker.ts";
import { findInputs, nameOf, readInput, type ReplayInput } from "./replay/input.ts";
import { countText } from "./render/count-text.ts";
import { createPoster, type Poster } from "./replay/poster.ts";
import { openProgress, type Progress } from "./replay/progress.ts";
import { RecordSplitter } from "./replay/record-splitter.ts";
import type { EventReceipt } from "./service-answers.ts";
import { openServiceClient } from "./service-client.ts";

export function replayCommand(): Command {
  return new Command("replay")
    .description(
      "send events from files to the service: JSON, JSON lines, journal pages; plain, gzip or zstd",
    )
    .argument("<files...>", "files; - is standard input")
    .option("--json", "the closing count as JSON")
    .addHelpText(
      "after",
      "\nExits with 1 when something went to dead letters or could not be read to its end.",
    )
    .action(replay);
}

interface Outcome {
  sum: EventReceipt;
  /** What went wrong with files, in words. */
  readonly faults: string[];
}

async function replay(files: string[], { json }: { json?: true }): Promise<void> {
  const client = openServiceClient();
  const inputs = await findInputs(files);
  const outcome: Outcome = { sum: { read: 0, new: 0, duplicate: 0, dead: 0 }, faults: [] };
  const progress = await openProgress(inputs.reduce((bytes, input) => bytes + input.bytes, 0));
  const poster = createPoster(client, (receipt) => {
    outcome.sum = addReceipts(outcome.sum, receipt);
    progress.receipt(outcome.sum);
  });
  let failure: unknown;
  try {
    for (const input of inputs) await replayInput(input, poster, progress, outcome);
    await poster.finished();
  } catch (error) {
    failure = error;
  }
  progress.close();
  tell(outcome, json === true, failure !== undefined);
  if (failure !== undefined) throw failure;
  if (outcome.sum.dead > 0 || outcome.faults.length > 0) process.exitCode = EXIT.bad;
}

async function replayInput(
  input: ReplayInput,
  poster: Poster,
  progress: Progress,
  outcome: Outcome,
): Promise<void> {
  const records: Buffer[] = [];
  let sent = 0;
  let unreadable = "";
  const splitter = new RecordSplitter((record) => void records.push(record));
  const chunker = new Chunker();
  const send = async (): Promise<void> => {
    for (const record of records.splice(0)) {
      sent += 1;
      const body = chunker.add(record);
      if (body !== undefined) await poster.post(body);
    }
  };
  try {
    for await (const chunk of readInput(input, progress.bytes)) {
      splitter.push(chunk);
      await send();
    }
  } catch (error) {
    if (!(error instanceof After202Error && error.code === "INPUT_UNREADABLE")) throw error;
    unreadable = error.message;
  }
  splitter.end();
  await send();
  if (unreadable !== "") {
    outcome.faults.push(`${unreadable}; what came before it was sent: ${countText(sent, "record")}.`);
  }
  const rest = chunker.take();
  if (rest !== undefined) await poster.post(rest);
  if (splitter.brokenAt >= 0) {
    const where = `${nameOf(input.name)}: not JSON, or cut off, at byte ${splitter.brokenAt}`;
    outcome.faults.push(`${where}; what follows went to the service as one piece.`);
  }
}

function addReceipts(a: EventReceipt, b: EventReceipt): EventReceipt {
  return {
    read: a.read + b.read,
    new: a.new + b.new,
    duplicate: a.duplicate + b.duplicate,
    dead: a.dead + b.dead,
  };
}

function tell({ sum, faults }: Outcome, json: boolean, cutShort: boolean): void {
  for (const fault of faults) reportFailure(new After202Error("INPUT_UNREADABLE", fault), false);
  if (cutShort) process.stderr.write("Cut short; so far:\n");
  const { read, new: fresh, duplicate, dead } = sum;
  const text = json
    ? JSON.stringify(sum)
    : `read ${read}, new ${fresh}, duplicate ${duplicate}, dead ${dead}`;
  process.stdout.write(`${text}\n`);
}
