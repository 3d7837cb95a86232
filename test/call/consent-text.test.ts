import fc from 'fast-check';
import { expect, test } from 'vitest';

import { consentText, parseConsent } from '../../src/call/consent-text.ts';
import type { Consent } from '../../src/call/call.ts';

const consent: Consent = {
  group: 'Verkauf Zürich',
  direction: 'incoming',
  mode: 'opt-out',
  channel: '1795472283.12',
  number: '+41791234567',
  prompt: 'ansage-opt-out',
  language: 'de',
  sha256: 'a'.repeat(64),
  place: 'gate',
  countsFrom: 1_795_472_283_000,
  playedFrom: 1_795_472_283_100,
  playedTo: 1_795_472_287_100,
  complete: true,
  key: '1',
  keyAt: 1_795_472_286_000,
  decision: 'declined',
  problem: undefined,
};

test('a consent is found again as it was left', () => {
  expect(parseConsent(consentText(consent) ?? '', consent.channel)).toEqual(consent);
});

test('whatever a caller sends as its number, Asterisk sees one harmless word', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (number) => {
      const text = consentText({ ...consent, number: number.toWellFormed() });
      if (text === undefined) return;
      expect(text).toMatch(/^[\w%.!~*'()-]+$/);
      expect(text.length).toBeLessThanOrEqual(900);
      expect(parseConsent(text, consent.channel)?.number).toBe(number.toWellFormed());
    }),
  );
});

test('a consent that is too long for a line of AMI is not left', () => {
  expect(consentText({ ...consent, problem: 'ü'.repeat(500) })).toBeUndefined();
});

const fields = JSON.parse(decodeURIComponent(consentText(consent) ?? '')) as unknown[];
const changed = (index: number, value: unknown): string =>
  encodeURIComponent(JSON.stringify(fields.with(index, value)));

test.each([
  ['nothing', ''],
  ['no JSON', 'agreed'],
  ['half an escape', '%E0%A4'],
  ['no list', '%7B%22complete%22%3Atrue%7D'],
  ['an empty list', '%5B%5D'],
  ['another version', changed(0, 2)],
  ['a group that is none', changed(1, { toString: 'Verkauf' })],
  ['a direction that is none', changed(2, 'sideways')],
  ['a mode that is none', changed(3, 'opt')],
  ['a checksum that is none', changed(7, '../../etc/passwd')],
  ['a place that is none', changed(8, 'nowhere')],
  ['a time that is none', changed(9, 'now')],
  ['a time before all times', changed(10, -1)],
  ['a truth that is a word', changed(12, 'true')],
  ['a key that no telephone has', changed(13, '11')],
  ['a decision that is none', changed(15, 'granted')],
  ['too much', encodeURIComponent(JSON.stringify([...fields, 'more']))],
  ['far too much', encodeURIComponent(JSON.stringify(fields.with(4, '1'.repeat(2_000))))],
])('a variable with %s is no consent', (_what, text) => {
  expect(parseConsent(text, '1.1')).toBeUndefined();
});
