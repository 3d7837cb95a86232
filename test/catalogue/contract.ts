import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { nasty } from '../nasty.ts';
import { allOf, closedCallOf, sampleCall, sampleRecord, sampleRecording, START } from './sample.ts';
import type {
  AlarmNotice,
  ConnectionCheck,
  Catalogue,
  Delivery,
  DeliveryFilter,
  RecordFilter,
} from '../../src/catalogue/catalogue.ts';
import type { CallRecord } from '../../src/recording/recording.ts';

const name = sampleRecording('').name;

/**
 * What every catalogue holds to.
 *
 * @param make gives an empty catalogue, not yet open.
 */
export function catalogueContract(kind: string, make: () => Promise<Catalogue>): void {
  describe(kind, () => {
    contract(make);
  });
}

function contract(make: () => Promise<Catalogue>): void {
  let catalogue: Catalogue;

  beforeEach(async () => {
    catalogue = await make();
    await catalogue.open();
  });
  afterEach(async () => {
    await catalogue.close();
  });

  const close = (record: CallRecord) => catalogue.closeCall(closedCallOf(record), [record]);
  const listed = async (filter: RecordFilter = {}) => await allOf(catalogue.records(filter));
  const idsOf = async (filter: RecordFilter) => (await listed(filter)).map(({ id }) => id);
  const due = async (target: string, now = START, limit = 100) =>
    (await catalogue.dueDeliveries(target, now, limit)).map(({ delivery }) => delivery);
  const only = <Item>(items: readonly Item[]): Item => {
    expect(items).toHaveLength(1);
    return items[0] as Item;
  };
  const delivered: Pick<Delivery, 'state' | 'deliveredAt' | 'confirmedBy'> = {
    state: 'delivered',
    deliveredAt: START,
    confirmedBy: 'size',
  };

  describe('calls', () => {
    test('gives back an open call as it was last saved', async () => {
      await catalogue.saveCall(sampleCall('a'));
      const later = sampleCall('a', { linkedId: 'later' });
      await catalogue.saveCall(later);
      expect(await catalogue.openCalls()).toEqual([later]);
    });

    test('keeps a call open until it is closed, even with a verdict', async () => {
      const record = sampleRecord('a');
      await catalogue.saveCall(closedCallOf(record));
      expect(await catalogue.openCalls()).toEqual([closedCallOf(record)]);
      await close(record);
      expect(await catalogue.openCalls()).toEqual([]);
    });

    test('does not open a closed call again when an earlier state comes late', async () => {
      const record = sampleRecord('a');
      await close(record);
      await catalogue.saveCall(sampleCall(record.callId));
      expect(await catalogue.openCalls()).toEqual([]);
      expect(only(await listed()).call).toEqual(closedCallOf(record));
    });

    test('notes the lines of a call that is closed twice once', async () => {
      await close(sampleRecord('a'));
      await close(sampleRecord('a', { to: '201' }));
      expect(only(await listed()).to).toBe('200');
    });

    test('keeps whatever a caller sent', async () => {
      for (const [index, text] of nasty.entries()) {
        await close(sampleRecord(`r${index}`, { from: text, startedAt: START + index }));
      }
      expect((await listed()).map(({ from }) => from)).toEqual(nasty.map((text) => text.toWellFormed()));
    });
  });

  describe('recordings', () => {
    test('notes one pending delivery per target', async () => {
      const recording = sampleRecording('a');
      expect(await catalogue.addRecording(recording, ['archiv', 'copy', 'copy'])).toEqual(recording);
      expect(only(await catalogue.dueDeliveries('copy', START, 10))).toEqual({
        delivery: {
          recording: 'a',
          target: 'copy',
          state: 'pending',
          attempts: 0,
          dueAt: 0,
          name,
          deliveredAt: undefined,
          confirmedBy: undefined,
          problem: undefined,
        },
        recording,
      });
    });

    test('gives equal names -2 and -3, as a server compares them that ignores case', async () => {
      const add = async (id: string, change: { name?: string; folder?: string } = {}) =>
        (await catalogue.addRecording(sampleRecording(id, change), ['archiv'])).name;
      expect(await add('a')).toBe(name);
      expect(await add('b')).toBe(name.replace('.wav', '-2.wav'));
      expect(await add('c', { name: name.toUpperCase() })).toBe(name.toUpperCase().replace('.WAV', '-3.WAV'));
      expect(await add('d', { folder: '2021/05/Verkauf' })).toBe(name);
      expect((await due('archiv')).map((delivery) => delivery.name)).toHaveLength(4);
    });

    test('changes nothing when a recording is added again', async () => {
      await catalogue.addRecording(sampleRecording('a'), ['archiv']);
      await catalogue.addRecording(sampleRecording('b'), ['archiv']);
      const [, second] = await due('archiv');
      await catalogue.saveDelivery({ ...(second as Delivery), ...delivered });
      const again = await catalogue.addRecording(sampleRecording('b'), ['archiv', 'copy']);
      expect(again.name).toBe(name.replace('.wav', '-2.wav'));
      expect(only(await due('archiv')).recording).toBe('a');
      expect(await due('copy')).toEqual([]);
    });

    test('knows the media of a recording', async () => {
      await catalogue.addRecording(sampleRecording('a'), []);
      expect(await catalogue.mediaOf('a')).toMatchObject({ bytes: 3_072_044, durationMs: 192_000 });
      expect(await catalogue.mediaOf('b')).toBeUndefined();
    });
  });

  describe('deliveries', () => {
    test('come oldest recording first, those that are due, up to the limit', async () => {
      for (const [id, startedAt] of [
        ['young', START + 2],
        ['old', START],
        ['middle', START + 1],
      ] as const) {
        await catalogue.addRecording(sampleRecording(id, { startedAt, name: `${id}.wav` }), ['archiv']);
      }
      const [old] = await due('archiv');
      await catalogue.saveDelivery({ ...(old as Delivery), attempts: 1, dueAt: START + 60_000 });
      expect((await due('archiv')).map(({ recording }) => recording)).toEqual(['middle', 'young']);
      expect((await due('archiv', START + 60_000, 2)).map(({ recording }) => recording)).toEqual([
        'old',
        'middle',
      ]);
      expect(await due('copy')).toEqual([]);
    });

    test('tells when the next one is due', async () => {
      expect(await catalogue.nextDue('archiv')).toBeUndefined();
      await catalogue.addRecording(sampleRecording('a'), ['archiv', 'copy']);
      const delivery = only(await due('archiv'));
      await catalogue.saveDelivery({ ...delivery, dueAt: START + 5 });
      expect(await catalogue.nextDue('archiv')).toBe(START + 5);
      await catalogue.saveDelivery({ ...delivery, ...delivered });
      expect(await catalogue.nextDue('archiv')).toBeUndefined();
    });

    test('lets the local file go only when every target has it, and once', async () => {
      await catalogue.addRecording(sampleRecording('a'), ['archiv', 'copy']);
      await catalogue.saveDelivery({ ...only(await due('archiv')), ...delivered });
      expect(await catalogue.deletable(10, Date.now())).toEqual([]);
      await catalogue.saveDelivery({ ...only(await due('copy')), ...delivered });
      expect(await catalogue.deletable(10, Date.now())).toEqual([sampleRecording('a')]);
      await catalogue.sync();
      await catalogue.noteLocalDeleted(['a'], START);
      expect(await catalogue.deletable(10, Date.now())).toEqual([]);
    });

    test('never lets a file go that no target was told to have, or that one has set aside', async () => {
      await catalogue.addRecording(sampleRecording('nowhere'), []);
      await catalogue.addRecording(sampleRecording('a'), ['archiv']);
      await catalogue.saveDelivery({ ...only(await due('archiv')), state: 'set-aside' });
      expect(await catalogue.deletable(10, Date.now())).toEqual([]);
    });

    test('come from behind a recording, where they are asked for so', async () => {
      for (const id of ['b', 'a', 'c']) await catalogue.addRecording(sampleRecording(id), ['archiv']);
      await catalogue.addRecording(sampleRecording('old', { startedAt: START - 1 }), ['archiv']);
      const behind = async (id: string, startedAt: number) => {
        const found = await catalogue.dueDeliveries('archiv', START, 10, { id, startedAt });
        return found.map(({ recording }) => recording.id);
      };
      expect(await behind('old', START - 1)).toEqual(['a', 'b', 'c']);
      expect(await behind('b', START)).toEqual(['c']);
      expect(await behind('c', START)).toEqual([]);
    });

    test('lets a local file go only when the call has ended for long enough', async () => {
      await catalogue.addRecording(sampleRecording('a'), ['archiv']);
      await catalogue.saveDelivery({ ...only(await due('archiv')), ...delivered });
      const { endedAt } = sampleRecording('a');
      expect(await catalogue.deletable(10, endedAt - 1)).toEqual([]);
      expect(await catalogue.deletable(10, endedAt)).toHaveLength(1);
    });

    test('are pending again after a retry of what was set aside, of one recording or of all', async () => {
      for (const id of ['a', 'b', 'c']) await catalogue.addRecording(sampleRecording(id), ['archiv']);
      const [a, b, c] = (await due('archiv')) as [Delivery, Delivery, Delivery];
      await catalogue.saveDelivery({ ...a, state: 'set-aside', dueAt: START + 9 });
      await catalogue.saveDelivery({ ...b, state: 'set-aside' });
      await catalogue.saveDelivery({ ...c, ...delivered });
      expect(await catalogue.retrySetAside('c')).toBe(0);
      expect(await catalogue.retrySetAside('a')).toBe(1);
      expect((await due('archiv')).map(({ recording }) => recording)).toEqual(['a']);
      expect(await catalogue.retrySetAside(undefined)).toBe(1);
      expect(only(await catalogue.backlog())).toMatchObject({ pending: 2, setAside: 0, delivered: 1 });
    });

    test('are listed by state and target, oldest recording first, over many pages', async () => {
      for (let index = 0; index < 450; index += 1)
        await catalogue.addRecording(sampleRecording(String(1_000 + index), { startedAt: START + index }), [
          'archiv',
          'copy',
        ]);
      const ids = async (filter: DeliveryFilter) =>
        (await allOf(catalogue.deliveries(filter))).map(({ recording }) => recording.id);
      const all = Array.from({ length: 450 }, (_, index) => String(1_000 + index));
      expect(await ids({ state: 'pending', target: 'copy' })).toEqual(all);
      expect(await ids({ state: 'pending' })).toEqual([...all, ...all]);
      expect(await ids({ state: 'set-aside' })).toEqual([]);
      const [first] = await due('copy');
      await catalogue.saveDelivery({ ...(first as Delivery), state: 'set-aside' });
      expect(await ids({ state: 'set-aside' })).toEqual(['1000']);
    });

    test('know the line of a recording when its call is over', async () => {
      const record = sampleRecord('a');
      const recording = sampleRecording('a', { callId: record.callId });
      await catalogue.addRecording(recording, ['archiv']);
      expect(await catalogue.lineOf(recording)).toBeUndefined();
      await catalogue.saveCall(sampleCall(record.callId));
      expect(await catalogue.lineOf(recording)).toBe('open');
      await close(record);
      expect(await catalogue.lineOf(recording)).toEqual({
        ...record,
        call: closedCallOf(record),
        deliveries: await due('archiv'),
      });
    });

    test('refuses to note a delivery that was never ordered', async () => {
      await catalogue.addRecording(sampleRecording('a'), ['archiv']);
      const delivery = only(await due('archiv'));
      await expect(catalogue.saveDelivery({ ...delivery, target: 'copy' })).rejects.toMatchObject({
        code: 'unknown-delivery',
      });
    });

    test('are counted per target, with the last error of what has not arrived', async () => {
      for (const id of ['a', 'b', 'c', 'd']) await catalogue.addRecording(sampleRecording(id), ['archiv']);
      await catalogue.addRecording(sampleRecording('e'), ['copy']);
      const [a, b, c] = (await due('archiv')) as [Delivery, Delivery, Delivery];
      const problem = (at: number) => ({
        at,
        code: 'no-space',
        message: 'no space left',
        hint: 'Make room.',
      });
      await catalogue.saveDelivery({ ...a, ...delivered, problem: problem(START + 9) });
      await catalogue.saveDelivery({ ...b, state: 'set-aside', problem: problem(START + 2) });
      await catalogue.saveDelivery({ ...c, attempts: 1, problem: problem(START + 1) });
      const bytes = sampleRecording('a').bytes;
      expect(await catalogue.backlog()).toEqual([
        {
          target: 'archiv',
          pending: 2,
          pendingBytes: 2 * bytes,
          setAside: 1,
          delivered: 1,
          lastSuccessAt: delivered.deliveredAt,
          lastError: problem(START + 2),
        },
        {
          target: 'copy',
          pending: 1,
          pendingBytes: bytes,
          setAside: 0,
          delivered: 0,
          lastSuccessAt: undefined,
          lastError: undefined,
        },
      ]);
    });
  });

  describe('listings', () => {
    test('give each line with its call and its deliveries', async () => {
      const record = sampleRecord('a');
      await catalogue.addRecording(sampleRecording('a'), ['archiv', 'copy']);
      await close(record);
      const line = only(await listed());
      expect(line).toEqual({ ...record, call: closedCallOf(record), deliveries: line.deliveries });
      expect(line.deliveries.map(({ target }) => target)).toEqual(['archiv', 'copy']);
    });

    test('find by time, number, group and outcome, in the order of the start', async () => {
      await close(
        sampleRecord('c', { startedAt: START + 2, to: '100%_x', verdict: { outcome: 'lost', rule: 'x' } }),
      );
      await close(sampleRecord('a', { startedAt: START, group: 'Support' }));
      await close(sampleRecord('b', { startedAt: START + 1, from: '030 1234' }));
      expect(await idsOf({})).toEqual(['a', 'b', 'c']);
      expect(await idsOf({ from: START + 1 })).toEqual(['b', 'c']);
      expect(await idsOf({ to: START + 1 })).toEqual(['a']);
      expect(await idsOf({ number: '123' })).toEqual(['a', 'b', 'c']);
      expect(await idsOf({ number: ' 12' })).toEqual(['b']);
      expect(await idsOf({ number: '0%_' })).toEqual(['c']);
      expect(await idsOf({ number: '%' })).toEqual(['c']);
      expect(await idsOf({ number: '\\' })).toEqual([]);
      expect(await idsOf({ group: 'Support' })).toEqual(['a']);
      expect(await idsOf({ outcome: 'lost', number: '200' })).toEqual([]);
      expect(await idsOf({ outcome: 'lost' })).toEqual(['c']);
    });

    test('give every line once over many pages, though many start in the same instant', async () => {
      const all = Array.from({ length: 1000 }, (_, index) =>
        sampleRecord(`r${index}`, { startedAt: START + Math.floor(index / 300) }),
      );
      for (const record of all) await close(record);
      expect(await idsOf({})).toEqual(all.map(({ id }) => id));
      expect(await idsOf({ group: 'Verkauf', from: START + 1 })).toHaveLength(700);
    });
  });

  describe('report', () => {
    const ids = async () => (await catalogue.unreported(10)).map(({ id }) => id);

    test('gives what no file has, in the order in which calls were closed', async () => {
      await close(sampleRecord('b', { startedAt: START + 9 }));
      await close(sampleRecord('a'));
      expect(await catalogue.unreported(1)).toEqual([sampleRecord('b', { startedAt: START + 9 })]);
      expect(await ids()).toEqual(['b', 'a']);
    });

    test('keeps one append open until it is complete', async () => {
      await close(sampleRecord('a'));
      await close(sampleRecord('b'));
      const append = { file: 'Report_2021-04.csv', offset: 7, text: 'x\r\n', records: ['b', 'a'] };
      await catalogue.beginAppend({ ...append, offset: 3 });
      await catalogue.beginAppend(append);
      expect(await catalogue.openAppend()).toEqual(append);
      expect((await catalogue.recordsOf(append)).map(({ id }) => id)).toEqual(['b', 'a']);
      expect(await ids()).toEqual(['a', 'b']);
      await catalogue.completeAppend(append);
      expect(await catalogue.openAppend()).toBeUndefined();
      expect(await ids()).toEqual([]);
    });
  });

  test('connection checks: the last one of each target is kept', async () => {
    const failed: ConnectionCheck = {
      ...{ target: 'b', at: START, ms: 12 },
      problem: { code: 'unreachable', message: 'm', fault: 'destination', hint: 'h' },
    };
    const fine = { target: 'a', at: START + 1, ms: 3, problem: undefined };
    for (const check of [fine, { ...fine, target: 'b' }, failed]) await catalogue.saveCheck(check);
    expect(await catalogue.checks()).toEqual([fine, failed]);
    await catalogue.saveCheck({ ...failed, at: START + 2, problem: undefined });
    expect(await catalogue.checks()).toEqual([fine, { ...failed, at: START + 2, problem: undefined }]);
  });

  test('files of self-tests are kept until nothing of them is at the target', async () => {
    const file = {
      ...{
        recording: 'a',
        target: 'nas',
        folder: '2021/04',
        name: nasty[0] ?? '',
        sha256: 'f00d',
        at: START,
      },
    };
    const other = { ...file, target: 'cloud', at: START - 1 };
    for (const each of [file, other, { ...file, at: START + 1 }]) await catalogue.addTestFile(each);
    expect(await catalogue.testFiles()).toEqual([other, { ...file, at: START + 1 }]);
    await catalogue.forgetTestFile(file);
    await catalogue.forgetTestFile({ ...file, recording: 'unknown' });
    expect(await catalogue.testFiles()).toEqual([other]);
  });

  test('users are found by who they are to a provider, and there is one of each', async () => {
    const facts = { role: 'auditor', groups: [], password: undefined, createdAt: START } as const;
    const add = (name: string, issuer: string, subject: string) =>
      catalogue.addUser({ name, ...facts, lastSignInAt: undefined, identity: { issuer, subject } });
    expect(await add('oidc:anna', 'https://a.example', '1')).toBe(true);
    expect(await add('oidc:ANNA', 'https://b.example', '1')).toBe(false);
    expect(await add('oidc:berta', 'https://a.example', '1')).toBe(false);
    expect(await add('oidc:berta', 'https://b.example', '1')).toBe(true);
    for (const name of ['local', 'other'])
      await catalogue.addUser({ name, ...facts, lastSignInAt: undefined });
    expect(await catalogue.userOf({ issuer: 'https://a.example', subject: '1' })).toMatchObject({
      name: 'oidc:anna',
      identity: { issuer: 'https://a.example', subject: '1' },
    });
    expect(await catalogue.userOf({ issuer: 'https://a.example', subject: '2' })).toBeUndefined();
    expect(await catalogue.user('local')).toMatchObject({ identity: undefined });
    expect(await catalogue.users()).toHaveLength(4);
  });

  describe('notices of alarms', () => {
    const notice: AlarmNotice = {
      ...{ kind: 'target-unreachable', subject: 'archiv', problem: 'p', fault: 'destination', hint: 'h' },
      ...{ since: START, begunAt: START + 1, endedAt: undefined, times: 2, toldAt: undefined, reminders: 0 },
    };

    test('are given back as they were last saved, the first to begin first', async () => {
      const later = { ...notice, subject: 'b', since: START + 2, endedAt: START + 3, toldAt: START + 2 };
      await catalogue.saveNotices('email', [{ ...notice, subject: 'gone' }]);
      await catalogue.saveNotices('email', [later, notice]);
      expect(await catalogue.notices('email')).toEqual([notice, later]);
    });

    test('are apart for each way of telling', async () => {
      await catalogue.saveNotices('email', [notice]);
      await catalogue.saveNotices('webhook', [{ ...notice, toldAt: START }]);
      await catalogue.saveNotices('email', []);
      expect(await catalogue.notices('email')).toEqual([]);
      expect(await catalogue.notices('webhook')).toEqual([{ ...notice, toldAt: START }]);
    });
  });
}
