export { openApp } from "../app.ts"; // reported
export { loadConfig } from "../config.ts"; // reported
export { SETTINGS } from "../settings.ts"; // reported
export { systemClock } from "../clock.ts"; // reported
export { createServiceMetrics } from "../service-metrics.ts"; // reported
