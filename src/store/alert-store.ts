/** What alerting asks of the store and keeps in it, put together. Repeating any write changes nothing. */
import type { AlertStore } from "../core/alert-ports.ts";
import { createAcknowledgements } from "./acknowledgements.ts";
import { createAlertBands } from "./alert-bands.ts";
import { createAlertClaims } from "./alert-claims.ts";
import { createAlertMembers } from "./alert-members.ts";
import { createRevisions } from "./alert-revision.ts";
import { createAlertRows } from "./alert-rows.ts";
import { createAlertStream } from "./alert-stream.ts";
import type { StoreClient } from "./client.ts";
import { createOutboxStore } from "./outbox-rows.ts";
import { createSilenceStore } from "./silences.ts";

export function createAlertStore(client: StoreClient): AlertStore & ReturnType<typeof createAlertStream> {
  const nextRevision = createRevisions();
  return {
    ...createAlertBands(client, nextRevision),
    ...createAlertClaims(client, nextRevision),
    ...createAlertMembers(client, nextRevision),
    ...createAlertRows(client, nextRevision),
    ...createAlertStream(client),
    ...createAcknowledgements(client),
    ...createSilenceStore(client, nextRevision),
    ...createOutboxStore(client, nextRevision),
  };
}
