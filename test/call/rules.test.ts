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
  place: 'gate',
  countsFrom: 0,
  playedFrom: 0,
  playedTo: 2_000,
  complete: true,
  key: undefined,
  keyAt: undefined,
  decision: 'none',
  problem: undefined,
};
const talk: TalkFacts = { record: true, asked: undefined, mode: 'opt-out', consent, patterns: {} };

/** One row a rule: the facts that make it decide, and the outcome. */
const rows: Readonly<Record<string, readonly [TalkFacts, string]>> = {
  'number-never-recorded': [
    { ...talk, patterns: { neverRecord: '+4179*', alwaysRecord: '+4179*', skipAnnouncement: '+4179*' } },
    'excepted',
  ],
  'party-declined': [{ ...talk, consent: { ...consent, decision: 'declined' } }, 'declined'],
  'stopped-on-request': [{ ...talk, asked: 'stop', patterns: { alwaysRecord: '+4179*' } }, 'direction-off'],
  'number-always-recorded': [
    { ...talk, record: false, consent: undefined, patterns: { alwaysRecord: '+4179*' } },
    'recorded',
  ],
  'direction-is-off': [{ ...talk, record: false }, 'direction-off'],
  'agreement-not-asked-for': [
    { ...talk, mode: 'none', consent: { ...consent, mode: 'opt-in', complete: false } },
    'announcement-failed',
  ],
  'party-did-not-agree': [{ ...talk, mode: 'none', consent: { ...consent, mode: 'opt-in' } }, 'not-agreed'],
  'not-asked-for': [{ ...talk, record: 'on-demand' }, 'direction-off'],
  'standing-consent': [{ ...talk, consent: undefined, patterns: { skipAnnouncement: '+4179*' } }, 'recorded'],
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

  test('a talk that is recorded on demand is, once it was asked for, and only if the party may be recorded', () => {
    const asked: TalkFacts = { ...talk, record: 'on-demand', asked: 'start' };
    expect(decideTalk(asked).outcome).toBe('recorded');
    expect(decideTalk({ ...asked, consent: undefined }).outcome).toBe('not-announced');
    expect(decideTalk({ ...asked, record: false }).outcome).toBe('direction-off');
  });

  test.each<[string, Partial<Consent>, string]>([
    ['that did not press the key', { mode: 'opt-in' }, 'recorded'],
    ['whose announcement failed', { complete: false }, 'recorded'],
    ['that declined', { decision: 'declined' }, 'declined'],
  ])('a party %s, of a number that is always recorded', (_what, change, outcome) => {
    const patterns = { alwaysRecord: '+4179*', skipAnnouncement: '+4179*' };
    expect(decideTalk({ ...talk, patterns, consent: { ...consent, ...change } }).outcome).toBe(outcome);
  });

  test.each<[string, Partial<TalkFacts>, string]>([
    ['is off', { record: false }, 'direction-off'],
    ['is recorded on demand', { record: 'on-demand' }, 'direction-off'],
  ])('standing consent orders nothing where the direction %s', (_what, change, outcome) => {
    const facts = { ...talk, consent: undefined, patterns: { skipAnnouncement: '+4179*' } };
    expect(decideTalk({ ...facts, ...change }).outcome).toBe(outcome);
  });

  test('what a party did in this call counts more than its standing consent', () => {
    const facts: TalkFacts = { ...talk, patterns: { skipAnnouncement: '+4179*' } };
    expect(decideTalk({ ...facts, consent: { ...consent, decision: 'declined' } }).outcome).toBe('declined');
    expect(decideTalk({ ...facts, consent: { ...consent, mode: 'opt-in' } }).outcome).toBe('not-agreed');
  });

  test('a party that declined is not recorded even by a group that announces nothing', () => {
    const facts: TalkFacts = { ...talk, mode: 'none', consent: { ...consent, decision: 'declined' } };
    expect(decideTalk(facts).outcome).toBe('declined');
  });
});
