/** A store in a process of its own, with nothing else of the service: to be filled, or loaded into. */
import { openStore } from "../../src/store/store.ts";
import { answerParent } from "./child-answers.ts";

const store = await openStore({
  database: "after202",
  dataDir: process.env["DATA_DIR"] ?? "",
  retentionDays: 400,
  rawRetentionDays: 30,
});

answerParent(
  {
    async command(sql: string) {
      const began = performance.now();
      await store.client.command(sql);
      return performance.now() - began;
    },
    query: (sql: string) => store.client.query(sql),
  },
  () => store.close(),
);
