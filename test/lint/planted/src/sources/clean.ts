import { readFileSync } from "node:fs";
import { After202Error } from "../core/errors.ts";
import { retryAfterMs } from "./retry-after.ts";

export const known = [readFileSync, After202Error, retryAfterMs];
