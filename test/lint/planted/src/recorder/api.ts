export { openApi } from "../api/server.ts"; // reported
