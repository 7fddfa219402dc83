/**
 * `keys`: API keys, in the store itself. A key is shown once; of its secret only a digest is kept.
 */
import { Command } from "commander";
import { After202Error } from "../core/errors.ts";
import type { ApiKey, Scope } from "../core/ports.ts";
import type { Store } from "../store/store.ts";
import { listValue } from "./option-values.ts";
import { renderTable } from "./render/table.ts";
import { createLook } from "./terminal/look.ts";
import { printable } from "./terminal/printable.ts";

const SCOPES: readonly Scope[] = ["submit", "read", "admin"];

interface CreateOptions {
  readonly name: string;
  readonly scopes: Scope[];
  readonly json?: true;
}

export function keysCommand(): Command {
  const keys = new Command("keys").description("manage the API's keys, in the store of the settings");
  keys
    .command("create")
    .description("make a key, and show it this once")
    .requiredOption("--name <name>", "what or whom it is for")
    .requiredOption("--scopes <list>", `some of ${SCOPES.join(", ")}`, listValue(SCOPES))
    .option("--json", "for programs")
    .action(create);
  keys
    .command("list")
    .description("keys, without their secrets")
    .option("--json", "for programs")
    .action(list);
  keys
    .command("revoke")
    .description("make a key worthless; a running service notices within 15 seconds")
    .argument("<keyId>", "as `keys list` shows it")
    .action(revoke);
  return keys;
}

async function create({ name, scopes, json }: CreateOptions): Promise<void> {
  const { createApiKey } = await import("../api/api-key.ts");
  const { key, plain } = createApiKey(name, [...new Set(scopes)], Date);
  await withStore((store) => store.saveKey(key));
  if (json) {
    process.stdout.write(`${JSON.stringify({ ...keyJson(key), key: plain }, undefined, 2)}\n`);
    return;
  }
  process.stderr.write(
    `Key ${key.keyId} for ${printable(name)} (${key.scopes.join(", ")}). It is shown this once; keep it:\n`,
  );
  process.stdout.write(`${plain}\n`);
}

async function list({ json }: { json?: true }): Promise<void> {
  const keys = await withStore((store) => store.listKeys());
  if (json) {
    process.stdout.write(`${JSON.stringify(keys.map(keyJson), undefined, 2)}\n`);
    return;
  }
  if (keys.length === 0) process.stderr.write("No keys yet: after202 keys create --name N --scopes read\n");
  const rows = keys.map((key) => {
    const { keyId, name, scopes, createdAt, revokedAt } = keyJson(key);
    return [keyId, name, scopes.join(","), createdAt, revokedAt === null ? "" : `revoked ${revokedAt}`];
  });
  if (rows.length > 0) {
    process.stdout.write(
      `${renderTable(["key id", "name", "scopes", "created", ""], rows, createLook(process.stdout))}\n`,
    );
  }
}

async function revoke(keyId: string): Promise<void> {
  await withStore(async (store) => {
    const key = await store.findKey(keyId);
    if (key === undefined) {
      throw new After202Error(
        "INPUT_INVALID",
        `There is no key ${JSON.stringify(keyId)}: after202 keys list shows those that exist.`,
      );
    }
    if (key.revokedAt === null) await store.saveKey({ ...key, revokedAt: Date.now() });
  });
  process.stdout.write(`revoked ${keyId}\n`);
}

function keyJson({ keyId, name, scopes, createdAt, revokedAt }: ApiKey) {
  return {
    keyId,
    name,
    scopes,
    createdAt: new Date(createdAt).toISOString(),
    revokedAt: revokedAt === null ? null : new Date(revokedAt).toISOString(),
  };
}

async function withStore<T>(work: (store: Store) => Promise<T>): Promise<T> {
  const { loadConfigFromProcess } = await import("../config.ts");
  const config = loadConfigFromProcess();
  const { openLocalStore } = await import("./local-store.ts");
  const store = await openLocalStore(config).catch((error: unknown) => {
    throw error instanceof After202Error && error.code === "DATA_DIR_LOCKED" ? explainLock(error) : error;
  });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/** The embedded store belongs to one process; keys are no business of the API. */
function explainLock(error: After202Error): After202Error {
  const advice = "Keys can be managed while the service is stopped; meanwhile API_ADMIN_KEY serves as a key.";
  return new After202Error("DATA_DIR_LOCKED", `${error.message} ${advice}`, {
    cause: error,
    details: error.details,
  });
}
