export { openStore } from "../store/store.ts"; // reported
export { createJournalSource } from "../../src/sources/journal.ts"; // reported
