export { openStore } from "../../store/store.ts"; // reported
export { openApp } from "../../app.ts"; // reported
