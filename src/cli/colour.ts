import { styleText } from 'node:util';

type Colour = 'green' | 'yellow' | 'red';

/** States and outcomes by how much they ask for attention; all others stay as they are. */
const words: Readonly<Record<Colour, readonly string[]>> = {
  green: ['recorded', 'recording', 'intact', 'delivered', 'connected', 'fine', 'uploading', 'passed'],
  yellow: ['pending', 'paused', 'set-aside', 'unknown', 'tried', 'outside', 'declined', 'too-short'],
  red: ['FAILED', 'NOT', 'altered', 'missing', 'lost', 'start-failed', 'disk-full', 'announcement-failed'],
};

const colourOf: ReadonlyMap<string, Colour> = new Map(
  (Object.keys(words) as Colour[]).flatMap((colour) => words[colour].map((word) => [word, colour])),
);

/** A state for a terminal, coloured by its first word unless NO_COLOR is set; for a pipe as it is. */
export function coloured(state: string, terminal = process.stdout.isTTY): string {
  const colour = colourOf.get(/^[\w-]+/.exec(state)?.[0] ?? '');
  return terminal && colour !== undefined ? styleText(colour, state) : state;
}
