/** The generated files by name: six dashboards and the alert rules, as they are checked in. */
import { stringify } from "yaml";
import { alertRules } from "./alert-rules.ts";
import { dashboardOf, type Frame } from "./frame.ts";
import { LINK_FIELDS } from "./link-fields.ts";
import { LOADS } from "./loads.ts";
import { OVERVIEW } from "./overview.ts";
import { REQUESTS } from "./requests.ts";
import { SERVICE } from "./service.ts";
import { STREAM_HEALTH } from "./stream-health.ts";

const FRAMES: readonly Frame[] = [OVERVIEW, REQUESTS, LINK_FIELDS, STREAM_HEALTH, LOADS, SERVICE];

const MADE = "Made by `npm run dashboards`: change dashboards/alert-rules.ts instead.";

export function generatedFiles(): ReadonlyMap<string, string> {
  return new Map([
    ...FRAMES.map((frame): [string, string] => [
      `${frame.name}.json`,
      `${JSON.stringify(dashboardOf(frame), undefined, 2)}\n`,
    ]),
    ["alert-rules.yaml", `# ${MADE}\n${stringify(plain(alertRules()), { lineWidth: 0 })}`],
  ]);
}

/** Without what is undefined. */
function plain(value: object): unknown {
  return JSON.parse(JSON.stringify(value));
}
