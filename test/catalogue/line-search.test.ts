import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { digitsOf } from '../../src/catalogue/line-lanes.ts';
import { SqliteCatalogue } from '../../src/catalogue/sqlite.ts';
import type { FoundLine, LineSearch } from '../../src/catalogue/console-ledger.ts';
import type { Direction, Outcome } from '../../src/call/call.ts';
import type { CallRecord } from '../../src/recording/recording.ts';
import { closedCallOf, sampleCall, sampleRecord, sampleRecording, START } from './sample.ts';

let folder = '';
let catalogue: SqliteCatalogue;
const records: CallRecord[] = [];

const groups = ['Verkauf', 'Support', 'Technik'];
const outcomes: readonly Outcome[] = ['recorded', 'recorded', 'recorded', 'declined', 'not-answered'];
const directions: readonly Direction[] = ['incoming', 'outgoing', 'internal'];

function pick<Item>(items: readonly Item[], seed: number): Item {
  return items[seed % items.length] as Item;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mitschnitt-search-'));
  catalogue = new SqliteCatalogue({ path: join(folder, 'catalogue.db') });
  await catalogue.open();
  for (let n = 0; n < 400; n += 1) {
    const outcome = pick(outcomes, n * 7);
    const record = sampleRecord(`line-${n}`, {
      callId: `call-${n}`,
      group: pick(groups, n),
      direction: pick(directions, n * 5 + (n >> 3)),
      from: `+4179${String(1_000_000 + ((n * n) % 61) * 137)}`,
      to: String(200 + (n % 9)),
      // Some at the same time.
      startedAt: START + Math.floor(n / 3) * 60_000,
      verdict: { outcome, rule: outcome === 'recorded' ? 'announced' : `rule-${n % 2}` },
    });
    records.push(record);
    await catalogue.closeCall(closedCallOf(record), [record]);
    if (outcome !== 'recorded') continue;
    const { id, callId, group, startedAt } = record;
    await catalogue.addRecording(sampleRecording(id, { callId, group, startedAt, name: `${id}.wav` }), [
      'archiv',
    ]);
  }
});

afterAll(async () => {
  await catalogue.close();
  await rm(folder, { recursive: true, force: true });
});

/** Page by page to the end. */
async function allPages(wanted: Omit<LineSearch, 'limit'>, limit: number): Promise<FoundLine[]> {
  const found: FoundLine[] = [];
  for (let after: LineSearch['after']; ;) {
    const { lines, next } = await catalogue.search({ ...wanted, limit, after });
    found.push(...lines);
    if (!next) return found;
    expect(lines.length).toBeLessThanOrEqual(limit);
    after = next;
  }
}

function expected(wanted: Omit<LineSearch, 'limit'>): string[] {
  const has = (record: CallRecord): boolean =>
    (wanted.from === undefined || record.startedAt >= wanted.from) &&
    (wanted.to === undefined || record.startedAt < wanted.to) &&
    (wanted.groups?.includes(record.group) ?? true) &&
    (wanted.outcomes?.includes(record.verdict.outcome) ?? true) &&
    (wanted.direction === undefined || record.direction === wanted.direction) &&
    (wanted.rule === undefined || record.verdict.rule === wanted.rule) &&
    (wanted.delivery === undefined || record.verdict.outcome === 'recorded') &&
    (wanted.number === undefined ||
      [record.from, record.to].some((each) => each.includes(digitsOf(wanted.number ?? ''))));
  return records
    .map((record, seq) => ({ record, seq }))
    .filter(({ record }) => has(record))
    .sort((a, b) => b.record.startedAt - a.record.startedAt || b.seq - a.seq)
    .map(({ record }) => record.id);
}

