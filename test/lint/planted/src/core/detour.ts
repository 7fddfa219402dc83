export { systemClock } from "./../clock.ts"; // reported
