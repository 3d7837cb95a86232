/** So many lines around a change are shown. */
const context = 3;

/** The lines that differ between two texts, as `diff -u` shows them; empty when none does. */
export function lineDiff(before: string, after: string): string {
  const steps = stepsOf(before.split('\n'), after.split('\n'), (line) => line);
  const changed = steps.flatMap(({ sign }, index) => (sign === ' ' ? [] : [index]));
  if (changed.length === 0) return '';
  const shown = new Set(
    changed.flatMap((index) =>
      Array.from({ length: 2 * context + 1 }, (_, offset) => index - context + offset),
    ),
  );
  return steps
    .flatMap(({ sign, line, at }, index) => {
      if (!shown.has(index)) return [];
      const head = shown.has(index - 1) ? [] : [`@@ line ${at + 1} @@`];
      return [...head, `${sign}${line}`];
    })
    .join('\n');
}

/** The text after, but where a line differs in nothing but blanks within it, as it was before. */
export function keepingLayout(before: string, after: string): string {
  const keyOf = (line: string): string => (/^\s*/.exec(line)?.[0] ?? '') + line.replace(/\s/g, '');
  return stepsOf(before.split('\n'), after.split('\n'), keyOf)
    .flatMap(({ sign, line }) => (sign === '-' ? [] : [line]))
    .join('\n');
}

interface Step {
  readonly sign: ' ' | '-' | '+';
  readonly line: string;
  /** Index in the text before. */
  readonly at: number;
}

/** By the longest common sequence of lines; of two that are alike it has that of before. */
function stepsOf(
  before: readonly string[],
  after: readonly string[],
  keyOf: (line: string) => string,
): readonly Step[] {
  const [a, b] = [before.map(keyOf), after.map(keyOf)];
  const lengths: number[][] = Array.from({ length: a.length + 1 }, () =>
    new Array<number>(b.length + 1).fill(0),
  );
  for (let i = a.length - 1; i >= 0; i -= 1)
    for (let j = b.length - 1; j >= 0; j -= 1) {
      const row = lengths[i] ?? [];
      const next = lengths[i + 1] ?? [];
      row[j] = a[i] === b[j] ? (next[j + 1] ?? 0) + 1 : Math.max(next[j] ?? 0, row[j + 1] ?? 0);
    }
  const steps: Step[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const [left, right] = [a[i], b[j]];
    if (left !== undefined && left === right) {
      steps.push({ sign: ' ', line: before[i] ?? '', at: i });
      i += 1;
      j += 1;
    } else if (
      right !== undefined &&
      (left === undefined || (lengths[i]?.[j + 1] ?? 0) > (lengths[i + 1]?.[j] ?? 0))
    ) {
      steps.push({ sign: '+', line: after[j] ?? '', at: i });
      j += 1;
    } else {
      steps.push({ sign: '-', line: before[i] ?? '', at: i });
      i += 1;
    }
  }
  return steps;
}
