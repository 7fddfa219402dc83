export { openApp } from "../app.ts";
export { openStore } from "../store/store.ts";
