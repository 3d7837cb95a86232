import { setTimeout as pause } from 'node:timers/promises';

import { numbers } from '../call/exploration/dialplan.ts';
import { directions } from '../../src/call/call.ts';
import { printStory, type Manners } from '../call/exploration/story.ts';
import { endpointsWith, type PartyName } from './sipp.ts';
import { voices, type Listed, type Station } from './station.ts';
import { livePhones, type ListedLine, type LivePhone, type Script, type Step } from './story-scripts.ts';
import type { Telephone } from './telephone.ts';
import type { TelephoneCall } from './telephone-call.ts';

/** Where four telephones of their own play one story after the other, while other lanes play theirs. */
export interface Lane {
  /** 1 to 9. */
  readonly index: number;
  readonly manners: Manners;
}

const tones: Readonly<Record<LivePhone, PartyName>> = {
  A: 'trunk',
  '200': '200',
  '201': '201',
  '300': '300',
};
/** First addresses of the lanes, so many apart. */
const firstHost = 10;
const hostsPerLane = 4;

/** `200` is 210 in lane 1 and 220 in lane 2. */
function extensionOf(phone: LivePhone, { index }: Lane): string {
  return phone === 'A' ? `trunk${index}` : `${phone[0] ?? ''}${index}${phone[2] ?? ''}`;
}

function hostOf(phone: LivePhone, { index }: Lane): number {
  return firstHost + hostsPerLane * index + livePhones.indexOf(phone);
}

/** The number of the party outside; its second digit says which trunk leads to it. */
function outsideNumber({ index }: Lane): string {
  return `0${index}790000001`;
}

export function endpointsOf(lanes: readonly Lane[]): string {
  const endpoints = lanes.flatMap((lane) =>
    livePhones.map((phone) => {
      const name = extensionOf(phone, lane);
      const address = `127.0.0.${hostOf(phone, lane)}`;
      const kind = phone === 'A' ? 'context = from-trunk\ntrust_id_inbound = yes' : `callerid = <${name}>`;
      return `[${name}](party)\naors = ${name}\n${kind}
[${name}]\ntype = aor\ncontact = sip:${name}@${address}:5060
[${name}]\ntype = identify\nendpoint = ${name}\nmatch = ${address}\n`;
    }),
  );
  return endpointsWith(endpoints.join('\n'));
}

/** A group for each lane. */
export function configOf(lanes: readonly Lane[], config: Record<string, unknown>): Record<string, unknown> {
  return {
    ...config,
    pbx: { trunks: lanes.map((lane) => `PJSIP/${extensionOf('A', lane)}`), timezone: 'Europe/Zurich' },
    groups: lanes.map((lane) => ({
      name: `lane-${lane.index}`,
      members: [extensionOf('200', lane), extensionOf('201', lane)],
      record: Object.fromEntries(
        directions.map((direction) => [direction, lane.manners.Verkauf[direction] !== 'off']),
      ),
      announcement: Object.fromEntries(
        directions.map((direction) => {
          const manner = lane.manners.Verkauf[direction];
          const timeout = manner.startsWith('opt-') ? { timeout: keyTimeout } : {};
          return [direction, { mode: manner === 'off' ? 'none' : manner, ...timeout }];
        }),
      ),
      deliver_to: ['archive'],
    })),
  };
}

/** The prompts are shorter than those of the simulation by as much as this is longer. */
const keyTimeout = '4400ms';
const keyGapMs = 300;
/** Asterisk says 'transfer' before it takes the digits. */
const transferPromptMs = 500;
/** From the last digit to the ringing: the digit itself, and what Asterisk does then. */
const ringingMs = 200;
const ringsForEverMs = 60_000;
/** After the last scene everybody goes on for a moment, as in the simulation. */
const lastMs = 1_000;
const betweenStoriesMs = 700;
/** The first call goes first, as in the simulation. */
const hangUpGapMs = 150;

/** A story as it was played. */
export interface Played {
  readonly script: Script;
  readonly lane: Lane;
  readonly from: number;
  readonly to: number;
}

export async function playAll(station: Station, lane: Lane, scripts: readonly Script[]): Promise<Played[]> {
  const played: Played[] = [];
  for (const script of scripts) {
    const from = Date.now();
    await new Play(station, lane).play(script);
    played.push({ script, lane, from, to: Date.now() });
    await pause(betweenStoriesMs);
  }
  return played;
}

class Play {
  readonly #station: Station;
  readonly #lane: Lane;
  readonly #telephones = new Map<LivePhone, Telephone>();
  readonly #calls = new Map<string, TelephoneCall>();

