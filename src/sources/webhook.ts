/**
 * The webhook: Adobe I/O Events, pushed. Knows no HTTP server: the route hands over headers and raw bytes.
 *
 * 2xx only after everything is stored. What Adobe should send again gets 503, for it drops a delivery for good at any
 * other 4xx: these are for what is not Adobe's or not ours.
 */
import type { Dispatcher } from "undici";
import { After202Error } from "../core/errors.ts";
import type { Clock, Delivery, Intake, Logger, SourceStatus } from "../core/ports.ts";
import { lastEventTime } from "./event-time.ts";
import { FaultBoard } from "./fault-board.ts";
import { createPublicKeys, httpFetchKey, type FetchKey } from "./public-keys.ts";
import { checkSignature, type WebhookHeaders } from "./webhook-signature.ts";
import { readValidationUrl, validateRegistration } from "./webhook-validation.ts";

export interface WebhookOptions {
  readonly name: string;
  readonly intake: Pick<Intake, "accept">;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Events for another client id are refused with 403. */
  readonly clientId?: string;
  /** false only where something else proves the sender, mTLS for instance. */
  readonly signatureRequired: boolean;
  /** Default https://static.adobeioevents.com. */
  readonly publicKeyOrigin?: string;
  readonly fetchKey?: FetchKey;
  /** One more origin whose validation URLs are asked for; the simulator's. */
  readonly validationOrigin?: string;
  /** Adobe hangs up after 10 s. Default 8 s. */
  readonly answerWithinMs?: number;
  readonly dispatcher?: Dispatcher;
}

export interface WebhookAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface WebhookSource {
  readonly name: string;
  /** Answers the challenge of a registration, in plain text. */
  challenge(query: { readonly challenge?: unknown }): WebhookAnswer;
  /** Answers a delivery or a validation; never rejects. */
  receive(headers: WebhookHeaders, rawBody: Uint8Array): Promise<WebhookAnswer>;
  status(): SourceStatus;
}

const RETRY_AFTER_SECONDS = 5;
const MAX_VALIDATIONS = 4;
const CHALLENGE = /^[\x20-\x7e]{1,512}$/;
const JSON_TYPE = "application/json; charset=utf-8";

export function createWebhookSource(options: WebhookOptions): WebhookSource {
  return new PushSource(options);
}

class PushSource implements WebhookSource {
  readonly name: string;
  private readonly options: WebhookOptions;
  private readonly board: FaultBoard;
  private readonly keys;
  private validations = 0;

  constructor(options: WebhookOptions) {
    this.options = options;
    this.name = options.name;
    this.board = new FaultBoard(options.name, "webhook", options.logger);
    this.board.state = "idle";
    this.keys = createPublicKeys({
      origin: options.publicKeyOrigin ?? "https://static.adobeioevents.com",
      clock: options.clock,
      fetchKey: options.fetchKey ?? httpFetchKey(options.dispatcher),
    });
  }

  status(): SourceStatus {
    return this.board.status();
  }

  challenge({ challenge }: { readonly challenge?: unknown }): WebhookAnswer {
    if (typeof challenge !== "string" || !CHALLENGE.test(challenge)) {
      return refusal(
        new After202Error("INPUT_INVALID", "The query needs a challenge, of up to 512 characters."),
      );
    }
    const headers = { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" };
    return { status: 200, headers, body: challenge };
  }

  async receive(headers: WebhookHeaders, rawBody: Uint8Array): Promise<WebhookAnswer> {
    try {
      const validationUrl = readValidationUrl(rawBody);
      if (validationUrl !== undefined) return await this.validate(validationUrl);
      if (this.options.signatureRequired) await this.checkSignature(headers, rawBody);
      return await this.store(rawBody);
    } catch (error) {
      return this.refuse(error);
    }
  }

  private async validate(validationUrl: string): Promise<WebhookAnswer> {
    if (this.validations >= MAX_VALIDATIONS) {
      throw new After202Error(
        "TOO_MANY_REQUESTS",
        "Too many validations are under way; send it again later.",
      );
    }
    this.validations++;
    try {
      const { validationOrigin, dispatcher } = this.options;
      await validateRegistration(validationUrl, { extraOrigin: validationOrigin, dispatcher });
    } finally {
      this.validations--;
    }
    this.options.logger.info({ source: this.name }, "the webhook's registration was validated");
    return answer(200, { validated: true });
  }

  private async checkSignature(headers: WebhookHeaders, rawBody: Uint8Array): Promise<void> {
    try {
      await checkSignature(headers, rawBody, this.keys);
      this.board.clear("key");
    } catch (error) {
      if (error instanceof After202Error && error.code === "SIGNATURE_KEY_UNAVAILABLE") {
        this.board.raise("key", error.message);
      }
      throw error;
    }
  }

  private async store(rawBody: Uint8Array): Promise<WebhookAnswer> {
    const { clock, clientId, intake } = this.options;
    const delivery: Delivery = {
      path: "webhook",
      source: this.name,
      payload: rawBody,
      ...(clientId === undefined ? {} : { recipientClientId: clientId }),
    };
    try {
      const receipt = await this.inTime(intake.accept(delivery));
      this.board.clear("store");
      this.board.state = "reading";
      this.board.lastReadAt = clock.now();
      this.board.noteEvents(lastEventTime(rawBody));
      return answer(200, receipt);
    } catch (error) {
      if (error instanceof After202Error && error.retryable) this.board.raise("store", error.message);
      throw error;
    }
  }

  /** What takes longer than Adobe waits is answered with 503; if it is stored after all, the second time is a duplicate. */
  private async inTime<T>(work: Promise<T>): Promise<T> {
    const timer = new AbortController();
    const ms = this.options.answerWithinMs ?? 8_000;
    const late = this.options.clock.sleep(ms, timer.signal).then(() => {
      throw new After202Error("STORE_UNAVAILABLE", `Not stored within ${ms} ms; send it again.`);
    });
    try {
      return await Promise.race([work, late]);
    } finally {
      timer.abort();
      late.catch(() => undefined);
      work.catch(() => undefined);
    }
  }

  private refuse(error: unknown): WebhookAnswer {
    if (error instanceof After202Error) return refusal(error);
    this.options.logger.error({ source: this.name, err: error }, "a webhook delivery could not be handled");
    return refusal(
      new After202Error("INTERNAL", "A fault of after202's own; send it again.", { cause: error }),
    );
  }
}

function refusal(error: After202Error): WebhookAnswer {
  const { code, message } = error;
  const refused = answer(error.status, { error: { code, message } });
  if (!error.retryable) return refused;
  return { ...refused, headers: { ...refused.headers, "retry-after": String(RETRY_AFTER_SECONDS) } };
}

function answer(status: number, body: object): WebhookAnswer {
  return { status, headers: { "content-type": JSON_TYPE }, body: JSON.stringify(body) };
}
