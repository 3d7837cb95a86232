// Changes of the configuration until they are in the file: secrets, saving, and files that others changed.
import { expect, test } from 'vitest';

import { replayed, withChange, type Value } from '../../src/web/console/forms/changes.ts';
import {
  changesOf,
  rebased,
  refused,
  revised,
  sending,
  settled,
  type Pending,
} from '../../src/web/console/forms/pending.ts';
import {
  isSecretBehind,
  secretAt,
  secretKept,
  secretRemoved,
  secretTyped,
  withStoredSecrets,
} from '../../src/web/console/forms/stored-secrets.ts';
import type { Change, Configuration } from '../../src/web/api.ts';

type Changes = readonly Change[];

const password = ['smtp', 'password'];
const stored = withStoredSecrets({ smtp: { host: 'mail' }, targets: { nas: { type: 'smb' } } }, [
  { at: password, how: 'text', source: null },
  { at: ['targets', 'nas', 'password'], how: 'variable', source: '${NAS}' },
]);
const add = (base: Value, changes: Changes, ...more: readonly Change[]) =>
  more.reduce((all, each) => withChange(base, all, each), changes);
const after = (changes: Changes) => replayed(stored, changes);

test('a stored secret is removed, and can be kept after all', () => {
  const removed = secretRemoved(stored, [], password);
  expect(removed).toEqual([{ do: 'remove', at: password }]);
  expect(secretAt(after(removed), password)).toEqual({ is: 'none' });
  expect(secretKept(removed, password)).toEqual([]);
});

test('a stored secret is replaced by what is typed, and kept where nothing is', () => {
  const typed = ['g', 'ge', 'geheim'].reduce(
    (all: Changes, text) => secretTyped(stored, all, password, text),
    [],
  );
  expect(typed).toEqual([{ do: 'set', at: password, value: 'geheim' }]);
  expect(secretAt(after(typed), password)).toEqual({ is: 'typed', text: 'geheim' });
  expect(secretTyped(stored, typed, password, ''), 'nothing typed: kept').toEqual([]);
});

test('a secret in a file is replaced by one that is typed, or removed', () => {
  const base = withStoredSecrets({ smtp: { password_file: '/etc/secret' } }, [
    { at: password, how: 'file', source: '/etc/secret' },
  ]);
  expect(secretAt(base, password)).toEqual({ is: 'stored', how: 'file', source: '/etc/secret' });
  expect(secretTyped(base, [], password, 'geheim')).toEqual([
    { do: 'remove', at: ['smtp', 'password_file'] },
    { do: 'set', at: password, value: 'geheim' },
  ]);
  expect(secretRemoved(base, [], password)).toEqual([{ do: 'remove', at: ['smtp', 'password_file'] }]);
});

test('a secret goes with its section and its name, and is never shown as kept where it is gone', () => {
  const at = ['targets', 'nas'];
  const renamed = add(stored, [], { do: 'rename', at, to: 'archiv' });
  const known = { is: 'stored', how: 'variable', source: '${NAS}' };
  expect(secretAt(after(renamed), ['targets', 'archiv', 'password'])).toEqual(known);
  expect(secretAt(after(renamed), ['targets', 'nas', 'password'])).toEqual({ is: 'none' });

  const anew = add(stored, [], { do: 'remove', at }, { do: 'set', at, value: { type: 'smb' } });
  expect(secretAt(after(anew), [...at, 'password'])).toEqual({ is: 'none' });
  const other = add(stored, renamed, { do: 'set', at, value: { type: 'ftp' } });
  expect(secretAt(after(other), [...at, 'password']), 'another target of the former name').toEqual({
    is: 'none',
  });
});

test('whether a stored secret can be gone back to is told of the file, not of what is typed', () => {
  const file = { values: { smtp: {} }, secrets: [{ at: password, how: 'text', source: null }] };
  const removed = secretRemoved(stored, [], password);
  expect(isSecretBehind(file as unknown as Configuration, removed, password)).toBe(true);
  expect(isSecretBehind(file as unknown as Configuration, removed, ['smtp', 'other'])).toBe(false);
});

const level = (value: string): Change => ({ do: 'set', at: ['log', 'level'], value });
const type = (pending: Pending, change: Change) =>
  revised(pending, (base, changes) => withChange(base, changes, change));
