export { openStore } from "../store/store.ts"; // reported
export { openApp } from "../app.ts"; // reported
export { simulateCommand } from "../cli/simulate.ts"; // reported
