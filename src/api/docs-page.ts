/**
 * The documentation page at /docs, served from this process alone: no CDN, no fonts, no telemetry.
 */
import { createHash } from "node:crypto";
import scalar from "@scalar/fastify-api-reference";
import type { FastifyInstance } from "fastify";

const INLINE_SCRIPT = /<script type="text\/javascript">([\s\S]*?)<\/script>/g;

export async function serveDocs(app: FastifyInstance): Promise<void> {
  await app.register(async (docs) => {
    docs.addHook("onSend", async (_request, reply, payload) => {
      if (typeof payload === "string" && String(reply.getHeader("content-type")).startsWith("text/html")) {
        void reply.header("content-security-policy", docsPolicy(payload));
      }
      return payload;
    });
    await docs.register(scalar, {
      routePrefix: "/docs",
      configuration: {
        pageTitle: "after202 API",
        withDefaultFonts: false,
        telemetry: false,
        hideClientButton: true,
        showDeveloperTools: "never",
      },
    });
  });
}

/** The page's own scripts, the inline ones by their hash; styles are made by its script. */
function docsPolicy(html: string): string {
  const hashes = [...html.matchAll(INLINE_SCRIPT)].map(
    ([, script]) =>
      `'sha256-${createHash("sha256")
        .update(script ?? "")
        .digest("base64")}'`,
  );
  return [
    "default-src 'none'",
    `script-src 'self' ${hashes.join(" ")}`.trim(),
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}
