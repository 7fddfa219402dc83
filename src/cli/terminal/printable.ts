/**
 * Text from outside, made harmless for a terminal: ids, labels and messages may hold escape sequences.
 */

/** Control characters and marks that turn the reading direction: shown as U+FFFD. */
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const HARMFUL = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

export function printable(text: string): string {
  return text.replace(HARMFUL, "\u{FFFD}");
}
