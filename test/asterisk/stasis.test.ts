import { afterEach, beforeEach, expect, test } from 'vitest';

import { AriClient, type AriEvent } from '../../src/asterisk/ari.ts';
import { StasisGate } from '../../src/asterisk/stasis.ts';
import type { CallEvent } from '../../src/call/event.ts';
import { StasisServer } from './stasis-server.ts';

let asterisk: StasisServer;
let gate: StasisGate;
let told: CallEvent[];
let limits: string[];
let refused: RegExp | undefined;
let gone: RegExp | undefined;

beforeEach(async () => {
  [told, limits, refused, gone] = [[], [], undefined, undefined];
  asterisk = await StasisServer.start(({ url = '' }, response) =>
    response.writeHead(gone?.test(url) === true ? 404 : refused?.test(url) === true ? 500 : 204).end(),
  );
  const ari = new AriClient({ url: asterisk.url, username: 'mitschnitt', password: 'x', app: 'mitschnitt' });
  const emit = (event: CallEvent): number => told.push(event);
  gate = new StasisGate(ari, { media: 'sound:silence', ms: 60_000 }, emit, (channel, seconds) => {
    limits.push(`${channel} ${seconds}`);
    return Promise.resolve();
  });
});
afterEach(() => asterisk.stop());

const channel = { id: '1', name: 'PJSIP/trunk-1', caller: { number: '' } };
/** By Stasis() in one argument, by StasisBroadcast() in several. */
const enters = (...args: string[]): AriEvent => ({ type: 'StasisStart', channel, args });

/** What Asterisk was asked for since the last time. */
function requests(): string[] {
  return asterisk.requests
    .splice(0)
    .map(({ method = '', url = '' }) => `${method} ${decodeURIComponent(url.replace('/ari/', ''))}`);
}

const stay = { silenceMs: 8_300, confirmation: 'sound:no' };
const announce = () => gate.play('1', 'announcement', 'sound:yes', stay);
const takenBack = ['DELETE playbacks/mitschnitt-confirmation-1', 'DELETE playbacks/mitschnitt-silence-1'];

test('an announcement is ordered together with the way out', async () => {
  gate.see(enters('caller:1::200'));
  await announce();
  expect(requests()).toEqual([
    'POST channels/1/play/mitschnitt-announcement-1?media=sound:yes',
    'POST channels/1/play/mitschnitt-silence-1?media=sound:silence&offsetms=51700',
    'POST channels/1/play/mitschnitt-confirmation-1?media=sound:no',
    'POST channels/1/continue',
  ]);
});

test('who declines hears the confirmation that waits behind the silence', async () => {
  gate.see(enters('caller:1::200'));
  await announce();
  requests();
  await gate.play('1', 'confirmation', 'sound:no');
  expect(requests()).toEqual(['DELETE playbacks/mitschnitt-silence-1']);
});

test('who is led on goes as it was told to, when what it would wait for is taken back', async () => {
  gate.see(enters('caller:1::200'));
  await announce();
  requests();
  await gate.continue('1');
  expect(requests()).toEqual(takenBack);
});

test('who heard nothing is only sent on, and who was here before us may have been told anything', async () => {
  gate.see(enters('caller:1::200'));
  await gate.continue('1');
  expect(requests()).toEqual(['POST channels/1/continue']);
  await gate.continue('2');
  expect(requests().at(-1)).toBe('POST channels/2/continue');
});

test('a way out that was not taken whole is none: the channel is sent on all the same', async () => {
  gate.see(enters('caller:1::200'));
  refused = /confirmation/;
  await expect(announce()).rejects.toThrow('500');
  expect(told).toEqual([]);
  refused = undefined;
  requests();
  await gate.continue('1');
  expect(requests()).toEqual([...takenBack, 'POST channels/1/continue']);
});

const ends: AriEvent = { type: 'StasisEnd', channel };
const toldTypes = () => told.map(({ type }) => type);

test('whoever is led on in time did not go by itself', async () => {
  gate.see(enters('caller:1::200'));
  await announce();
  // There need be no confirmation.
  gone = /confirmation/;
  await gate.continue('1');
  gate.see(ends);
  expect(told).toEqual([]);
});

test('a silence that is over tells that the party went by itself, once', async () => {
  gate.see(enters('caller:1::200'));
  await announce();
  gone = /silence/;
  await gate.continue('1');
  await gate.continue('1');
  gate.see(ends);
  expect(toldTypes()).toEqual(['went-by-itself']);
});

test('so does an end of the gate that came before the party was led on', async () => {
  gate.see(enters('caller:1::200'));
  await announce();
  gate.see(ends);
  expect(toldTypes()).toEqual(['went-by-itself']);
  gone = /./;
  await gate.continue('1');
  expect(toldTypes()).toEqual(['went-by-itself']);
});

test('without an answer nobody knows; the silence is taken back also when the confirmation is not', async () => {
  gate.see(enters('caller:1::200'));
  await announce();
  requests();
  refused = /confirmation/;
  await expect(gate.continue('1')).rejects.toThrow('500');
  expect(toldTypes()).toEqual(['went-by-itself']);
  expect(requests()).toEqual(takenBack);
});

test('whoever heard no announcement cannot have gone by itself', async () => {
  gate.see(enters('caller:1::200'));
  gone = /./;
  await gate.continue('1');
  await gate.continue('2');
  gate.see(ends);
  expect(told).toEqual([]);
});

test('Stasis(): a comma in what was dialled makes it no StasisBroadcast()', async () => {
  gate.see(enters('caller:1:30:200', '1'));
  await gate.answer('1');
  expect(limits).toEqual(['1 5']);
});

test('the time limit of the dialplan is lifted when the way out is ordered, and not before', async () => {
  gate.see(enters('caller:1:0:200'));
  await gate.answer('1');
  expect(limits).toEqual(['1 5']);
  await announce();
  expect(limits).toEqual(['1 5', '1 0']);
});

test('StasisBroadcast(): the limit is long from the beginning, and the dialplan takes it back', async () => {
  gate.see(enters('caller', '1', '30', '200'));
  await announce();
  expect(limits).toEqual(['1 30']);
  gate.see(enters('caller', '1', '30', '200'));
  await gate.continue('1');
  expect(limits).toEqual(['1 30']);
});
