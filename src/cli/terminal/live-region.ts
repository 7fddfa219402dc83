/**
 * A part of the terminal that is drawn again in place.
 *
 * What is higher than the terminal is cut at the bottom: lines that have scrolled away cannot be drawn again. Lines wider
 * than the terminal count as the rows that they take.
 */

interface TerminalStream {
  readonly rows?: number;
  readonly columns?: number;
  write(text: string): unknown;
}

export interface LiveRegion {
  draw(text: string): void;
}

const CLEAR_BELOW = "\u001b[0J";
const CUT = "  …";

export function createLiveRegion(stream: TerminalStream): LiveRegion {
  let drawn = 0;
  return {
    draw(text) {
      const room = Math.max(3, (stream.rows ?? 24) - 1);
      const back = drawn === 0 ? "" : `\u001b[${drawn}F${CLEAR_BELOW}`;
      const shown = fit(text.split("\n"), room, stream.columns ?? 80);
      drawn = shown.rows;
      stream.write(`${back}${shown.lines.join("\n")}\n`);
    },
  };
}

/** As many lines as there is room for; if not all, the last row says so. */
function fit(
  all: readonly string[],
  room: number,
  columns: number,
): { lines: readonly string[]; rows: number } {
  const heights = all.map((line) => rowsOf(line, columns));
  const height = heights.reduce((sum, one) => sum + one, 0);
  if (height <= room) return { lines: all, rows: height };
  const lines: string[] = [];
  let rows = 1;
  for (const [index, line] of all.entries()) {
    const own = heights[index] ?? 1;
    if (rows + own > room) break;
    lines.push(line);
    rows += own;
  }
  return { lines: [...lines, CUT], rows };
}

function rowsOf(line: string, columns: number): number {
  // oxlint-disable-next-line no-control-regex -- colours take no room
  const visible = line.replaceAll(/\u001b\[[\d;]*m/g, "").length;
  return Math.max(1, Math.ceil(visible / columns));
}