  constructor(station: Station, lane: Lane) {
    this.#station = station;
    this.#lane = lane;
  }

  async play({ steps, takings, lengthMs }: Script): Promise<void> {
    for (const phone of livePhones) {
      const host = hostOf(phone, this.#lane);
      const telephone = await this.#station.parties.telephone(tones[phone], { host });
      this.#telephones.set(phone, telephone);
      for (const { call, afterMs = ringsForEverMs, declines } of takings.get(phone) ?? []) {
        this.#calls.set(call, await telephone.answers({ afterMs, status: declines ? 486 : 200 }));
      }
    }
    const begin = Date.now();
    let lateMs = 0;
    for (const step of steps) {
      await pause(Math.max(0, begin + step.atMs + lateMs - Date.now()));
      const from = Date.now();
      await this.#do(step);
      // The story waits for the digits of a feature code.
      if (step.verb === 'consults') lateMs += Date.now() - from + ringingMs;
    }
    await pause(Math.max(0, begin + lengthMs + lateMs + lastMs - Date.now()));
    for (const [, call] of [...this.#calls].sort(([one], [other]) => one.localeCompare(other))) {
      call.hangUp();
      await pause(hangUpGapMs);
    }
    await pause(lastMs);
    for (const telephone of this.#telephones.values()) telephone.stop();
  }

  async #do({ who, verb, to = who, key = '', call: id, older = '' }: Step): Promise<void> {
    if (verb === 'calls') {
      const from = who === 'A' ? outsideNumber(this.#lane) : extensionOf(who, this.#lane);
      const placed = await this.#telephones.get(who)?.calls(this.#numberOf(to), { from });
      if (placed) this.#calls.set(id, placed);
      return;
    }
    const [call, first] = [this.#calls.get(id), this.#calls.get(older)];
    if (!call || !first) return;
    // What comes of it is seen in what is recorded.
    const ignored = (): undefined => undefined;
    switch (verb) {
      case 'hangs up':
      case 'hangs up first':
        call.hangUp();
        break;
      case 'presses':
        call.press(key);
        break;
      case 'transfers to':
        call.transfers(this.#numberOf(to)).catch(ignored);
        break;
      case 'joins':
        first.transfers(call).catch(ignored);
        break;
      case 'consults':
        await this.#dial(call, this.#numberOf(to));
    }
  }

  #numberOf(phone: LivePhone): string {
    return phone === 'A' ? `0${outsideNumber(this.#lane)}` : extensionOf(phone, this.#lane);
  }

  async #dial(call: TelephoneCall, digits: string): Promise<void> {
    for (const key of '*2') {
      call.press(key);
      await pause(keyGapMs);
    }
    await pause(transferPromptMs);
    for (const [index, key] of Array.from(digits).entries()) {
      if (index > 0) await pause(keyGapMs);
      call.press(key);
    }
  }
}

/** What is wrong with what Mitschnitt lists of a story; nothing, if all is right. */
export function differences(
  { script, lane, from, to }: Played,
  lines: readonly Listed[],
  station: Station,
): readonly string[] {
  const told = (text: string): string =>
    livePhones.reduce((all, phone) => all.replaceAll(extensionOf(phone, lane), phone), text);
  const own = lines.filter(({ group, start }) => {
    const at = Date.parse(start);
    return group === `lane-${lane.index}` && at >= from && at <= to;
  });
  const found = own.map((line) => {
    const heard = line.file === null ? undefined : voices(station.heardIn(line));
    return lineOf({ ...line, from: named(line.from, lane, told), to: named(line.to, lane, told) }, heard);
  });
  const wanted = script.lines.map((line) => {
    const plain = { ...line, from: simulated(line.from), to: simulated(line.to) };
    // Somebody who talks to themselves has one voice.
    const heard = line.heard && [...new Set(line.heard.map((phone) => tones[phone]))].sort();
    return lineOf(plain, heard);
  });
  if (found.sort().join('\n') === wanted.sort().join('\n')) return [];
  const label = `lane ${lane.index}`;
  return [[label, printStory(script.story), 'listed:', ...found, 'wanted:', ...wanted].join('\n')];
}

function lineOf(line: Omit<ListedLine, 'heard'>, heard: readonly string[] | undefined): string {
  const { direction, from, to, outcome } = line;
  return `${direction} ${from}>${to} ${outcome}${heard ? ` (${heard.join(' and ')})` : ''}`;
}

function named(number: string, lane: Lane, told: (text: string) => string): string {
  return number === outsideNumber(lane) ? 'A' : told(number);
}

function simulated(number: string): string {
  return number.endsWith(numbers.A ?? '') ? 'A' : number;
}
