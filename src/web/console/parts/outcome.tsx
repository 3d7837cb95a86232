import type { RecordLine } from '../../api.ts';
import { useWords } from '../language/language.tsx';
import { Tag, type Tone } from './shapes.tsx';

export type Outcome = RecordLine['outcome'];

/** Green: as wanted. Plain: not recorded, and that is right so. Red: it should have been. */
const toneOfOutcome: Readonly<Record<Outcome, Tone>> = {
  recorded: 'good',
  declined: 'plain',
  'not-agreed': 'plain',
  excepted: 'plain',
  'direction-off': 'plain',
  'not-answered': 'plain',
  'too-short': 'plain',
  'not-announced': 'warn',
  'announcement-failed': 'warn',
  'start-failed': 'bad',
  'disk-full': 'bad',
  lost: 'bad',
};

export const outcomes = Object.keys(toneOfOutcome) as readonly Outcome[];

/** The same in charts and lists; outcomes of one kind have colours of one family. */
export function colourOfOutcome(outcome: Outcome): string {
  return `var(--o-${outcome})`;
}

export function OutcomeTag({ outcome }: { readonly outcome: Outcome }) {
  const words = useWords();
  return (
    <Tag tone={toneOfOutcome[outcome]}>
      <i style={{ background: colourOfOutcome(outcome) }} />
      {words.outcomes[outcome]}
    </Tag>
  );
}

/** The rule in a sentence; its name where a later version has one more. */
export function useRule(): (rule: string) => string {
  const words = useWords();
  return (rule) => (Object.hasOwn(words.rules, rule) ? words.rules[rule as keyof typeof words.rules] : rule);
}
