import { b } from "./cycle-b.ts"; // reported

export const a = (): unknown => b;
