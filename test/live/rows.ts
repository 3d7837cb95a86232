import { readdir } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect } from 'vitest';

import type { AnswerPlan, CallPlan, PartyName } from './sipp.ts';
import type { Call } from './call.ts';
import { eventually } from './eventually.ts';
import { timeZone } from './station-config.ts';
import { isWaiting, Station, type Heard, type Listed, type Options } from './station.ts';
import type { Interval } from './tone.ts';

/** Every direction is recorded, and nothing announced: most rows ask who is recorded, not what is played. */
export const recordsAll = {
  record: { incoming: true, outgoing: true, internal: true },
  announcement: { incoming: { mode: 'none' }, outgoing: { mode: 'none' }, internal: { mode: 'none' } },
  deliver_to: ['archive'],
} as const;

/** How long the parties talk before and after something happens to their call. */
export const talkMs = 1_000;
/** Between two keys, so that two equal ones are heard as two. */
const keyGapMs = 300;
/** What a busy machine may be late, at each end of a voice. */
export const slackMs = 250;
/** How long Mitschnitt may take to settle a call that is over. */
const settledMs = 15_000;

/** From when to when, in epoch milliseconds, and how many moments the file may have lost by its end. */
export type Span = readonly [from: number, to: number, lost?: number];
/**
 * How long such a moment is: a key that silences its party, or what Asterisk throws away of a burst from a busy machine.
 * MixMonitor keeps the time by whoever speaks, so it costs the file only while the other party is on hold.
 */
const lostMomentMs = 300;

/** When whom is heard: once, or in several stretches. */
export type Voices = Readonly<Partial<Record<PartyName, Span | readonly Span[]>>>;

/** One line of the listing as a row of the matrix wants it. */
export interface Expected {
  /** Direction, caller and called: `incoming +41791110001>200`. */
  readonly talk: string;
  /** By default recorded, because no announcement is required. */
  readonly outcome?: string;
  readonly rule?: string;
  /** When whom is heard in the file; nobody else is. Absent: there is no file. */
  readonly heard?: Voices;
}

/** Everybody is heard for the same time. */
export function all(span: Span, ...parties: readonly PartyName[]): Voices {
  return Object.fromEntries(parties.map((party) => [party, span]));
}

/** The rows of the matrix on one version of Asterisk. One row at a time: what is new belongs to it. */
export class Rows {
  #station: Station | undefined;
  #calls = 0;
  #before: { readonly files: number; readonly report: number } | undefined;

