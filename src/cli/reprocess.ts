/**
 * `reprocess`: stored events through the present decoder: what would change is shown first, then stored.
 *
 * It may be ended at any time and done again: what is stored by then is the same the next time.
 */
import { Command } from "commander";
import { After202Error, isErrorCode } from "../core/errors.ts";
import { numberText } from "./render/count-text.ts";
import { renderReprocess } from "./render/reprocess.ts";
import type { ReprocessLine } from "./service-answers.ts";
import { openServiceClient, type ServiceClient, ServiceRefusal } from "./service-client.ts";
import { confirm } from "./terminal/confirm.ts";
import { createLiveRegion } from "./terminal/live-region.ts";
import { createLook } from "./terminal/look.ts";

interface ReprocessOptions {
  readonly since: string;
  readonly until?: string;
  readonly dryRun?: true;
  readonly yes?: true;
  readonly json?: true;
}

export function reprocessCommand(): Command {
  return new Command("reprocess")
    .description("run stored events through the present decoder: shows what would change, and stores it")
    .requiredOption("--since <time>", "events stored since then: a time, or 24h, 7d")
    .option("--until <time>", "events stored before then")
    .option("--dry-run", "only shows")
    .option("-y, --yes", "stores without asking, as it does where there is no terminal")
    .option("--json", "the closing report as JSON")
    .action(reprocess);
}

async function reprocess({ since, until, dryRun, yes, json }: ReprocessOptions): Promise<void> {
  const client = openServiceClient();
  const shown = await run(client, { since, ...(until && { until }), dryRun: true }, "compared");
  const waiting = shown.facts.new + shown.facts.changed - shown.facts.outranked;
  if (!json) process.stdout.write(`${renderReprocess(shown, createLook(process.stdout))}\n\n`);
  if (dryRun || waiting === 0) {
    const verdict =
      waiting === 0 ? "nothing is to be stored" : `${numberText(waiting)} would be stored; nothing was`;
    process.stdout.write(json ? `${JSON.stringify(shown, undefined, 2)}\n` : `${verdict}\n`);
    return;
  }
  const isSomebodyThere = process.stdin.isTTY && process.stderr.isTTY;
  if (yes !== true && isSomebodyThere && !(await confirm(`Store ${numberText(waiting)} facts?`))) {
    process.stdout.write("nothing was stored\n");
    return;
  }
  // of the same interval to the millisecond: what was shown
  const done = await run(client, { since: shown.since, until: shown.until }, "run again");
  process.stdout.write(
    json ? `${JSON.stringify(done, undefined, 2)}\n` : `${numberText(done.facts.written)} facts stored\n`,
  );
}

/** @throws After202Error what ended it before its end */
async function run(client: ServiceClient, order: object, doing: string): Promise<ReprocessLine> {
  const progress = process.stderr.isTTY ? createLiveRegion(process.stderr) : undefined;
  const call = { method: "POST", body: JSON.stringify(order), contentType: "application/json" } as const;
  let last: ReprocessLine | undefined;
  for await (const line of client.lines<ReprocessLine>("/v1/reprocess", call)) {
    last = line;
    const { events, facts } = line;
    progress?.draw(
      `${numberText(events.read)} of ${numberText(events.total)} events ${doing}; new ${numberText(facts.new)}, ` +
        `changed ${numberText(facts.changed)}, stored ${numberText(facts.written)}`,
    );
  }
  if (last?.type === "done") return last;
  const written = numberText(last?.facts.written ?? 0);
  const soFar = `By then ${written} facts were stored; run it again.`;
  if (last?.error === undefined)
    throw new After202Error("SERVICE_UNREACHABLE", `The answer broke off. ${soFar}`);
  const { code, message } = last.error;
  throw new ServiceRefusal(
    isErrorCode(code) ? code : "INTERNAL",
    `${message} ${soFar}`,
    undefined,
    undefined,
  );
}
