/**
 * The dashboards as they are checked in, and what a reader sees of them: panels with their queries, expanded.
 */
import { readdirSync, readFileSync } from "node:fs";
import { expandSql, type PanelRange, type VariableValue } from "./grafana-sql.ts";

interface Property {
  readonly id: string;
  readonly value: unknown;
}

export interface BoardPanel {
  readonly id?: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly interval?: string;
  readonly timeFrom?: string;
  readonly datasource?: { readonly type: string; readonly uid: string };
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly {
    readonly rawSql?: string;
    readonly expr?: string;
    readonly legendFormat?: string;
  }[];
  readonly transformations?: readonly {
    readonly id: string;
    readonly options: {
      readonly mappings?: readonly { readonly fieldName: string; readonly handlerKey: string }[];
    };
  }[];
  readonly fieldConfig?: {
    readonly defaults: {
      readonly unit?: string;
      readonly decimals?: number;
      readonly displayName?: string;
      readonly noValue?: string;
      readonly min?: number;
      readonly max?: number;
      readonly thresholds?: {
        readonly steps: readonly { readonly value: number | null; readonly color: string }[];
      };
      readonly custom?: {
        readonly drawStyle?: string;
        readonly stacking?: { readonly mode: string };
      };
    };
    readonly overrides: readonly {
      readonly matcher: { readonly id: string; readonly options: string };
      readonly properties: readonly Property[];
    }[];
  };
}

export interface Board {
  readonly file: string;
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly time: { readonly from: string };
  readonly panels: readonly BoardPanel[];
  readonly templating: {
    readonly list: readonly {
      readonly name: string;
      readonly type: string;
      readonly query?: string;
      readonly allValue?: string;
      readonly includeAll?: boolean;
      readonly current?: { readonly value: unknown };
    }[];
  };
  readonly annotations: { readonly list?: readonly { readonly target?: { readonly rawSql: string } }[] };
}

export const GENERATED = new URL("../../dashboards/generated/", import.meta.url);

export function loadBoards(): Board[] {
  const files = readdirSync(GENERATED).filter((name) => name.endsWith(".json"));
  return files.map((file) => {
    const board = JSON.parse(readFileSync(new URL(file, GENERATED), "utf8")) as Omit<Board, "file">;
    return { ...board, file };
  });
}

/** Panels that ask something, without rows. */
export function panelsOf(board: Board): BoardPanel[] {
  return board.panels.filter(({ type }) => type !== "row");
}

/** As they are when a dashboard is opened, with what a reader has typed in. */
export function variablesOf(
  board: Board,
  typed: Readonly<Record<string, string>> = {},
): ReadonlyMap<string, VariableValue> {
  return new Map(
    board.templating.list.map(({ name, allValue, includeAll, current }): [string, VariableValue] => {
      const preset = typed[name] ?? current?.value;
      if (includeAll === true && preset === "$__all") return [name, { all: allValue ?? "" }];
      return [name, { values: [typeof preset === "string" ? preset : ""] }];
    }),
  );
}

const UNIT_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

function durationMs(text: string): number {
  const [, count = "0", unit = ""] = /(\d+)([mhd])$/.exec(text) ?? [];
  return Number(count) * (UNIT_MS[unit] ?? 0);
}

/** Grafana's steps between two points of a line, roughly. */
const ROUND_MS = [
  1_000, 10_000, 30_000, 60_000, 300_000, 900_000, 3_600_000, 10_800_000, 43_200_000, 86_400_000,
];

/** The range of a panel, when the dashboard shows the last `spanMs`. */
export function rangeOf(panel: BoardPanel, now: number, spanMs: number): PanelRange {
  const span = panel.timeFrom === undefined ? spanMs : durationMs(panel.timeFrom);
  const points = panel.gridPos.w * 40;
  const step = ROUND_MS.find((one) => one >= span / points) ?? 86_400_000;
  const shortest = panel.interval === undefined ? 0 : durationMs(panel.interval);
  return { from: now - span, to: now, intervalMs: Math.max(step, shortest) };
}

/** How long the range is with which a dashboard opens. */
export function spanOf(board: Board): number {
  return durationMs(board.time.from);
}

/** The query of a panel, as ClickHouse gets it. */
export function panelSql(
  board: Board,
  panel: BoardPanel,
  at: { readonly now: number; readonly spanMs?: number; readonly typed?: Readonly<Record<string, string>> },
): string {
  const [target] = panel.targets ?? [];
  if (target?.rawSql === undefined)
    throw new Error(`${board.title}: ${panel.title} asks nothing of ClickHouse`);
  return expandSql(
    target.rawSql,
    rangeOf(panel, at.now, at.spanMs ?? spanOf(board)),
    variablesOf(board, at.typed),
  );
}
