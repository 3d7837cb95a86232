import { expect, test, vi } from 'vitest';

import { configurationSchema, type SchemaNode } from '../../src/config/json-schema.ts';
import { groupParts, pageOf, pageParts, pagePaths } from '../../src/web/console/forms/layouts.ts';
import { amountOf, isOwnValue, unitsOf } from '../../src/web/console/forms/amounts.ts';
import { givenAgain, withChange, replayed, type Value } from '../../src/web/console/forms/changes.ts';
import { loadedOnce } from '../../src/web/console/forms/loaded-once.ts';
import { entryRemoval, keysOf } from '../../src/web/console/forms/schema.ts';
import { sayings } from '../../src/web/console/language/de/sayings.ts';
import { rightsOf } from '../../src/web/console/rights.ts';
import { routes, type RouteName } from '../../src/web/api/routes.ts';
import { skipReasons } from '../../src/selftest/steps.ts';
import * as de from '../../src/web/console/language/de/fields.ts';
import * as en from '../../src/web/console/language/en/fields.ts';

interface Place {
  /** As words are found by: without the names of targets, with their type. */
  readonly words: readonly string[];
  /** `groups.members`, whatever form it has. */
  readonly key: string;
  readonly node: SchemaNode;
}

/** Every place of the configuration that is a field, or a section that is switched on. */
function placesOf(node: SchemaNode, words: readonly string[], key: string): readonly Place[] {
  if (node['x-not-yet'] !== undefined) return [];
  const forms = node.oneOf ?? node.anyOf ?? [node];
  return forms.flatMap((form): readonly Place[] => {
    if (form['x-not-yet'] !== undefined) return [];
    const type = form.properties?.['type']?.const;
    const inner = key === 'targets' && typeof type === 'string' ? [...words, type] : words;
    return keysOf(form as Parameters<typeof keysOf>[0]).flatMap((name) => {
      const child = form.properties?.[name] ?? {};
      const at = [...inner, name];
      const place = { words: at, key: key === '' ? name : `${key}.${name}`, node: child };
      const items = child.items?.properties ? child.items : undefined;
      const entries =
        typeof child.additionalProperties === 'object' && child.additionalProperties.oneOf
          ? child.additionalProperties
          : undefined;
      const below = placesOf(items ?? entries ?? child, at, place.key);
      return below.length === 0 ? [place] : [place, ...below];
    });
  });
}

const places = placesOf(configurationSchema(), [], '');
const leaves = places.filter((place) => !places.some(({ key }) => key.startsWith(`${place.key}.`)));

function wordOf<Word>(words: Readonly<Record<string, Word>>, at: readonly string[]): Word | undefined {
  const name = at.map((_, index) => at.slice(index).join('.')).find((each) => Object.hasOwn(words, each));
  return name === undefined ? undefined : words[name];
}

test('every key of the configuration is on one of the pages', () => {
  const shown = [
    ...Object.values(pageParts).flatMap((parts) => parts.flatMap(({ keys }) => keys)),
    ...groupParts.flatMap(({ keys }) => keys.map((key) => `groups.${key}`)),
    'targets',
  ];
  const isShown = (key: string) => shown.some((each) => key === each || key.startsWith(`${each}.`));
  expect(leaves.length).toBeGreaterThan(100);
  expect(leaves.filter(({ key }) => !isShown(key)).map(({ key }) => key)).toEqual([]);
});

test('every field has a name in both languages, and a German explanation', () => {
  // The discriminators are chosen together with the section that they tell.
  const fields = leaves.filter(({ key }) => !/\.(mode|type)$/.test(key) || key === 'cleanup.mode');
  for (const { words } of fields) {
    expect(wordOf(en.fields, words)?.[0], words.join('.')).toBeTruthy();
    expect(wordOf(de.fields, words)?.[0], words.join('.')).toBeTruthy();
    expect(wordOf(de.fields, words)?.[1], words.join('.')).toBeTruthy();
  }
});

test('every choice has a name in both languages', () => {
  for (const { words, node } of leaves) {
    const choices = [
      ...(node.enum ?? node.items?.enum ?? []),
      ...(node.const === undefined ? [] : [node.const]),
    ];
    if (words.at(-1) === 'type' && words[0] === 'targets') continue;
    for (const choice of choices.map(String))
      for (const language of [de, en]) {
        const found =
          wordOf(language.values, [...words, choice]) ??
          language.values[`${words.at(-2) ?? ''}.${choice}`] ??
          language.values[choice];
        expect(found, `${words.join('.')}.${choice}`).toBeTruthy();
      }
  }
});

test('the words of both languages are of the same fields', () => {
  expect(Object.keys(de.fields).sort()).toEqual(Object.keys(en.fields).sort());
  expect(Object.keys(de.values).sort()).toEqual(Object.keys(en.values).sort());
  expect(Object.keys(de.absent).sort()).toEqual(Object.keys(en.absent).sort());
});

test('a fault leads to the page of its place', () => {
  expect(pageOf(['groups', 0, 'members'])).toBe('groups');
  expect(pageOf(['targets', 'nas', 'host'])).toBe('upload');
  expect(pageOf(['smtp'])).toBe('alarms');
  expect(pageOf(['audio', 'min_duration'])).toBe('storage');
  expect(pageOf(['asterisk', 'ami', 'secret'])).toBe('system');
  expect(new Set(Object.values(pagePaths)).size).toBe(8);
});

test('what is typed letter by letter is one change, and what is taken back is none', () => {
  const base: Value = { log: { level: 'info' } };
  const type = (value: string) => ({ do: 'set' as const, at: ['log', 'level'], value });
  const typed = withChange(base, withChange(base, [], type('w')), type('warn'));
  expect(typed).toEqual([type('warn')]);
  expect(withChange(base, typed, type('info'))).toEqual([]);
  const made = withChange(base, [], { do: 'set', at: ['smtp', 'host'], value: 'mail' });
  expect(withChange(base, made, { do: 'remove', at: ['smtp', 'host'] })).toEqual([]);
});

