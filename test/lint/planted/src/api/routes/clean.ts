export { ERROR_CATALOGUE } from "../../core/errors.ts";
export { readKey } from "../auth.ts";
