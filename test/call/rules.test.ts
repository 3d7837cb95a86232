import { describe, expect, test } from 'vitest';

import type { Consent } from '../../src/call/call.ts';
import { decideTalk, talkRules, type TalkFacts } from '../../src/call/rules.ts';

const consent: Consent = {
  group: 'Verkauf',
  direction: 'incoming',
  mode: 'opt-out',
  channel: '1',
  number: '+41791234567',
  prompt: 'ansage',
  language: 'de',
  sha256: 'f00d',
  playedFrom: 0,
  playedTo: 2_000,
  complete: true,
  key: undefined,
  keyAt: undefined,
  decision: 'none',
  problem: undefined,
};
const talk: TalkFacts = { directionOn: true, mode: 'opt-out', consent };

/** One row a rule: the facts that make it decide, and the outcome. */
const rows: Readonly<Record<string, readonly [TalkFacts, string]>> = {
  'direction-is-off': [{ ...talk, directionOn: false }, 'direction-off'],
  'party-declined': [{ ...talk, consent: { ...consent, decision: 'declined' } }, 'declined'],
  'agreement-not-asked-for': [
    { ...talk, mode: 'none', consent: { ...consent, mode: 'opt-in', complete: false } },
    'announcement-failed',
  ],
  'party-did-not-agree': [{ ...talk, mode: 'none', consent: { ...consent, mode: 'opt-in' } }, 'not-agreed'],
  'no-announcement-required': [{ ...talk, mode: 'none', consent: undefined }, 'recorded'],
  'gate-not-passed': [{ ...talk, consent: undefined }, 'not-announced'],
  'party-agreed': [
    { ...talk, mode: 'opt-in', consent: { ...consent, complete: false, decision: 'agreed' } },
    'recorded',
  ],
  'announcement-incomplete': [{ ...talk, consent: { ...consent, complete: false } }, 'announcement-failed'],
  'choice-not-offered': [{ ...talk, consent: { ...consent, mode: 'notice' } }, 'not-announced'],
  announced: [talk, 'recorded'],
};

describe('whether a talk is recorded', () => {
  test('has a row for each rule', () => {
    expect(Object.keys(rows)).toEqual(talkRules.map(({ rule }) => rule));
  });

  test.each(Object.entries(rows))('%s', (rule, [facts, outcome]) => {
    expect(decideTalk(facts)).toEqual({ rule, outcome });
  });

  test('a party that declined is not recorded even by a group that announces nothing', () => {
    const facts: TalkFacts = { ...talk, mode: 'none', consent: { ...consent, decision: 'declined' } };
    expect(decideTalk(facts).outcome).toBe('declined');
  });
});
