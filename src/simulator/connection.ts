/**
 * What faults do to a connection: hold the answer back, or break it.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { FastifyReply, FastifyRequest } from "fastify";

/** Breaks the connection with a TCP reset; nothing (more) is answered. */
export function resetConnection(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  void reply.hijack();
  request.raw.socket.resetAndDestroy();
  return reply;
}

/** @param delayMs wall-clock; 0 does not even yield */
export async function holdBack(delayMs: number): Promise<void> {
  if (delayMs > 0) await sleep(delayMs, undefined, { ref: false });
}

/** The last value of a query parameter, which may occur several times. */
export function lastOf(value: unknown): string | undefined {
  const last: unknown = Array.isArray(value) ? value.at(-1) : value;
  return typeof last === "string" ? last : undefined;
}

/** A request header as one string; empty if absent. */
export function headerOf(request: FastifyRequest, name: string): string {
  const value = request.headers[name];
  return typeof value === "string" ? value : (value?.[0] ?? "");
}
