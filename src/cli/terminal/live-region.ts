/**
 * A part of the terminal that is drawn again in place.
 *
 * What is higher than the terminal is cut at the bottom: lines that have scrolled away cannot be drawn again.
 */

interface TerminalStream {
  readonly rows?: number;
  write(text: string): unknown;
}

export interface LiveRegion {
  draw(text: string): void;
  /** Text that stays, above the region. */
  print(text: string): void;
}

const CLEAR_BELOW = "\u001b[0J";
const CUT = "  …";

export function createLiveRegion(stream: TerminalStream): LiveRegion {
  let lines: string[] = [];

  const back = (): string => (lines.length === 0 ? "" : `\u001b[${lines.length}F${CLEAR_BELOW}`);

  return {
    draw(text) {
      const room = Math.max(3, (stream.rows ?? 24) - 1);
      const all = text.split("\n");
      const shown = all.length <= room ? all : [...all.slice(0, room - 1), CUT];
      stream.write(`${back()}${shown.join("\n")}\n`);
      lines = shown;
    },
    print(text) {
      stream.write(`${back()}${text}\n${lines.map((line) => `${line}\n`).join("")}`);
    },
  };
}
