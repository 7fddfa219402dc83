/**
 * A stop before the daily quota: what after202 hears of it from the stream, less what was sent since it heard.
 *
 * When after202 does not answer, or has heard nothing, calls go out: the upstream's own limit still holds.
 */
import { After202Error } from "../../core/errors.ts";
import { isObject } from "../../core/json.ts";
import { readBody } from "../body-reading.ts";
import { callOf, readableBody } from "../recorded-call.ts";
import type { RecordedFetch } from "../recorder.ts";
import { readBeginning } from "../response-text.ts";

export interface QuotaOptions {
  /** Records to be left for others; it should also cover what is sent between two status events. Default 100,000. */
  readonly reserve?: number;
  /** The service. Default: AFTER202_URL, else http://127.0.0.1:8202. */
  readonly url?: string;
  /** A key with the scope read. Default: AFTER202_KEY. */
  readonly apiKey?: string;
  /** How often it is asked, at most; default 60,000. */
  readonly refreshMs?: number;
  readonly fetch?: typeof globalThis.fetch;
}

const INSTANCE = /\/subscriptions\/([^/]+)\//;
const KEYS = ["persons", "customObjects", "input", "companies", "leads", "programs[].members"];
const TIMEOUT_MS = 5_000;
const ANSWER_BYTES = 4_194_304;

interface Quota {
  /** As the stream told it last. */
  readonly left: number;
  sent: number;
}

/** Calls that the quota would not last for reject with After202Error QUOTA_NEARLY_USED, and are not sent. */
export function withinQuota(send: RecordedFetch, options: QuotaOptions = {}): RecordedFetch {
  const { reserve = 100_000, refreshMs = 60_000, fetch = globalThis.fetch } = options;
  const url = (options.url ?? process.env["AFTER202_URL"] ?? "http://127.0.0.1:8202").replace(/\/+$/, "");
  const apiKey = options.apiKey ?? process.env["AFTER202_KEY"];
  const quotas = new Map<string, Quota>();
  let askedAt = -Infinity;
  let asking: Promise<void> | undefined;

  async function ask(): Promise<void> {
    const headers: Record<string, string> = apiKey ? { authorization: `Bearer ${apiKey}` } : {};
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await fetch(`${url}/v1/stream`, { headers, redirect: "error", signal });
    const health: unknown = JSON.parse(await readBeginning(response, ANSWER_BYTES));
    const instances: unknown = isObject(health) ? health["instances"] : undefined;
    for (const one of Array.isArray(instances) ? instances : []) {
      if (!isObject(one) || typeof one["quota"] !== "number") continue;
      const instance = String(one["instance"]);
      if (quotas.get(instance)?.left !== one["quota"]) quotas.set(instance, { left: one["quota"], sent: 0 });
    }
  }

  async function refresh(): Promise<void> {
    if (Date.now() - askedAt >= refreshMs) {
      askedAt = Date.now();
      asking = ask().catch(() => undefined);
    }
    await asking;
  }

  const guarded = async (...[input, init, context]: Parameters<RecordedFetch>): Promise<Response> => {
    const call = callOf(input, init);
    const [, instance] = INSTANCE.exec(String(call.url)) ?? [];
    if (instance === undefined) return send(input, init, context);
    await refresh();
    const quota = quotas.get(instance);
    const records = context?.records ?? countRecords(call.body);
    if (quota !== undefined) {
      const left = quota.left - quota.sent;
      if (left - records < reserve) {
        throw new After202Error(
          "QUOTA_NEARLY_USED",
          `About ${left} records are left today for ${instance}, and ${reserve} are to stay: ${records} were not sent.`,
        );
      }
      quota.sent += records;
    }
    return send(input, init, context);
  };
  return Object.assign(guarded, { recorder: send.recorder });
}

function countRecords(body: unknown): number {
  const readable = readableBody(body);
  if (readable === undefined) return 0;
  const reading = readBody(readable, { kind: "records", keys: KEYS });
  for (;;) {
    const { done, value } = reading.next();
    if (done === true) return value.records;
  }
}
