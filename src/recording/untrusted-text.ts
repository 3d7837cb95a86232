/**
 * Text of callers, servers and files. What is in it may move a terminal's cursor, end a line, or show what follows in
 * another order than it is: control characters, format characters (bidirectional marks among them), separators of lines
 * and paragraphs, and halves of characters.
 */

const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Text for a terminal or a line of a log: what is unprintable is replaced, and seen to be. */
export function printable(text: string): string {
  return text.replace(unprintable, '\u{FFFD}');
}

/** JSON with nothing unprintable in it but its line ends: JSON.stringify leaves C1 controls and bidirectional marks alone. */
export function escapedJson(json: string): string {
  return json.replace(unprintable, (found) =>
    found === '\n'
      ? found
      : found
          .split('')
          .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
          .join(''),
  );
}

/** Unseen characters, or such as show a text in another order than it is. */
const invisible = /[\p{Default_Ignorable_Code_Point}\p{Cf}]+/gu;

/** Text without what is invisible in it, for names and numbers that people copy and compare. */
export function visible(text: string): string {
  return text.toWellFormed().replace(invisible, '');
}

/** Would end a line, or be none of the characters of one. */
const lineBreaking = /[\p{Cc}\p{Zl}\p{Zp}]+/gu;

/** As {@link visible}, on one line. */
export function visibleLine(text: string): string {
  return visible(text).replace(lineBreaking, ' ');
}