const searches: readonly Omit<LineSearch, 'limit'>[] = [
  {},
  { groups: [] },
  { groups: ['Support'] },
  { groups: ['Support', 'Technik'], outcomes: ['declined'] },
  { outcomes: ['declined', 'not-answered'], rule: 'rule-1' },
  { direction: 'internal', from: START + 1_000_000, to: START + 5_000_000 },
  { number: '+41 79 100 01 37' },
  { number: '0791000137', groups: ['Verkauf'] },
  { number: '203' },
  { number: '79100', direction: 'outgoing' },
  { number: '1', outcomes: ['recorded'] },
  { number: '999999' },
  { delivery: 'pending', groups: ['Verkauf'] },
  { groups: ['no such group'], direction: 'incoming' },
];

describe('A search', () => {
  test.each(searches)(
    'finds each line that fits once, newest first, on pages of any size: %j',
    async (wanted) => {
      for (const limit of [1, 7, 200]) {
        if (limit === 1 && expected(wanted).length > 150) continue;
        expect((await allPages(wanted, limit)).map(({ id }) => id)).toEqual(expected(wanted));
      }
    },
  );

  test('finds what is noted, what is on hold, and says so', async () => {
    await catalogue.addNote({ record: 'line-5', at: START, actor: 'web:anna', text: 'Reklamation Küche' });
    await catalogue.placeHold({ subject: 'line-7', kind: 'id', at: START, actor: 'x', reason: undefined });
    const [noted] = await allPages({ text: 'rekla kuche' }, 10);
    expect(noted).toMatchObject({ id: 'line-5', notes: 1, held: false });
    expect(await allPages({ held: true }, 10)).toMatchObject([{ id: 'line-7', held: true }]);
    expect(await allPages({ text: 'line-10' }, 10)).not.toEqual([]);
  });

  test('finds by words of the caller’s name, few or thousands, and forgets them with the call', async () => {
    const named = async (id: string, fromName: string) => {
      const line = sampleRecord(id, { callId: `call-${id}`, from: '+49305556667', fromName });
      await catalogue.closeCall(closedCallOf(line), [line]);
    };
    await named('named-1', 'Zürcher Käserei AG');
    await named('named-2', `"Käserei" NEAR( * \0 '; drop table records`);
    const byName = async (text: string) => (await allPages({ text }, 10)).map(({ id }) => id).sort();
    expect(await byName('kaser')).toEqual(['named-1', 'named-2']);
    expect(await byName('kaserei zurch')).toEqual(['named-1']);
    expect((await allPages({ text: 'zürcher' }, 10))[0]).toMatchObject({ fromName: 'Zürcher Käserei AG' });
    expect(await byName('zu\u0308rcher ka\u0308s')).toEqual(['named-1']);
    expect(await byName('"near( * drop')).toEqual(['named-2']);
    for (let call = 0; call < 3_100; call += 1) await named(`often-${call}`, 'Vielanrufer GmbH');
    expect(await allPages({ text: 'vielanrufer', to: START + 1 }, 200)).toHaveLength(3_100);
    await catalogue.deleteCall(
      'call-named-1',
      { reason: 'retention.catalogue', erasure: undefined, actor: 'x' },
      START,
    );
    expect(await byName('zurcher')).toEqual([]);
  });

  test('finds a name of thousands of old lines on the first page, and with others all of it', async () => {
    const add = async (call: string, lines: number, change: Partial<CallRecord>) => {
      const added = Array.from({ length: lines }, (_, n) =>
        sampleRecord(`${call}-${n}`, {
          callId: call,
          from: '+49301234000',
          startedAt: START - 1e9 - n,
          ...change,
        }),
      );
      await catalogue.closeCall(sampleCall(call, { endedAt: START - 1e9 }), added);
    };
    await add('newer', 4_100, { startedAt: START - 5e8 });
    await add('regular', 5_000, { fromName: 'Stammkunde AG', group: 'Stamm' });
    const { lines, next } = await catalogue.search({ text: 'stammkunde', limit: 50 });
    expect(lines.map(({ id }) => id)).toEqual(Array.from({ length: 50 }, (_, n) => `regular-${n}`));
    expect(next).toBeDefined();
    expect(await allPages({ text: 'stammkunde', groups: ['Stamm'] }, 200)).toHaveLength(5_000);
    expect(await allPages({ text: 'stammkunde', groups: ['Support'] }, 200)).toEqual([]);
    for (let n = 0; n < 40; n += 1) await add(`branch-${n}`, 1, { fromName: `Stammkunde Filiale ${n}` });
    expect(await allPages({ text: 'stammkunde filiale' }, 7)).toHaveLength(40);
    expect(await allPages({ text: 'stammkunde' }, 200)).toHaveLength(5_040);
    await catalogue.addNote({ record: 'regular-7', at: START, actor: 'x', text: 'Stammkunde AG' });
    expect(await allPages({ text: 'stammkunde ag' }, 200)).toHaveLength(5_000);
  });

  test('finds by the beginning of a file name, whatever its first letter', async () => {
    const wanted = records.filter(
      ({ id, verdict }) => id.startsWith('line-39') && verdict.outcome === 'recorded',
    );
    expect((await allPages({ text: 'Line-39' }, 10)).map(({ id }) => id).sort()).toEqual(
      wanted.map(({ id }) => id).sort(),
    );
  });

  test('finds every line with a word that is in thousands of notes, of the groups that are seen', async () => {
    const noted = records.slice(0, 120);
    for (let time = 0; time < 51; time += 1)
      for (const { id } of noted)
        await catalogue.addNote({ record: id, at: START, actor: 'x', text: `Allerwelt ${time}` });
    for (const groups of [undefined, ['Support']]) {
      const found = await allPages({ text: 'allerwelt', groups }, 50);
      const wanted = noted.filter(({ group }) => groups?.includes(group) ?? true);
      expect(found.map(({ id }) => id).sort()).toEqual(wanted.map(({ id }) => id).sort());
    }
  });

  test('finds every delivery that waits, however many do, page by page', async () => {
    const lines = Array.from({ length: 2_100 }, (_, n) =>
      sampleRecord(`waiting-${n}`, {
        ...{ callId: `call-waiting-${n}`, group: n % 3 === 0 ? 'Warteraum' : 'Technik' },
        startedAt: START - 1_000_000 - Math.floor(n / 2),
      }),
    );
    for (const line of lines) {
      const { id, callId, group, startedAt } = line;
      await catalogue.closeCall(closedCallOf(line), [line]);
      await catalogue.addRecording(sampleRecording(id, { callId, group, startedAt, name: `${id}.wav` }), [
        'archiv',
      ]);
    }
    const found = await allPages({ delivery: 'pending', groups: ['Warteraum'] }, 100);
    const wanted = lines.filter(({ group }) => group === 'Warteraum');
    expect(found.map(({ id }) => id).sort()).toEqual(wanted.map(({ id }) => id).sort());
    // Of more lines than are looked at for one page: the last one of these is most often of the other group.
    const places: number[] = [];
    for (let after: LineSearch['after']; ;) {
      const { next } = await catalogue.search({
        ...{ delivery: 'pending', groups: ['Warteraum'], limit: 400, after },
      });
      if (!next) break;
      places.push(next.startedAt);
      after = next;
    }
    expect(places.length).toBeGreaterThan(1);
    const seen = new Set(wanted.map(({ startedAt }) => startedAt));
    expect(places.filter((place) => !seen.has(place))).toEqual([]);
  });

  test('forgets a number that no line has any more, and the notes of its call', async () => {
    const record = sampleRecord('gone', { callId: 'call-gone', from: '+49301112223' });
    await catalogue.closeCall(closedCallOf(record), [record]);
    await catalogue.addNote({ record: 'gone', at: START, actor: 'x', text: 'Vergissmeinnicht' });
    expect(await allPages({ number: '301112223' }, 10)).toHaveLength(1);
    const reason = { reason: 'retention.catalogue', erasure: undefined, actor: 'x' };
    await catalogue.deleteCall('call-gone', reason, START);
    expect(await allPages({ number: '301112223' }, 10)).toEqual([]);
    expect(await allPages({ text: 'vergissmeinnicht' }, 10)).toEqual([]);
    expect(await catalogue.notes('gone')).toEqual([]);
  });
});
