/** `npm run dashboards`: writes the generated files anew. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { generatedFiles } from "./generated-files.ts";

const folder = new URL("generated/", import.meta.url);
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder);
for (const [name, text] of generatedFiles()) writeFileSync(new URL(name, folder), text);
