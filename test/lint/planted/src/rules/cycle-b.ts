import { a } from "./cycle-a.ts"; // reported

export const b = (): unknown => a;
