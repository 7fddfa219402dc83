export { startSimulator } from "./simulator/simulator.ts"; // reported
export { simulateCommand } from "./cli/simulate.ts"; // reported
