/** The settings of the fold, put where its SQL form reads them: written at each start, from the configuration. */
import { settingsOf, type SettingsByInstance } from "../core/lifecycle-settings.ts";
import type { StoreClient } from "./client.ts";
import { quote } from "./row-text.ts";

const COLUMNS = [
  "instance",
  "policy",
  "retry_after_ms",
  "link_window_ms",
  "grace_ms",
  "adoption_window_ms",
  "link_codes",
  "transient_codes",
  "saved_at",
];

/** Instances that are no longer configured fall back to the default. */
export async function saveFoldSettings(
  client: StoreClient,
  settings: SettingsByInstance,
  now: number,
): Promise<void> {
  const stored = await client.query<{ instance: string }>("SELECT instance FROM fold_settings FINAL");
  const instances = new Set([...stored.map((row) => row.instance), ...settings.keys()]);
  const rows = [...instances].map((instance) => {
    const { policy, graceMs, adoptionWindowMs, linkCodes, transientCodes } = settingsOf(settings, instance);
    return (
      `[${quote(instance)},"${policy.name}",[${policy.retryAfterMs.join(",")}],${policy.linkWindowMs},${graceMs},` +
      `${adoptionWindowMs},[${linkCodes.map(quote).join(",")}],[${transientCodes.map(quote).join(",")}],${now}]`
    );
  });
  await client.insert("fold_settings", COLUMNS, rows.join("\n"));
}
