import type {
  Call,
  Consent,
  ConsentMode,
  NumberPatterns,
  Outcome,
  Recording,
  RecordMode,
  Segment,
  Verdict,
} from './call.ts';

/** All that decides whether a member's talk is recorded. */
export interface TalkFacts {
  /** Whether the group records this direction. */
  readonly record: RecordMode;
  /** What somebody asked for last during the talk of the two; undefined: nothing. */
  readonly asked: 'start' | 'stop' | undefined;
  /** What the group demands in this direction. */
  readonly mode: ConsentMode;
  /** What was heard and pressed, if the call passed the gate. */
  readonly consent: Consent | undefined;
  /** The group's lists of numbers that have the other party's. */
  readonly patterns: NumberPatterns;
}

interface Rule extends Verdict {
  readonly applies: (talk: TalkFacts) => boolean;
}

const announced: Rule = { rule: 'announced', outcome: 'recorded', applies: () => true };

/** Whether a talk is recorded: the first rule that applies decides, and its name is kept. */
export const talkRules: readonly Rule[] = [
  {
    rule: 'number-never-recorded',
    outcome: 'excepted',
    applies: ({ patterns }) => patterns.neverRecord !== undefined,
  },
  // Who was offered the choice and declined is not recorded, whatever was agreed or ordered otherwise.
  { rule: 'party-declined', outcome: 'declined', applies: (talk) => talk.consent?.decision === 'declined' },
  // A consultation, or somebody who came and went, does not start again what was stopped.
  { rule: 'stopped-on-request', outcome: 'direction-off', applies: ({ asked }) => asked === 'stop' },
  {
    rule: 'number-always-recorded',
    outcome: 'recorded',
    applies: ({ patterns }) => patterns.alwaysRecord !== undefined,
  },
  { rule: 'direction-is-off', outcome: 'direction-off', applies: (talk) => !talk.record },
  {
    // Whatever the group demands: who was told that a key is needed, and pressed none, did not agree.
    rule: 'agreement-not-asked-for',
    outcome: 'announcement-failed',
    applies: ({ consent }) => isUnanswered(consent) && consent?.complete !== true,
  },
  { rule: 'party-did-not-agree', outcome: 'not-agreed', applies: ({ consent }) => isUnanswered(consent) },
  {
    rule: 'not-asked-for',
    outcome: 'direction-off',
    applies: (talk) => talk.record === 'on-demand' && talk.asked !== 'start',
  },
  {
    rule: 'standing-consent',
    outcome: 'recorded',
    applies: ({ patterns }) => patterns.skipAnnouncement !== undefined,
  },
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
  announced,
];

/** Asked to press a key in order to be recorded, and pressed none. */
function isUnanswered(consent: Consent | undefined): boolean {
  return consent?.mode === 'opt-in' && consent.decision === 'none';
}

/** Decides a talk at its start. */
export function decideTalk(facts: TalkFacts): Verdict {
  const { outcome, rule } = talkRules.find((each) => each.applies(facts)) ?? announced;
  return { outcome, rule };
}

/** What becomes of a talk that would be recorded, if there were room for it. */
export const noRoom: Verdict = { outcome: 'disk-full', rule: 'storage-stop' };

/** What a recording that came to grief makes of the verdict that ordered it. */
const spoiled: Readonly<Partial<Record<Recording['state'], Verdict>>> = {
  failed: { outcome: 'start-failed', rule: 'asterisk-refused' },
  lost: { outcome: 'lost', rule: 'recording-vanished' },
  'too-short': { outcome: 'too-short', rule: 'less-audio-than-the-minimum' },
};

/** There is next to nothing of a talk that nobody watched: how long it was is not known. */
const unseen: Verdict = { outcome: 'start-failed', rule: 'nobody-watched' };

/** The verdict of a segment once its recording is settled. */
export function verdictOfSegment({ verdict, recording, unseenMs }: Segment): Verdict {
  if (unseenMs !== undefined && (recording?.state === 'failed' || recording?.state === 'too-short')) {
    return unseen;
  }
  const spoilt = recording && spoiled[recording.state];
  return spoilt ? { ...spoilt, rule: recording.rule ?? spoilt.rule } : verdict;
}

/** Which talk's outcome is the call's: a gap is told even if another talk of the same call was recorded. */
const weightiestFirst: readonly Outcome[] = ['lost', 'start-failed', 'disk-full', 'recorded'];

/** The one outcome of a call whose recordings are all settled. */
export function decideCall(call: Call): Verdict {
  const verdicts = call.segments.map(verdictOfSegment);
  const weighty = weightiestFirst.flatMap(
    (outcome) => verdicts.find((each) => each.outcome === outcome) ?? [],
  );
  return weighty[0] ?? verdicts[0] ?? { outcome: 'not-answered', rule: ruleWithoutTalk(call) };
}

/** Whether there was one is not known if a party hung up while no process ran. */
function ruleWithoutTalk({ legs }: Call): string {
  return legs.some(({ leftUnseen }) => leftUnseen) ? 'nobody-watched' : 'no-talk';
}