  /** Runs a station for the tests of the surrounding `describe`. */
  constructor(options: Options) {
    beforeAll(async () => {
      this.#station = await Station.start(options);
    }, 60_000);
    afterAll(() => this.#station?.stop());
    beforeEach(async () => {
      await this.station.clear();
      const lines = await this.station.recordings({ from: 0 });
      // The report is written a moment after the listing.
      await eventually(async () => (await this.#reported()).length === lines.length, { within: settledMs });
      this.#before = { files: (await this.#files()).length, report: lines.length };
    });
  }

  get station(): Station {
    if (!this.#station) throw new Error('the station is not up yet');
    return this.#station;
  }

  /** A number that no other call of these tests has. */
  newNumber(): string {
    this.#calls += 1;
    return `+417911${String(this.#calls).padStart(4, '0')}`;
  }

  calls(from: PartyName, to: string, plan?: CallPlan): Promise<Call> {
    return this.station.parties.party(from).calls(to, plan);
  }

  answers(party: PartyName, plan?: AnswerPlan): Promise<Call> {
    return this.station.parties.party(party).answers(plan);
  }

  /** The trunk calls `to`, and `party` answers: both have talked for a while. */
  async connected(
    from: string,
    to: string,
    party: PartyName,
  ): Promise<{ readonly caller: Call; readonly member: Call; readonly met: number }> {
    const member = await this.answers(party);
    const caller = await this.calls('trunk', to, { from });
    const met = await this.talking(member);
    return { caller, member, met };
  }

  /** When the call was answered; returns after both have talked for a while. */
  async talking(call: Call): Promise<number> {
    const answeredAt = await eventually(() => call.answeredAt, { within: 12_000 });
    await pause(talkMs);
    return answeredAt;
  }

  /** Presses keys one after the other; resolves with the time of the last. */
  async dial(call: Call, keys: string): Promise<number> {
    let pressedAt = Date.now();
    for (const key of keys) {
      pressedAt = Date.now();
      call.press(key);
      await pause(keyGapMs);
    }
    return pressedAt;
  }

  /** Hangs up all of them; resolves with the time of it when they are over. */
  async hangUp(...ending: readonly Call[]): Promise<number> {
    const at = Date.now();
    for (const call of ending) call.hangUp();
    await Promise.all(ending.map(({ done }) => done));
    return at;
  }

  /** That this row left exactly these lines, in the order of their talks: listing, files, report. */
  async leaves(...expected: readonly Expected[]): Promise<readonly Listed[]> {
    await eventually(() => this.station.isQuiet(), { within: settledMs, every: 50 });
    const lines = await this.#newLines(expected.length);
    expect(lines.map(lineOf)).toEqual(expected.map(wantedLineOf));
    for (const [index, { heard = {} }] of expected.entries()) {
      const line = lines[index];
      if (line?.file == null) continue;
      expect(line.file).toMatch(fileNameOf(line));
      expectHeard(line, this.station.heardIn(line), heard);
    }
    const before = this.#before ?? { files: 0, report: 0 };
    expect((await this.#files()).length - before.files).toBe(
      lines.filter(({ file }) => file !== null).length,
    );
    const reported = await this.#newReported(before.report, lines.length);
    expect(reported.toSorted()).toEqual(lines.map(reportedOf).sort());
    return lines;
  }

  /** The lines that this row added, once they and their files are where they belong. */
  async #newLines(count: number): Promise<readonly Listed[]> {
    return eventually(
      async () => {
        const lines = await this.#lines();
        const told = lines.map(lineOf).join('\n');
        if (lines.length !== count) throw new Error(`${lines.length} lines instead of ${count}:\n${told}`);
        if (lines.some((line) => line.call.outcome === null || isWaiting(line)))
          throw new Error(`not settled:\n${told}`);
        if ((await this.station.spooled()).length > 0) throw new Error('the spool is not empty');
        return lines;
      },
      { within: settledMs, every: 50 },
    );
  }

  /** Its lines, in the order of their talks. */
  async #lines(): Promise<readonly Listed[]> {
    const lines = await this.station.recordings();
    return lines.toSorted((a, b) => Date.parse(a.start) - Date.parse(b.start));
  }

  async #files(): Promise<readonly string[]> {
    return (await readdir(this.station.archive)).filter((name) => name.endsWith('.wav'));
  }

  /** The lines that this row added to the report, which are written a moment after the listing. */
  async #newReported(before: number, count: number): Promise<readonly (readonly string[])[]> {
    return eventually(
      async () => {
        const lines = (await this.#reported()).slice(before);
        return lines.length < count ? undefined : lines.map((line) => line.split(';'));
      },
      { within: settledMs, every: 50 },
    );
  }

  /** The lines of the report; none before the first. */
  async #reported(): Promise<readonly string[]> {
    const lines = await this.station.report().catch(() => []);
    return lines.filter((line) => line !== '' && !line.startsWith('\ufeff'));
  }
}

function lineOf({ direction, from, to, outcome, rule, file }: Listed): string {
  return `${direction} ${from}>${to} ${outcome} (${rule}), ${file === null ? 'no file' : 'file'}`;
}

/** Caller, called, start, talk time and file as the report has them. */
function reportedOf({ from, to, start, talk_ms, file, outcome }: Listed): readonly string[] {
  const said = file ?? (outcome === 'declined' ? 'abgelehnt' : '');
  return [from || 'anonym', to || 'anonym', localTime(start), clockTime(talk_ms), said];
}

/** Two recordings that began in one second with the same parties are told apart by a number. */
function fileNameOf({ from, to, start }: Listed): RegExp {
  const [date = '', time = ''] = localTime(start).split(' ');
  const name = ['Aufnahme', date, time.replaceAll(':', '-'), from || 'anonym', to || 'anonym'].join('_');
  return new RegExp(`^${name.replaceAll('+', '\\+')}(-\\d+)?\\.wav$`);
}

/** On the clock of the PBX: `2026-11-27 03:04:05`. */
function localTime(instant: string): string {
  return new Date(instant).toLocaleString('sv-SE', { timeZone });
}

/** `00:03:12` */
function clockTime(ms: number): string {
  return new Date(Math.floor(ms / 1_000) * 1_000).toISOString().slice(11, 19);
}

function wantedLineOf(expected: Expected): string {
  const { talk, outcome = 'recorded', rule = 'no-announcement-required', heard } = expected;
  return `${talk} ${outcome} (${rule}), ${heard ? 'file' : 'no file'}`;
}

/** Each voice from when to when, without a hole, and no other. */
function expectHeard(line: Listed, found: Heard, expected: Voices): void {
  const begin = Date.parse(line.start);
  for (const [who, intervals] of Object.entries(found) as [PartyName, readonly Interval[]][]) {
    const wanted = spans(expected[who]);
    const stretches = bridged(intervals, slackMs + lostMs(wanted));
    const right =
      stretches.length === wanted.length &&
      wanted.every((span, index) => {
        const { fromMs, toMs } = stretches[index] ?? { fromMs: Infinity, toMs: Infinity };
        const [from, to] = span;
        const late = slackMs + lostMs([span]);
        const early = index === 0 ? slackMs : late;
        return Math.abs(fromMs - from + begin) < early && Math.abs(toMs - to + begin) < late;
      });
    const told = `${lineOf(line)}: ${who} is heard ${JSON.stringify(intervals)}`;
    const instead = wanted.map(([from, to]) => [from - begin, to - begin]);
    expect(right, `${told} instead of ${JSON.stringify(instead)}`).toBe(true);
  }
}

function spans(expected: Span | readonly Span[] = []): readonly Span[] {
  return isSpan(expected) ? [expected] : expected;
}

function isSpan(expected: Span | readonly Span[]): expected is Span {
  return typeof expected[0] === 'number';
}

function lostMs(wanted: readonly Span[]): number {
  return wanted.reduce((sum, [, , lost = 0]) => sum + lost * lostMomentMs, 0);
}

/** Shorter holes are the machine's, or a key's. */
function bridged(intervals: readonly Interval[], holeMs: number): readonly Interval[] {
  const stretches: Interval[] = [];
  for (const { fromMs, toMs } of intervals) {
    const last = stretches.at(-1);
    if (last && fromMs - last.toMs < holeMs) stretches[stretches.length - 1] = { ...last, toMs };
    else stretches.push({ fromMs, toMs });
  }
  return stretches;
}
