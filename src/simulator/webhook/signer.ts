/**
 * Adobe's digital signatures: RSA-SHA256 over the raw body, by two key pairs whose public halves are served.
 *
 * Keys are new for every simulator; they are the one thing that no seed repeats.
 */
import { createSign, generateKeyPair, randomUUID, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import type { FastifyInstance } from "fastify";

export interface Signer {
  /** The signature headers for a body. */
  headers(body: string): Record<string, string>;
  /** PEM of a public key by its file name. */
  publicKey(name: string): string | undefined;
}

/** Makes both key pairs (some hundred milliseconds). */
export async function createSigner(): Promise<Signer> {
  const keys = await Promise.all([createKey(), createKey()]);
  return {
    headers(body) {
      const headers: Record<string, string> = {};
      for (const [index, key] of keys.entries()) {
        headers[`x-adobe-digital-signature-${index + 1}`] = sign(body, key.privateKey);
        headers[`x-adobe-public-key${index + 1}-path`] = `/prod/keys/${key.name}`;
      }
      return headers;
    },
    publicKey: (name) => keys.find((key) => key.name === name)?.pem,
  };
}

/** Serves the public keys: the simulator is its own key origin. */
export function addKeyRoutes(server: FastifyInstance, signer: () => Promise<Signer>): void {
  server.get("/prod/keys/:name", async (request, reply) => {
    const { name } = request.params as { name: string };
    const pem = (await signer()).publicKey(name);
    if (pem === undefined) return reply.code(404).send();
    return reply.type("application/x-pem-file").send(pem);
  });
}

async function createKey(): Promise<{ name: string; privateKey: KeyObject; pem: string }> {
  const { privateKey, publicKey } = await promisify(generateKeyPair)("rsa", { modulusLength: 2048 });
  return {
    name: `pub-key-${randomUUID()}.pem`,
    privateKey,
    pem: publicKey.export({ type: "spki", format: "pem" }).toString(),
  };
}

function sign(body: string, key: KeyObject): string {
  return createSign("RSA-SHA256").update(body).sign(key, "base64");
}
