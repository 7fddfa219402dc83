export { storeClient } from "../src/store/client.ts"; // reported
export { pure } from "./clean.ts";
