/** The words of a text without case and accents, as the indexes of words see them. */
function wordsOf(text: string): readonly string[] {
  return (
    text
      .normalize('NFD')
      .replace(/\p{M}+/gu, '')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? []
  );
}

let lastWanted = '';
let lastWords: readonly string[] = [];

/** Whether each word of `wanted` begins one of the name: of a line that is in hand, faster than to ask an index. */
export function hasWords(name: string, wanted: string): boolean {
  // Of thousands of lines the same words are wanted.
  if (wanted !== lastWanted) [lastWanted, lastWords] = [wanted, wordsOf(wanted)];
  const there = wordsOf(name);
  return lastWords.length > 0 && lastWords.every((word) => there.some((each) => each.startsWith(word)));
}
