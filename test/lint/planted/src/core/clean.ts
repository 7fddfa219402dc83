export { hash64 } from "./hash.ts";
