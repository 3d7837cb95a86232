import { existsSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import type { AccountProgress } from '../../src/catalogue/account-ledger.ts';
import type { Deletion } from '../../src/catalogue/retention-ledger.ts';
import { MitschnittError } from '../../src/errors.ts';
import { allOf, sampleCall, START } from '../catalogue/sample.ts';
import { nasty } from '../nasty.ts';
import { consentOf, detailOf } from '../reconciliation/accounts.ts';
import { day, Estate } from './estate.ts';

let estate: Estate;

beforeEach(async () => {
  estate = await Estate.create();
});
afterEach(() => estate.remove());

const log = async (): Promise<readonly Deletion[]> => await allOf(estate.catalogue.deletions(undefined));
/** The process works: a minute after its start it looks, and then every hour. */
const works = async (): Promise<void> => {
  await estate.retention.run();
};
const progress: AccountProgress = {
  ...{ since: 0, place: undefined, readAt: START, unreadable: 0, unreadableAt: undefined, statedTo: 0 },
};
const hold = (subject: string, kind: 'id' | 'number' = 'id') =>
  estate.catalogue.placeHold({ subject, kind, at: START, actor: 'cli:root', reason: 'dispute' });

describe('local files', () => {
  test('go after the time of their group, and never while they are on hold', async () => {
    await estate.add('a');
    await estate.add('b', { group: 'Einkauf' });
    await estate.add('c', { from: '+41440000000' });
    await hold('+41440000000', 'number');
    const byGroup = new Map([['Einkauf', 0]]);
    const due = await estate.catalogue.deletable(10, START + day, byGroup);
    expect(due.map(({ id }) => id)).toEqual(['a']);
    await estate.catalogue.releaseHold({ subject: '+41440000000', kind: 'number', at: START, actor: 'x' });
    expect(await estate.catalogue.deletable(10, START + day, byGroup)).toHaveLength(2);
    await estate.catalogue.noteLocalDeleted(['a'], START);
    expect(await log()).toMatchObject([{ subject: 'a', what: 'local-file', reason: 'retention.local' }]);
  });
});

test('removing ends when it is told to, though a transfer does not', async () => {
  const recording = await estate.add('a');
  estate.periods = { Verkauf: { local: 0, remote: 0, catalogue: undefined } };
  estate.underway = new Promise(() => undefined);
  estate.retention.start();
  const working = works();
  await new Promise((resolve) => setTimeout(resolve, 100));
  await estate.retention.stop();
  await working;
  expect(existsSync(estate.at('archiv', recording))).toBe(true);
  estate.restart();
  estate.underway = Promise.resolve();
  await works();
  expect(existsSync(estate.at('archiv', recording))).toBe(false);
});

describe('delivered files', () => {
  const periods = { local: 0, remote: 30 * day, catalogue: undefined };

  test('are removed with their sidecars when their time is over, and that is logged', async () => {
    const recording = await estate.add('a', { delivered: ['archiv', 'zweit'] });
    estate.periods = { Verkauf: periods };
    await works();
    expect(existsSync(estate.at('archiv', recording))).toBe(true);
    await estate.clock.pass(31 * day);
    await works();
    for (const target of ['archiv', 'zweit']) {
      expect(existsSync(estate.at(target, recording))).toBe(false);
      expect(existsSync(estate.at(target, recording).replace('.wav', '.json'))).toBe(false);
    }
    expect((await log()).map(({ target, result, reason }) => [target, result, reason])).toEqual([
      ['zweit', 'removed', 'retention.remote'],
      ['archiv', 'removed', 'retention.remote'],
    ]);
    const [line] = await allOf(estate.catalogue.records({}));
    expect(line?.deliveries[0]?.removedAt).toBe(estate.clock.now());
  });

  test('of another group, on hold, pending elsewhere or set aside stay', async () => {
    estate.periods = { Verkauf: periods };
    const kept = [
      await estate.add('other', { group: 'Einkauf' }),
      await estate.add('held'),
      await estate.add('pending', { pending: ['zweit'] }),
      await estate.add('aside', { setAside: ['zweit'] }),
    ];
    await hold('call-held');
    await estate.clock.pass(9_999 * day);
    await works();
    for (const recording of kept) expect(existsSync(estate.at('archiv', recording))).toBe(true);
    expect(await log()).toEqual([]);
  });

  test('a file of somebody else that has the name of the sidecar stays', async () => {
    const recording = await estate.add('a');
    const sidecar = estate.at('archiv', recording).replace('.wav', '.json');
    await writeFile(sidecar, '{"id":"of-somebody-else"}');
    estate.periods = { Verkauf: periods };
    await estate.clock.pass(31 * day);
    await works();
    expect(existsSync(estate.at('archiv', recording))).toBe(false);
    expect(existsSync(sidecar)).toBe(true);
  });

  test('that were removed before the process died are noted by the next one', async () => {
    const recording = await estate.add('a');
    estate.periods = { Verkauf: periods };
    await estate.clock.pass(31 * day);
    const { catalogue } = estate;
    const note = catalogue.noteRemoval.bind(catalogue);
    catalogue.noteRemoval = () => Promise.reject(new Error('the process dies'));
    await works();
    expect(existsSync(estate.at('archiv', recording))).toBe(false);
    expect(await log()).toEqual([]);
    catalogue.noteRemoval = note;
    estate.restart();
    await estate.clock.pass(3_600_000);
    await works();
    expect(await log()).toMatchObject([{ subject: 'a', target: 'archiv', result: 'absent' }]);
  });

  test('that are put on hold after their removal was ordered stay', async () => {
    const recording = await estate.add('a');
    const archiv = estate.targets.get('archiv');
    estate.targets.delete('archiv');
    estate.periods = { Verkauf: periods };
    await estate.clock.pass(31 * day);
    await works();
    await hold('a');
    if (archiv) estate.targets.set('archiv', archiv);
    estate.restart();
    await estate.clock.pass(day);
    await works();
    expect(existsSync(estate.at('archiv', recording))).toBe(true);
    await estate.catalogue.releaseHold({ subject: 'a', kind: 'id', at: START, actor: 'cli:root' });
    await works();
    expect(existsSync(estate.at('archiv', recording))).toBe(false);
  });

  test('of a target that is down are tried again, with one alarm after an hour, and others go on', async () => {
    const recording = await estate.add('a', { delivered: ['archiv', 'zweit'] });
    const second = await estate.add('b', { delivered: ['archiv', 'zweit'] });
    const away = join(estate.path, 'away');
    await rename(join(estate.path, 'archiv'), away);
    estate.periods = { Verkauf: periods };
    await estate.clock.pass(31 * day);
    await works();
    expect(existsSync(estate.at('zweit', recording))).toBe(false);
    expect(existsSync(estate.at('zweit', second))).toBe(false);
    expect(estate.alarms.raised).toEqual([]);
    await estate.clock.pass(2 * 3_600_000);
    await works();
    expect(estate.alarms.raised).toEqual(['removal-failing archiv']);
    await rename(away, join(estate.path, 'archiv'));
    await estate.clock.pass(2 * 3_600_000);
    await works();
    expect(existsSync(estate.at('archiv', recording))).toBe(false);
    expect(await estate.catalogue.removalTargets()).toEqual([]);
  });
});

describe('what is to be removed at many targets', () => {
  /** What is read of the removals in one look a minute later. */
  const readLater = async (): Promise<readonly (string | undefined)[]> => {
    const read: (string | undefined)[] = [];
    const { catalogue } = estate;
    const due = catalogue.dueRemovals.bind(catalogue);
    catalogue.dueRemovals = async (...given) => {
      const found = await due(...given);
      read.push(...found.map(({ target }) => target));
      return found;
    };
    await estate.clock.pass(60_000);
    await estate.remover.work();
    catalogue.dueRemovals = due;
    return read;
  };

  test('is read once where a target is down, and not again while it rests, unless somebody erases', async () => {
    for (let n = 0; n < 250; n += 1) await estate.add(`n${n}`, { delivered: ['archiv'] });
    await rename(join(estate.path, 'archiv'), join(estate.path, 'away'));
    estate.periods = { Verkauf: { local: 0, remote: 30 * day, catalogue: undefined } };
    await estate.clock.pass(31 * day);
    await works();
    expect(await readLater()).toHaveLength(100);
    expect(await readLater()).toEqual([]);
    await rename(join(estate.path, 'away'), join(estate.path, 'archiv'));
    await estate.remover.workAtOnce();
    const wait = await allOf(estate.catalogue.deletions(undefined));
    expect(wait.filter(({ result }) => result === 'removed').length).toBeGreaterThan(200);
    await estate.clock.pass(3 * 3_600_000);
    await works();
    expect(await estate.catalogue.removalTargets()).toEqual([]);
  });
});

describe('a target that refuses to remove one file', () => {
  const refusing = (code: string, isRefused: (name: string) => boolean): void => {
    const make = estate.targets.get('archiv');
    if (!make) throw new Error('no such target');
    estate.targets.set('archiv', () => {
      const target = make();
      return {
        name: 'archiv',
        put: (upload) => target.put(upload),
        read: (path, signal) => target.read(path, signal),
        check: (signal) => target.check(signal),
        close: () => target.close(),
        remove: (path, signal) => {
          if (!isRefused(path.name)) return target.remove(path, signal);
          const facts = { code, fault: 'destination', retry: true, hint: 'Wait.' } as const;
          return Promise.reject(new MitschnittError('refused', facts));
        },
      };
    });
  };
  beforeEach(() => {
    estate.periods = { Verkauf: { local: 0, remote: 30 * day, catalogue: undefined } };
  });

  test.each([
    ['object-locked', false],
    ['file-in-use', false],
    ['remove-refused', false],
    ['connection-refused', true],
  ])('with %s gives the others: kept is %s', async (code, isKept) => {
    await estate.add('a');
    const other = await estate.add('b');
    refusing(code, (name) => name.includes('_a_'));
    await estate.clock.pass(31 * day);
    await works();
    expect(existsSync(estate.at('archiv', other))).toBe(isKept);
  });

  test('is an alarm until that file is gone, whatever else is removed meanwhile', async () => {
    await estate.add('a');
    let isLocked = true;
    refusing('file-in-use', (name) => isLocked && name.includes('_a_'));
    await estate.clock.pass(31 * day);
    await works();
    const told: string[] = [];
    for (let hour = 1; hour <= 12; hour += 1) {
      // Between two attempts to remove the locked one.
      for (const minutes of [10, 20, 30]) {
        await estate.add(`b${hour}-${minutes}`);
        await estate.clock.pass(minutes * 60_000);
        await works();
      }
      told.push(estate.alarms.standing.join());
    }
    expect(new Set(told.slice(2))).toEqual(new Set(['removal-failing archiv']));
    expect(estate.alarms.ended).toEqual([]);
    isLocked = false;
    await estate.clock.pass(2 * 3_600_000);
    await works();
    expect(estate.alarms.ended).toEqual(['removal-failing archiv']);
  });

  test('is no alarm any more once that file is on hold', async () => {
    await estate.add('a');
    refusing('file-in-use', () => true);
    await estate.clock.pass(31 * day);
    await works();
    await estate.clock.pass(2 * 3_600_000);
    await works();
    expect(estate.alarms.standing).toEqual(['removal-failing archiv']);
    await hold('a');
    await works();
    expect(estate.alarms.standing).toEqual([]);
  });

  test('rests when it refuses many and gives none', async () => {
    for (let n = 0; n < 30; n += 1) await estate.add(`n${n}`);
    let asked = 0;
    refusing('remove-refused', (name) => {
      if (name.endsWith('.wav')) asked += 1;
      return name.endsWith('.wav');
    });
    await estate.clock.pass(31 * day);
    await works();
    expect(asked).toBe(20);
  });
});

test('files at a target that the configuration has no more wait for it, and the rows with them', async () => {
  const recording = await estate.add('a');
  await estate.catalogue.noteLocalDeleted(['a'], START);
  const archiv = estate.targets.get('archiv');
  estate.targets.delete('archiv');
  estate.restart();
  estate.periods = { Verkauf: { local: 0, remote: 30 * day, catalogue: 60 * day } };
  await estate.clock.pass(61 * day);
  await works();
  await estate.clock.pass(2 * 3_600_000);
  await works();
  expect(estate.alarms.raised).toEqual(['removal-failing archiv']);
  expect(await allOf(estate.catalogue.records({}))).toHaveLength(1);
  if (archiv) estate.targets.set('archiv', archiv);
  await estate.clock.pass(2 * 3_600_000);
  await works();
  expect(existsSync(estate.at('archiv', recording))).toBe(false);
  expect(await allOf(estate.catalogue.records({}))).toEqual([]);
});

test('calls that no listing shows go after their time as well, but for what is on hold', async () => {
  const close = (id: string, number: string) => {
    const call = sampleCall(id, {
      endedAt: START,
      verdict: { outcome: 'not-answered', rule: 'no-talk' },
      segments: [],
      consents: [consentOf(detailOf(1), { number })],
    });
    return estate.catalogue.closeCall(call, []);
  };
  await close('unlisted', '+41791234567');
  await close('held', '+41440000000');
  await hold('+41440000000', 'number');
  await estate.catalogue.saveCall(sampleCall('live'));
  await estate.add('listed', { pending: ['zweit'] });
  estate.periods = { Verkauf: { local: 0, remote: undefined, catalogue: 60 * day } };
  await works();
  expect(await log()).toEqual([]);
  await estate.clock.pass(61 * day);
  await works();
  expect(await log()).toMatchObject([{ subject: 'unlisted', what: 'rows', reason: 'retention.catalogue' }]);
  await estate.catalogue.releaseHold({ subject: '+41440000000', kind: 'number', at: START, actor: 'x' });
  await estate.clock.pass(day);
  await works();
  expect((await log()).map(({ subject }) => subject)).toEqual(['held', 'unlisted']);
  expect(await estate.catalogue.openCalls()).toHaveLength(1);
});

describe('the rows of a call', () => {
  test('go after their time, once its files are gone; the log keeps that they went', async () => {
    await estate.add('a');
    await estate.add('held');
    await hold('held');
    await estate.catalogue.noteLocalDeleted(['a', 'held'], START);
    estate.periods = { Verkauf: { local: 0, remote: 30 * day, catalogue: 60 * day } };
    await estate.clock.pass(61 * day);
    await works();
    expect((await allOf(estate.catalogue.records({}))).map(({ id }) => id)).toEqual(['held']);
    expect((await log())[0]).toMatchObject({
      subject: 'call-a',
      what: 'rows',
      reason: 'retention.catalogue',
    });
  });
});

describe('what the PBX told of a call', () => {
  const told = async (id: string, from = '+41791234567', group = 'Verkauf'): Promise<void> => {
    const call = { id: `account of ${id}`, group, detail: detailOf(1, { channel: `c-${id}`, from }) };
    await estate.catalogue.saveAccount(progress, [call]);
    const records = [id];
    await estate.catalogue.saveJudgement(call.id, { match: 'matched', rule: 'same-call', records }, START);
  };
  const left = async (): Promise<readonly string[]> =>
    (await estate.catalogue.accounted({ from: 0, to: Number.MAX_SAFE_INTEGER })).map(
      ({ detail }) => detail.channel,
    );

  test('goes after the time of its group, with our own line or without one', async () => {
    await estate.add('a');
    await told('a');
    await told('gap');
    await told('other', '+41440000000', 'Einkauf');
    await estate.catalogue.noteLocalDeleted(['a'], START);
    estate.periods = { Verkauf: { local: 0, remote: undefined, catalogue: 60 * day } };
    await works();
    expect(await left()).toHaveLength(3);
    await estate.clock.pass(61 * day);
    await works();
    expect(await left()).toEqual(['c-other']);
    const logged = (await log()).map(({ subject, what, reason }) => [subject, what, reason]);
    expect(logged).toContainEqual(['c-gap', 'rows', 'retention.catalogue']);
    expect(logged).toContainEqual(['c-a', 'rows', 'retention.catalogue']);
  });

  test('stays as long as our own line does, and while it is on hold', async () => {
    await estate.add('pending', { delivered: [], pending: ['archiv'] });
    await told('pending');
    await told('held', '+41440000000');
    await hold('+41440000000', 'number');
    estate.periods = { Verkauf: { local: 0, remote: undefined, catalogue: 60 * day } };
    await estate.clock.pass(9_999 * day);
    await works();
    expect(await left()).toEqual(['c-held', 'c-pending']);
  });

  test('is all gone after one look, however much it is', async () => {
    for (let n = 0; n < 120; n += 1) await told(`n${n}`);
    estate.periods = { Verkauf: { local: 0, remote: undefined, catalogue: 60 * day } };
    await estate.clock.pass(61 * day);
    await works();
    expect(await left()).toEqual([]);
  });
});

describe('a hold', () => {
  test('is placed once, on what is known, shown with its recording, and released once', async () => {
    await estate.add('a');
    expect(await hold('nobody')).toBe('unknown');
    expect(await hold('a')).toBe('placed');
    expect(await hold('a')).toBe('already-held');
    const [line] = await allOf(estate.catalogue.records({}));
    expect(line?.hold).toEqual({ subject: 'a', kind: 'id', at: START, actor: 'cli:root', reason: 'dispute' });
    const release = { subject: 'a', kind: 'id', at: START, actor: 'cli:root' } as const;
    expect(await estate.catalogue.releaseHold(release)).toBe(true);
    expect(await estate.catalogue.releaseHold(release)).toBe(false);
  });

  test.each(nasty)('is not confused by %j', async (from) => {
    await estate.add('a', { from });
    await hold('+41440000000', 'number');
    expect(await estate.catalogue.deletable(10, START + day)).toHaveLength(1);
  });
});
