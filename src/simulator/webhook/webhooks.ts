/**
 * All webhook registrations of a simulator: handshake first, then a place among the stream's readers.
 */
import type { FastifyInstance } from "fastify";
import { Agent } from "undici";
import type { WebhookSettings } from "../options.ts";
import type { Random } from "../random.ts";
import type { Scheduler } from "../scheduler.ts";
import type { Stream } from "../stream/stream.ts";
import { createDeliverer, type Deliverer } from "./deliverer.ts";
import { createHandshake } from "./handshake.ts";
import type { WebhookTarget } from "./registration.ts";
import { addKeyRoutes, createSigner, type Signer } from "./signer.ts";

export interface Webhooks {
  /**
   * Validates the target and begins to deliver what comes from now on.
   *
   * @returns whether the target proved itself
   */
  register(target: WebhookTarget): Promise<boolean>;
  /** Registers a target that may not be up yet: tries every second until it proves itself. */
  keepRegistering(target: WebhookTarget): void;
  /** @returns false if there is no such registration */
  unregister(name: string): boolean;
  all(): Deliverer[];
  close(): Promise<void>;
}

export interface WebhooksParts {
  readonly settings: WebhookSettings;
  readonly scheduler: Scheduler;
  readonly stream: Stream;
  readonly random: Random;
  origin(): string;
}

/** Wall-clock. */
const KEEP_REGISTERING_MS = 1_000;

export function createWebhooks(server: FastifyInstance, parts: WebhooksParts): Webhooks {
  const { settings, scheduler, stream, random } = parts;
  const dispatcher = new Agent({ connect: { timeout: settings.timeoutMs }, pipelining: 1 });
  const deliverers = new Map<string, Deliverer>();
  let signer: Promise<Signer> | undefined;
  const signing = (): Promise<Signer> => (signer ??= createSigner());

  const handshake = createHandshake(server, {
    random,
    scheduler,
    dispatcher,
    timeoutMs: settings.timeoutMs,
    origin: () => parts.origin(),
  });
  addKeyRoutes(server, signing);

  function unregister(name: string): boolean {
    const deliverer = deliverers.get(name);
    if (deliverer === undefined) return false;
    deliverers.delete(name);
    stream.removeReader(deliverer);
    deliverer.close();
    return true;
  }

  async function register(target: WebhookTarget): Promise<boolean> {
    const name = target.name ?? target.url;
    unregister(name);
    const deliverer = createDeliverer(target, { settings, scheduler, dispatcher });
    deliverers.set(name, deliverer);
    const [by, validated] = await Promise.all([signing(), handshake.perform(target.url)]);
    deliverer.activate(validated ? by : null);
    if (validated && deliverers.get(name) === deliverer) stream.addReader(deliverer, "webhook");
    return validated;
  }

  async function keepRegistering(target: WebhookTarget): Promise<void> {
    if (!(await register(target))) {
      scheduler.afterReal(KEEP_REGISTERING_MS, () => void keepRegistering(target));
    }
  }

  return {
    register,
    keepRegistering: (target) => void keepRegistering(target),
    unregister,
    all: () => [...deliverers.values()],
    async close() {
      for (const deliverer of deliverers.values()) deliverer.close();
      await dispatcher.destroy();
    },
  };
}
