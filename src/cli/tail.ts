/**
 * `tail`: requests as they change, a line each, for as long as one likes.
 *
 * Goes on where it was when the service or the network was away for a while; what could not be told in between is said.
 */
import { Command, Option } from "commander";
import { EventSource, type ErrorEvent } from "eventsource";
import { After202Error } from "../core/errors.ts";
import { STATES } from "../core/lifecycle.ts";
import type { LifecycleJson } from "../core/lifecycle-json.ts";
import { headlineOf } from "./render/headline.ts";
import { paintState } from "./render/state.ts";
import { clockText } from "./render/time-text.ts";
import { openServiceClient } from "./service-client.ts";
import { openSignals } from "./signals.ts";
import { createLook, type Look } from "./terminal/look.ts";
import { printable } from "./terminal/printable.ts";

/** Option, and the API's name of it. */
const FILTERS = {
  state: "only those in this state",
  instance: "only those of this instance",
  correlationId: "only those with this correlation id",
  requestSource: "only those from this sender",
  objectType: "only those of this object type",
  objectName: "only those of this custom object",
} as const;

type TailOptions = Partial<Record<keyof typeof FILTERS, string>> & { readonly json?: true };

export function tailCommand(): Command {
  const command = new Command("tail").description("requests as they change, until Ctrl-C");
  for (const [name, about] of Object.entries(FILTERS)) {
    const flag = `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} <${name === "state" ? "state" : "value"}>`;
    const option = new Option(flag, about);
    command.addOption(name === "state" ? option.choices(STATES) : option);
  }
  return command.option("--json", "the service's own JSON, a line each").action(tail);
}

async function tail({ json, ...filters }: TailOptions): Promise<void> {
  const client = openServiceClient();
  await client.ask("/v1/requests?limit=1"); // says at once what is wrong with the address or the key
  const query = new URLSearchParams(filters as Record<string, string>).toString();
  const look = createLook(process.stdout);
  const signals = openSignals();
  const source = new EventSource(`${client.url}/v1/live${query === "" ? "" : `?${query}`}`, {
    fetch: (url, init) => fetch(url, { ...init, headers: { ...init.headers, ...client.headers } }),
  });
  let away = false;
  source.addEventListener("open", () => {
    if (away) tell("The service is back.");
    away = false;
  });
  source.addEventListener("lifecycle", ({ data }) => {
    process.stdout.write(`${json ? data : lineOf(JSON.parse(data) as LifecycleJson, look)}\n`);
  });
  source.addEventListener("gap", ({ data }) => {
    const { from, until } = JSON.parse(data) as { from: string; until: string };
    tell(`Changes from ${from} to ${until} are left out: there were too many, or they lie too far back.`);
  });
  try {
    await new Promise<void>((resolve, reject) => {
      void signals.stopped.then(resolve);
      source.addEventListener("error", (error: ErrorEvent) => {
        if (source.readyState === EventSource.CLOSED) reject(refused(error, client.url));
        else if (!away) tell("The service is away; trying again.");
        away = true;
      });
    });
  } finally {
    source.close();
    signals.close();
  }
}

function tell(text: string): void {
  process.stderr.write(`${text}\n`);
}

function refused({ code, message }: ErrorEvent, url: string): After202Error {
  return new After202Error(
    "SERVICE_UNREACHABLE",
    `The live feed at ${url} ended (${code ?? message ?? "no reason given"}): look at the service's log.`,
  );
}

/** `02:00:12  r-1  purchases  retrying: …` */
function lineOf(one: LifecycleJson, { colors }: Look): string {
  const object = printable(one.objectName || one.objectType);
  const now = Date.now();
  return [
    colors.dim(clockText(now)),
    printable(one.requestId),
    object,
    paintState(one.state, headlineOf(one, now), colors),
  ].join("  ");
}
