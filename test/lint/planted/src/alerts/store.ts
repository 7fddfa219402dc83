export { openStore } from "../store/store.ts"; // reported
