/**
 * Paths that lead nowhere: 405 with the methods that would work, or 404.
 */
import type { FastifyInstance } from "fastify";
import { After202Error } from "../core/errors.ts";

export interface KnownRoutes {
  /** Methods that the path is known for; none when it is unknown. */
  methodsOf(path: string): string[];
}

/** Watches the routes that are registered after this call. */
export function collectRoutes(app: FastifyInstance): KnownRoutes {
  const routes: { pattern: RegExp; methods: readonly string[] }[] = [];
  app.addHook("onRoute", ({ url, method }) => {
    routes.push({ pattern: patternOf(url), methods: [method].flat() });
  });
  return {
    methodsOf(path) {
      const fitting = routes.filter((route) => route.pattern.test(path));
      return [...new Set(fitting.flatMap((route) => route.methods))].sort();
    },
  };
}

/** Answers what no route has taken. */
export function refuseUnknownRoutes(app: FastifyInstance, known: KnownRoutes): void {
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split("?", 1)[0] ?? "";
    const methods = known.methodsOf(path);
    if (methods.length === 0) {
      throw new After202Error("ROUTE_UNKNOWN", `There is no route ${clip(path)}; /docs lists all of them.`);
    }
    void reply.header("allow", methods.join(", "));
    throw new After202Error("METHOD_NOT_ALLOWED", `Use one of ${methods.join(", ")}, not ${request.method}.`);
  });
}

/** `/v1/requests/:requestId/wait` → any one segment in the place of the parameter; `*` is the rest. */
function patternOf(url: string): RegExp {
  const parts = url.split("/").map((part) => {
    if (part.startsWith(":")) return "[^/]+";
    return part === "*" ? ".+" : part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  });
  return new RegExp(`^${parts.join("/")}$`);
}

function clip(path: string): string {
  return path.length > 100 ? `${path.slice(0, 100)}…` : path;
}
