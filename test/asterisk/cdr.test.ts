import { randomUUID } from 'node:crypto';
import { appendFile, mkdtemp, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { callDetailOf, callDetailOfEvent } from '../../src/asterisk/cdr.ts';
import { CdrFile } from '../../src/asterisk/cdr-file.ts';
import type { AccountPlace } from '../../src/call/account.ts';
import { nasty } from '../nasty.ts';

/** As Asterisk 22.10 wrote it. */
const answered = `"","+41790030001","200","from-trunk",""""" <+41790030001>","PJSIP/trunk-00000000","PJSIP/200-00000001","Dial","PJSIP/200,30","2026-11-26 15:37:36","2026-11-26 15:37:36","2026-11-26 15:37:38",2,2,"ANSWERED","DOCUMENTATION","1795707456.0","","","1795707456.0",0`;
const outgoing = `"","200","0790030002","internal","""Anna Amsel"" <200>","PJSIP/200-00000002","PJSIP/trunk-00000003","Dial","PJSIP/790030002@trunk,30,U(mitschnitt-called)","2026-11-26 15:37:39","2026-11-26 15:37:39","2026-11-26 15:37:41",2,1,"ANSWERED","DOCUMENTATION","1795707459.2"`;
const busy = `"","+41790030003","200","from-trunk","x","PJSIP/trunk-00000004","PJSIP/200-00000005","Dial","PJSIP/200,30","2026-11-26 15:37:42",,"2026-11-26 15:37:43",1,1,"BUSY","DOCUMENTATION","1795707462.4",""`;
const at = (time: string) => Date.parse(`2026-11-26T${time}Z`);

/** A line of the account, with a caller's number and name of any kind, quoted as Asterisk does. */
function lineWith(number: string, id = '1795707456.0'): string {
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
  return answered
    .replace('"+41790030001"', quoted(number))
    .replace('""""" <+41790030001>"', quoted(number))
    .replaceAll('1795707456.0', id);
}

describe('a line of the account', () => {
  test('tells who called whom, and when', () => {
    expect(callDetailOf(answered, 'UTC')).toEqual({
      channel: '1795707456.0',
      linkedId: '1795707456.0',
      callerName: 'PJSIP/trunk-00000000',
      calledName: 'PJSIP/200-00000001',
      from: '+41790030001',
      to: '200',
      startedAt: at('15:37:36'),
      answeredAt: at('15:37:36'),
      endedAt: at('15:37:38'),
    });
  });

  test('tells the outside number without what the dialplan strips, also where linkedid is not logged', () => {
    expect(callDetailOf(outgoing, 'UTC')).toMatchObject({ linkedId: undefined, to: '790030002' });
  });

  test('of a call that was busy tells no answer', () => {
    expect(callDetailOf(busy, 'UTC')).toMatchObject({ answeredAt: undefined, endedAt: at('15:37:43') });
  });

  test('may be in local time; of a time that the clock shows twice it is the one after the channel began', () => {
    const twice = (id: number) =>
      callDetailOf(
        answered.replaceAll('2026-11-26 15:37', '2026-10-25 02:30').replaceAll('1795707456', String(id)),
        'Europe/Zurich',
      )?.startedAt;
    const first = Date.parse('2026-10-25T00:30:36Z');
    expect(twice(first / 1_000)).toBe(first);
    expect(twice(first / 1_000 + 3_600)).toBe(first + 3_600_000);
  });

  test.each(nasty.filter((text) => !text.includes('\n')))('gives %j as the caller sent it', (text) => {
    const detail = callDetailOf(lineWith(text), 'UTC');
    expect(detail).toMatchObject({ from: text.toWellFormed(), to: '200', channel: '1795707456.0' });
  });

  test.each([
    ['without the id of the channel', outgoing.replace(',"1795707459.2"', '')],
    ['with another text for its id', outgoing.replace('1795707459.2', 'x')],
    ['with no time', answered.replaceAll('2026-11-26 15:37:36', 'today')],
    ['torn', answered.slice(0, 150)],
    ['of another kind', 'a,b,c'],
  ])('is refused %s', (_why, line) => {
    expect(callDetailOf(line, 'UTC')).toBeUndefined();
  });
});

describe('the same as an event of cdr_manager', () => {
  const told = {
    ...{ Event: 'Cdr', Source: '+41790030001', Destination: '200', DestinationContext: 'from-trunk' },
    ...{ Channel: 'PJSIP/trunk-00000000', DestinationChannel: 'PJSIP/200-00000001' },
    ...{ LastApplication: 'Dial', LastData: 'PJSIP/200,30', UniqueID: '1795707456.0' },
    ...{
      StartTime: '2026-11-26 15:37:36',
      AnswerTime: '2026-11-26 15:37:36',
      EndTime: '2026-11-26 15:37:38',
    },
    ...{ Duration: '2', BillableSeconds: '2', Disposition: 'ANSWERED' },
  };
  const detail = (changes: Readonly<Record<string, string>>, timeZone = 'UTC') =>
    callDetailOfEvent(
      new Map(Object.entries({ ...told, ...changes }).map(([name, value]) => [name, [value]])),
      timeZone,
    );

  test('is the same call, so that both together are one', () => {
    expect(detail({ LinkedID: '1795707456.0' })).toEqual(callDetailOf(answered, 'UTC'));
    expect(detail({})).toMatchObject({ linkedId: undefined });
  });

  test('is in the time of the machine of Asterisk, and of a call that was busy has no answer', () => {
    const busy = { AnswerTime: '', Disposition: 'BUSY', StartTime: '2026-11-26 16:37:36' };
    expect(detail({ ...busy, EndTime: '2026-11-26 16:37:38' }, 'Europe/Zurich')).toMatchObject({
      ...{ startedAt: at('15:37:36'), answeredAt: undefined, endedAt: at('15:37:38') },
    });
  });

  test.each([{ UniqueID: 'x' }, { EndTime: '' }, { StartTime: 'today' }])('is refused with %j', (changes) => {
    expect(detail(changes)).toBeUndefined();
  });
});

describe('the file', () => {
  let folder: string;
  let path: string;
  let file: CdrFile;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mitschnitt-cdr-'));
    path = join(folder, 'Master.csv');
    file = new CdrFile({ path, timeZone: 'UTC' });
    await writeFile(path, `${lineWith('before')}\n`);
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** Reads all that is new. */
  async function news(place: AccountPlace | undefined) {
    const from: string[] = [];
    let [unreadable, now] = [0, place];
    for (;;) {
      const piece = await file.readSince(now);
      from.push(...piece.details.map((detail) => detail.from));
      [unreadable, now] = [unreadable + piece.unreadable, piece.place];
      if (!piece.more) return { from, unreadable, place: now };
    }
  }

  test('is read from where it is at first', async () => {
    const { from, place } = await news(undefined);
    expect(from).toEqual([]);
    await appendFile(path, `${lineWith('a')}\n${lineWith('b')}\n`);
    expect((await news(place)).from).toEqual(['a', 'b']);
  });

  test('is read to the end of the last line that is whole', async () => {
    const { place } = await news(undefined);
    const line = `${lineWith('a')}\n`;
    await appendFile(path, line.slice(0, 99));
    const half = await news(place);
    expect(half).toEqual({ from: [], unreadable: 0, place });
    await appendFile(path, line.slice(99));
    expect((await news(half.place)).from).toEqual(['a']);
  });

  test('has thousands of lines, and each is read once', async () => {
    const { place } = await news(undefined);
    const numbers = Array.from({ length: 3_000 }, (_, n) => `+4179${n}`);
    await appendFile(path, numbers.map((number) => `${lineWith(number)}\n`).join(''));
    const read = await news(place);
    expect(read.from).toEqual(numbers);
    expect((await news(read.place)).from).toEqual([]);
  });

  test('is read on where it was renamed, twice, while nobody read', async () => {
    const { place } = await news(undefined);
    for (const [index, name] of ['Master.csv.2', 'Master.csv.1', 'Master.csv'].entries()) {
      await appendFile(path, `${lineWith(String(index))}\n`);
      if (name === 'Master.csv') continue;
      await rename(path, join(folder, name));
      // File systems tell times of files that were written within a few ms as one.
      await pause(20);
    }
    expect((await news(place)).from).toEqual(['0', '1', '2']);
  });

  test('is read from its beginning where it was cut to nothing', async () => {
    const { place } = await news(undefined);
    await truncate(path);
    await appendFile(path, `${busy}\n`);
    expect((await news(place)).from).toEqual(['+41790030003']);
  });

  test('has a line that a full disk tore: told, and the call behind it is read', async () => {
    const { place } = await news(undefined);
    await appendFile(path, `${lineWith('torn').slice(0, 120)}${lineWith('behind')}\n${lineWith('next')}\n`);
    const read = await news(place);
    expect(read.unreadable).toBe(1);
    expect(new Set(read.from)).toEqual(new Set(['behind', 'next']));
  });

  test('does not tell of the calls of the self-test, nor take them for lines that cannot be read', async () => {
    const { place } = await news(undefined);
    const calledBy = (channel: string, from: string, id = '1795707456.0') =>
      lineWith(from, id)
        .replace('PJSIP/trunk-00000000', channel)
        .replace('from-trunk', 'mitschnitt-selftest');
    const lines = [
      calledBy('Local/8@mitschnitt-selftest-0000001f;1', 'test', `mitschnitt-selftest-${randomUUID()}`),
      calledBy('Local/90@mitschnitt-selftest-00000020;2', 'test'),
      calledBy('PJSIP/trunk-00000021', 'a'),
      calledBy('PJSIP/Local/8@mitschnitt-selftest-0000001f;1', 'b'),
      calledBy('Local/8@mitschnitt-selftest-2-0000001f;1', 'c'),
    ];
    await appendFile(path, lines.map((line) => `${line}\n`).join(''));
    expect(await news(place)).toMatchObject({ from: ['a', 'b', 'c'], unreadable: 0 });
  });

  test('that is not there is told, with what to do', async () => {
    await rm(path);
    await expect(file.readSince(undefined)).rejects.toMatchObject({
      code: 'cdr-missing',
      hint: expect.stringContaining('cdr_csv') as string,
    });
  });
});
