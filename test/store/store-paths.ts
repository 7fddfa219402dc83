/** The two ways to a store, for suites that must hold on both. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lifecycleSettings, type SettingsByInstance } from "../../src/core/lifecycle-settings.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import { type ClickHouseEndpoint, openClickHouseEndpoint } from "./clickhouse-endpoint.ts";

export interface StorePath {
  readonly store: Store;
  close(): Promise<void>;
}

const RETENTION = { database: "after202", retentionDays: 400, rawRetentionDays: 30 };
export const SETTINGS: SettingsByInstance = new Map([
  ["", lifecycleSettings()],
  ["999-ZZZ-000", lifecycleSettings({ policy: "marketo-2026" })],
]);

async function openEmbedded(): Promise<StorePath> {
  const dataDir = await mkdtemp(join(tmpdir(), "after202-store-"));
  const store = await openStore({ ...RETENTION, dataDir });
  await store.saveFoldSettings(SETTINGS, 1);
  return {
    store,
    close: async () => {
      await store.close();
      await rm(dataDir, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

async function openServer(): Promise<StorePath> {
  const endpoint: ClickHouseEndpoint = await openClickHouseEndpoint();
  const store = await openStore({ ...RETENTION, url: endpoint.url, dataDir: "unused" });
  await store.saveFoldSettings(SETTINGS, 1);
  return {
    store,
    close: async () => {
      await store.close();
      await endpoint.close();
    },
  };
}

export const STORE_PATHS: readonly { readonly name: string; open(): Promise<StorePath> }[] = [
  { name: "embedded", open: openEmbedded },
  { name: "server over HTTP", open: openServer },
];