test('an entry of a list that is typed letter by letter is one change', () => {
  const at = ['members', 0];
  const typed = (value: string) => ({ do: 'set', at, value }) as const;
  const base: Value = { members: ['200'] };
  const changes = [typed('20'), typed('201')].reduce(
    (all: ReturnType<typeof withChange>, each) => withChange(base, all, each),
    [],
  );
  expect(changes).toEqual([typed('201')]);
  expect(withChange(base, changes, typed('200'))).toEqual([]);
});

test('behind a step that moves entries, a place is another one', () => {
  const base: Value = { groups: [{ name: 'a' }, { name: 'b' }] };
  const first = withChange(base, [], { do: 'set', at: ['groups', 0, 'name'], value: 'A' });
  const moved = withChange(base, first, { do: 'move', at: ['groups', 0], to: 1 });
  const all = withChange(base, moved, { do: 'set', at: ['groups', 0, 'name'], value: 'B' });
  expect(all).toHaveLength(3);
  expect(replayed(base, all)).toEqual({ groups: [{ name: 'B' }, { name: 'A' }] });
});

test('the last entry of a list that is needed leaves an empty list, of any other nothing', () => {
  const schema = configurationSchema() as Parameters<typeof entryRemoval>[0];
  const base: Value = { pbx: { trunks: ['PJSIP/trunk'] }, alarms: { email: ['a@example', 'b@example'] } };
  const trunk = entryRemoval(schema, base, ['pbx', 'trunks'], 0);
  expect(withChange(base, [], trunk)).toEqual([{ do: 'set', at: ['pbx', 'trunks'], value: [] }]);
  const email = entryRemoval(schema, base, ['alarms', 'email'], 1);
  expect(email).toEqual({ do: 'remove', at: ['alarms', 'email', 1] });
  const one = replayed(base, [email]);
  expect(entryRemoval(schema, one, ['alarms', 'email'], 0)).toEqual({
    do: 'remove',
    at: ['alarms', 'email'],
  });
});

test('a section that is switched off and on again is as it was; one that was not there is empty', () => {
  const base: Value = { smtp: { host: 'mail', port: '25' } };
  const off = withChange(base, [], { do: 'remove', at: ['smtp'] });
  expect(givenAgain(base, off, ['smtp'])).toEqual([]);
  expect(givenAgain({}, [], ['smtp'])).toEqual([{ do: 'set', at: ['smtp'], value: {} }]);
});

test('an amount is a number and any unit that the configuration knows; all else is shown as it is written', () => {
  expect(amountOf('8h', 'duration')).toEqual({ number: '8', unit: 'h' });
  expect(amountOf('1GiB', 'size')).toEqual({ number: '1', unit: 'GiB' });
  expect(amountOf('1.5 TB', 'size')).toEqual({ number: '1.5', unit: 'TB' });
  expect(amountOf('${SIZE}', 'size')).toBeUndefined();
  expect(amountOf('8h', 'size')).toBeUndefined();
  expect(unitsOf('size', 'GiB')).toEqual(['KB', 'MB', 'GB', 'GiB']);
  expect(unitsOf('rate', 'MB/s')).toEqual(['KB/s', 'MB/s', 'GB/s']);
});

test('a value of one’s own is told by what is written now, not by what was before', () => {
  const offered = ['5m', '1h'];
  expect(isOwnValue('0 5 * * *', offered, undefined)).toBe(true);
  expect(isOwnValue('5m', offered, '5m'), 'typed, though it is offered').toBe(true);
  expect(isOwnValue('1h', offered, '0 5 * * *'), 'what was typed was discarded').toBe(false);
  expect(isOwnValue('', offered, undefined)).toBe(false);
});

test('words that could not be loaded are told as such, and loaded when they are asked for later', async () => {
  vi.useFakeTimers();
  try {
    let isDown = true;
    let loads = 0;
    const words = loadedOnce((name: string) => {
      loads += 1;
      return isDown ? Promise.reject(new Error('down')) : Promise.resolve(name);
    });
    const first = words('de');
    await expect(first).rejects.toThrow('down');
    expect(words('de'), 'asked again by who waited for it').toBe(first);
    await vi.runAllTimersAsync();
    isDown = false;
    expect(await words('de')).toBe('de');
    expect(await words('de')).toBe('de');
    expect(loads).toBe(2);
  } finally {
    vi.useRealTimers();
  }
});

test('why a step of the self-test was left out has German words', () => {
  expect(skipReasons.filter((reason) => !Object.hasOwn(sayings, reason))).toEqual([]);
});

test('who may change, test and begin something on these pages is who the server lets', () => {
  const buttons: readonly RouteName[] = [
    ...(['PUT /configuration', 'POST /configuration/check', 'GET /configuration/export'] as const),
    ...(['POST /targets/:name/check', 'POST /alarms/test', 'POST /selftest', 'POST /upload'] as const),
    ...(['POST /retry', 'POST /cleanup', 'PUT /announcements/:language/:name'] as const),
  ];
  const reading: readonly RouteName[] = [
    ...(['GET /configuration', 'GET /configuration/schema', 'GET /announcements', 'GET /selftest'] as const),
    'GET /announcements/:language/:name/audio',
  ];
  for (const role of ['administrator', 'supervisor', 'auditor'] as const) {
    const { administers, oversees } = rightsOf(role);
    for (const name of buttons) expect(routes[name].access.includes(role), name).toBe(administers);
    for (const name of reading) expect(routes[name].access.includes(role), name).toBe(oversees);
  }
});
