/** Wraps text at blanks; a word that is longer than a line stays whole, so that ids can be copied. */

/** @param indent stands before every line but the first */
export function wrapText(text: string, width: number, indent = ""): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const prefix = lines.length === 0 ? "" : indent;
    if (line === "") line = prefix + word;
    else if (line.length + 1 + word.length <= width) line += ` ${word}`;
    else {
      lines.push(line);
      line = indent + word;
    }
  }
  return [...lines, line].join("\n");
}
