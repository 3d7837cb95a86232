import type { Call, Consent, ConsentMode, Outcome, Segment, Verdict } from './call.ts';

/** All that decides whether a member's talk is recorded. */
export interface TalkFacts {
  /** The group records this direction. */
  readonly directionOn: boolean;
  /** What the group demands in this direction. */
  readonly mode: ConsentMode;
  /** What was heard and pressed, if the call passed the gate. */
  readonly consent: Consent | undefined;
}

interface Rule<Facts> extends Verdict {
  readonly applies: (facts: Facts) => boolean;
}

/** Whether a talk is recorded: the first rule that applies decides, and its name is kept. */
export const talkRules: readonly Rule<TalkFacts>[] = [
  { rule: 'direction-is-off', outcome: 'direction-off', applies: (talk) => !talk.directionOn },
  { rule: 'party-declined', outcome: 'declined', applies: (talk) => talk.consent?.decision === 'declined' },
  {
    // Whatever the group demands: who was told that a key is needed, and pressed none, did not agree.
    rule: 'agreement-not-asked-for',
    outcome: 'announcement-failed',
    applies: ({ consent }) => isUnanswered(consent) && consent?.complete !== true,
  },
  { rule: 'party-did-not-agree', outcome: 'not-agreed', applies: ({ consent }) => isUnanswered(consent) },
  { rule: 'no-announcement-required', outcome: 'recorded', applies: (talk) => talk.mode === 'none' },
  { rule: 'gate-not-passed', outcome: 'not-announced', applies: (talk) => talk.consent === undefined },
  { rule: 'party-agreed', outcome: 'recorded', applies: (talk) => talk.consent?.decision === 'agreed' },
  {
    rule: 'announcement-incomplete',
    outcome: 'announcement-failed',
    applies: (talk) => talk.consent?.complete !== true,
  },
  {
    // Announced by another group or in another direction, without the choice that this one promises.
    rule: 'choice-not-offered',
    outcome: 'not-announced',
    applies: (talk) => talk.mode !== 'notice' && talk.consent?.mode !== talk.mode,
  },
  { rule: 'announced', outcome: 'recorded', applies: () => true },
];

/** Asked to press a key in order to be recorded, and pressed none. */
function isUnanswered(consent: Consent | undefined): boolean {
  return consent?.mode === 'opt-in' && consent.decision === 'none';
}

/** What became of the talks of a call. A gap is told even if another talk of the same call was recorded. */
const callRules: readonly Rule<Call>[] = [
  { rule: 'no-talk', outcome: 'not-answered', applies: (call) => call.segments.length === 0 },
  { rule: 'recording-vanished', outcome: 'lost', applies: (call) => call.segments.some(isIn('lost')) },
  {
    rule: 'asterisk-refused',
    outcome: 'start-failed',
    applies: (call) => call.segments.some(isIn('failed')),
  },
];

function isIn(state: string): (segment: Segment) => boolean {
  return (segment) => segment.recording?.state === state;
}

function firstThatApplies<Facts>(rules: readonly Rule<Facts>[], facts: Facts): Verdict | undefined {
  const found = rules.find((rule) => rule.applies(facts));
  return found && { outcome: found.outcome, rule: found.rule };
}

/** Decides a talk at its start. */
export function decideTalk(facts: TalkFacts): Verdict {
  return firstThatApplies(talkRules, facts) ?? { outcome: 'not-announced', rule: 'no-rule' };
}

/** The verdict of a segment once its recording is settled: what was decided, unless the recording came to grief. */
export function verdictOfSegment(segment: Segment): Verdict {
  const outcome = (
    { failed: 'start-failed', lost: 'lost', 'too-short': 'too-short' } as Partial<Record<string, Outcome>>
  )[segment.recording?.state ?? ''];
  if (outcome === undefined) return segment.verdict;
  return { outcome, rule: outcomeRules[outcome] ?? segment.verdict.rule };
}

const outcomeRules: Partial<Record<Outcome, string>> = {
  'start-failed': 'asterisk-refused',
  lost: 'recording-vanished',
  'too-short': 'shorter-than-the-minimum',
};

/** The one outcome of a call whose recordings are all settled. */
export function decideCall(call: Call): Verdict {
  const recorded = call.segments.find(isIn('finished'));
  return (
    firstThatApplies(callRules, call) ??
    recorded?.verdict ??
    (call.segments[0] ? verdictOfSegment(call.segments[0]) : { outcome: 'not-answered', rule: 'no-talk' })
  );
}
