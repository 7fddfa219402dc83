export { openApi } from "../api/server.ts"; // reported
export { openPipeline } from "../pipeline/pipeline.ts"; // reported