const base: Value = { log: { level: 'info' } };

test('what is typed while the changes before it are saved is one more change', () => {
  const sent = sending(type({ base, sent: [], later: [] }, level('warn')));
  const typed = type(sent, level('error'));
  expect(changesOf(typed)).toEqual([level('warn'), level('error')]);
  const saved = settled(typed);
  expect(saved).toEqual({ base: { log: { level: 'warn' } }, sent: [], later: [level('error')] });
  expect(settled(type(typed, level('warn'))), 'typed back to what is saved').toMatchObject({ later: [] });
  expect(refused(typed), 'nothing was saved: one change').toEqual({
    ...{ base, sent: [], later: [level('error')] },
  });
});

const group = (name: string, more: Readonly<Record<string, Value>> = {}): Value => ({ name, ...more });
const onto = (was: Value, is: Value, ...changes: readonly Change[]) => {
  const { pending, lost } = rebased({ base: was, sent: [], later: changes }, is);
  return { changes: pending.later, values: replayed(is, pending.later), lost: lost.map(({ at }) => at) };
};

test('changes of a group stay with it when others put one before it', () => {
  const was = { groups: [group('A'), group('B')] };
  const is = { groups: [group('New'), group('B'), group('A')] };
  const { values, lost } = onto(
    was,
    is,
    { do: 'set', at: ['groups', 1, 'name'], value: 'C' },
    { do: 'set', at: ['groups', 1, 'pause_limit'], value: '5m' },
    { do: 'remove', at: ['groups', 0] },
  );
  expect(values).toEqual({ groups: [group('New'), group('C', { pause_limit: '5m' })] });
  expect(lost).toEqual([]);
});

test('changes of a group or target that others removed are dropped and told, and no half one is made of them', () => {
  const was = { groups: [group('A'), group('B')], targets: { nas: { type: 'smb' } } };
  const { changes, lost } = onto(
    was,
    { groups: [group('A')], targets: {} },
    { do: 'set', at: ['groups', 1, 'pause_limit'], value: '5m' },
    { do: 'set', at: ['targets', 'nas', 'host'], value: 'nas.example' },
    { do: 'remove', at: ['groups', 1] },
    { do: 'set', at: ['groups', 0, 'pause_limit'], value: '1m' },
  );
  expect(changes).toEqual([{ do: 'set', at: ['groups', 0, 'pause_limit'], value: '1m' }]);
  expect(lost).toEqual([
    ['groups', 1, 'pause_limit'],
    ['targets', 'nas', 'host'],
  ]);
});

test('a group that was added is added all the same, with what was typed in it', () => {
  const was = { groups: [group('A')] };
  const is = { groups: [group('X'), group('A'), group('Y')] };
  const { values } = onto(
    was,
    is,
    { do: 'insert', at: ['groups', 1], value: group('New') },
    { do: 'set', at: ['groups', 1, 'language'], value: 'en' },
    { do: 'move', at: ['groups', 1], to: 0 },
  );
  expect(values).toEqual({ groups: [group('New', { language: 'en' }), group('X'), group('A'), group('Y')] });
});

test('the first group does not take the place of those that others made meanwhile', () => {
  const first: Change = { do: 'set', at: ['groups'], value: [group('Mine')] };
  expect(onto({}, { groups: [group('Theirs')] }, first).values).toEqual({
    groups: [group('Theirs'), group('Mine')],
  });
});

test('entries of a list are found by what they are', () => {
  const was = { pbx: { trunks: ['PJSIP/a'] }, members: ['200', '201', '202'] };
  const is = { pbx: { trunks: ['PJSIP/b', 'PJSIP/a'] }, members: ['100', '201', '202'] };
  const { values, lost } = onto(
    was,
    is,
    { do: 'remove', at: ['members', 1] },
    { do: 'set', at: ['members', 1], value: '203' },
    { do: 'remove', at: ['members', 0] },
    { do: 'insert', at: ['members', 1], value: '204' },
    { do: 'set', at: ['pbx', 'trunks'], value: [] },
  );
  expect(values).toEqual({ pbx: { trunks: ['PJSIP/b'] }, members: ['100', '203', '204'] });
  expect(lost).toEqual([]);
});
