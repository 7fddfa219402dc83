import { openPipeline } from "../pipeline/pipeline.ts"; // reported
import type { Store } from "../store/store.ts"; // reported

export const known = (store: Store): unknown => [store, openPipeline];
