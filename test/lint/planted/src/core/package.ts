import { readFileSync } from "node:fs"; // reported
import type { FastifyInstance } from "fastify"; // reported

export const pure = (app: FastifyInstance): string => readFileSync(app.version, "utf8");
