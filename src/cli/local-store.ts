/** The store of the settings, opened in this process, without a service around it. */
import { storeOptions } from "../app.ts";
import type { Config } from "../config.ts";
import { openStore, type Store } from "../store/store.ts";

/** @throws After202Error DATA_DIR_LOCKED, STORE_UNAVAILABLE, SCHEMA_NEWER, MIGRATION_CHANGED, MIGRATION_FAILED */
export function openLocalStore(config: Config): Promise<Store> {
  return openStore(storeOptions(config));
}
