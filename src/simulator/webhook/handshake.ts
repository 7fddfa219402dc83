/**
 * Proof that a webhook's owner wants the events: the challenge, or, if that fails, the validation URL.
 */
import type { FastifyInstance } from "fastify";
import { request, type Dispatcher } from "undici";
import type { Random } from "../random.ts";
import type { Scheduler } from "../scheduler.ts";

export interface Handshake {
  /** @returns whether the target proved itself, by either way */
  perform(url: string): Promise<boolean>;
}

export interface HandshakeParts {
  readonly random: Random;
  readonly scheduler: Scheduler;
  readonly dispatcher: Dispatcher;
  readonly timeoutMs: number;
  /** Where this simulator is reached. */
  origin(): string;
}

/** Simulated time for which a validation URL is good. */
const VALID_MS = 5 * 60_000;

export function createHandshake(server: FastifyInstance, parts: HandshakeParts): Handshake {
  const { random, dispatcher, timeoutMs, scheduler } = parts;
  const waiting = new Map<string, (validated: boolean) => void>();

  server.get("/registrations/validate", async (request, reply) => {
    const { token } = request.query as { token?: string };
    const validated = waiting.get(token ?? "");
    if (validated === undefined) return reply.code(404).send({ message: "expired or unknown" });
    validated(true);
    return reply.send({ message: "validated" });
  });

  async function challenge(url: string): Promise<boolean> {
    const challenge = random.uuid();
    const target = new URL(url);
    target.searchParams.set("challenge", challenge);
    try {
      const response = await request(target, { dispatcher, signal: AbortSignal.timeout(timeoutMs) });
      const text = await response.body.text();
      if (response.statusCode !== 200) return false;
      return text.trim() === challenge || challengeIn(text) === challenge;
    } catch {
      return false;
    }
  }

  async function validateByUrl(url: string): Promise<boolean> {
    const token = random.uuid();
    const validated = new Promise<boolean>((resolve) => {
      waiting.set(token, resolve);
      scheduler.after(VALID_MS, () => resolve(false));
    });
    try {
      const response = await request(url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ validationUrl: `${parts.origin()}/registrations/validate?token=${token}` }),
        dispatcher,
        signal: AbortSignal.timeout(timeoutMs),
      });
      await response.body.dump();
      return await validated;
    } catch {
      return false;
    } finally {
      waiting.delete(token);
    }
  }

  return { perform: async (url) => (await challenge(url)) || (await validateByUrl(url)) };
}

function challengeIn(text: string): unknown {
  try {
    return (JSON.parse(text) as { challenge?: unknown } | null)?.challenge;
  } catch {
    return undefined;
  }
}
