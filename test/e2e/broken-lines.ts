/**
 * Lines of a file of events that no decoder should take, in five kinds; each line is unlike every other.
 */
import { DOCUMENTED_RESULTS } from "./documented-events.ts";

export interface BrokenKind {
  readonly name: string;
  /** What its dead letters are filed under, and what their reasons name. */
  readonly code: string;
  readonly reason: RegExp;
  line(number: number): Buffer;
}

/** The documented event, with another id, and whatever else is changed. */
function event(number: number, change: (text: string) => string = (text) => text): Buffer {
  const own = DOCUMENTED_RESULTS.replace("b6c1a7de-3c4f-4b21-8f0e-0a8f4e7d1c01", `broken-${number}`);
  const changed = change(own);
  if (changed === own) throw new Error("a broken line needs something broken");
  return Buffer.from(changed);
}

const WRONG: readonly ((text: string) => string)[] = [
  (text) => text.replace('"created":90', '"created":"ninety"'),
  (text) => text.replace('"created":90', '"created":-90'),
  (text) => text.replace('"created":90', '"created":0.5'),
  (text) => text.replace('"failed":{"503":5}', '"failed":{"503":[5]}'),
  (text) => text.replace(/"requests":\[.*\]/, '"requests":{}'),
  (text) => text.replace(/"requestId":"[^"]*"/, '"requestId":17'),
  (text) => text.replace('"time":"2023-08-14T17:30:00Z"', '"time":"last summer"'),
  (text) => text.replace(/"data":\{.*\}/, '"data":null}'),
];

const HUGE: readonly ((text: string) => string)[] = [
  (text) => text.replace('"received":100', '"received":1e400'),
  (text) => text.replace('"created":90', `"created":${"9".repeat(40)}`),
  (text) => text.replace('"updated":5', '"updated":4294967296'),
  (text) => text.replace('{"503":5}', '{"503":9007199254740993}'),
];

export const BROKEN_KINDS: readonly BrokenKind[] = [
  {
    name: "cut JSON",
    code: "EVENT_UNREADABLE",
    reason: /JSON/,
    line: (number) => {
      const whole = Buffer.from(DOCUMENTED_RESULTS.replace('"foo@', `"foo-${number}@`));
      const begin = whole.indexOf(`foo-${number}@`) + `foo-${number}@`.length;
      return whole.subarray(0, begin + (number % (whole.length - begin)));
    },
  },
  {
    name: "wrong types",
    code: "EVENT_INVALID",
    reason: /expected/,
    line: (number) => event(number, WRONG[number % WRONG.length]),
  },
  {
    name: "huge numbers",
    code: "EVENT_INVALID",
    reason: /records\.(received|created|updated|failed\.503)/,
    line: (number) => event(number, HUGE[number % HUGE.length]),
  },
  {
    name: "invalid UTF-8",
    code: "EVENT_NOT_UTF8",
    reason: /UTF-8/,
    line: (number) => {
      const line = event(number, (text) => text.replace("Public API", "Public\u0000API"));
      line[line.indexOf("Public") + "Public".length] = 0xff;
      return line;
    },
  },
  {
    name: "unknown types",
    code: "EVENT_TYPE_UNKNOWN",
    reason: /type/,
    line: (number) =>
      event(number, (text) => text.replace("observability.results", `observability.kind-${number}`)),
  },
];
