/** Steps of a change, as the server does them: the page shows the configuration as it would be. */
import type { Change } from '../../api.ts';

export type Value = string | number | boolean | null | readonly Value[] | { readonly [key: string]: Value };
export type Path = readonly (string | number)[];

export function valueAt(value: Value | undefined, path: Path): Value | undefined {
  let here = value;
  for (const part of path) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, part)) return undefined;
    here = (here as Readonly<Record<string | number, Value>>)[part];
  }
  return here;
}

export function textAt(value: Value | undefined, path: Path): string {
  const found = valueAt(value, path);
  return found === undefined || found === null || typeof found === 'object' ? '' : String(found);
}

export function listAt(value: Value | undefined, path: Path): readonly Value[] {
  const found = valueAt(value, path);
  return Array.isArray(found) ? (found as readonly Value[]) : [];
}

export function sectionAt(value: Value | undefined, path: Path): Readonly<Record<string, Value>> | undefined {
  const found = valueAt(value, path);
  return typeof found === 'object' && found !== null && !Array.isArray(found)
    ? (found as Readonly<Record<string, Value>>)
    : undefined;
}

export function isAt(a: Path, b: Path): boolean {
  return a.length === b.length && a.every((part, index) => part === b[index]);
}

/** Whether `path` is `above` or in it. */
export function isWithin(path: Path, above: Path): boolean {
  return path.length >= above.length && above.every((part, index) => part === path[index]);
}

function applied(value: Value, change: Change): Value {
  const { at } = change;
  const last = at.at(-1);
  if (last === undefined) return value;
  return within(value, at.slice(0, -1), last, (container) => {
    switch (change.do) {
      case 'set':
        return put(container, last, change.value);
      case 'remove':
        return without(container, last);
      case 'insert': {
        const list = Array.isArray(container) ? (container as readonly Value[]) : [];
        return list.toSpliced(Number(last), 0, change.value);
      }
      case 'move': {
        const list = Array.isArray(container) ? (container as readonly Value[]) : [];
        return list.toSpliced(Number(last), 1).toSpliced(change.to, 0, list[Number(last)] ?? null);
      }
      case 'rename':
        return Object.fromEntries(
          Object.entries(container ?? {}).map(([key, each]) => [key === last ? change.to : key, each]),
        );
    }
  });
}

type Container = Value | undefined;

/** Sections on the way are made. */
function within(
  value: Container,
  path: Path,
  last: string | number,
  act: (container: Container) => Value,
): Value {
  const [part, ...rest] = path;
  if (part === undefined) return act(value);
  const inner = within(valueAt(value, [part]), rest, last, act);
  return put(value, part, inner);
}

function put(container: Container, key: string | number, value: Value): Value {
  if (typeof key === 'number') {
    const list = Array.isArray(container) ? (container as readonly Value[]) : [];
    return key < list.length ? list.with(key, value) : [...list, value];
  }
  return { ...sectionAt(container, []), [key]: value };
}

function without(container: Container, key: string | number): Value {
  if (Array.isArray(container)) return (container as readonly Value[]).toSpliced(Number(key), 1);
  return Object.fromEntries(Object.entries(container ?? {}).filter(([name]) => name !== String(key)));
}

export function replayed(value: Value, changes: readonly Change[]): Value {
  return changes.reduce(applied, value);
}

/** Behind which step every place is another one than before. */
function settledIn(changes: readonly Change[]): number {
  return changes.findLastIndex(
    (each) => each.do !== 'set' && (each.do !== 'remove' || typeof each.at.at(-1) === 'number'),
  );
}

/**
 * The changes with one more. What is typed letter by letter is one change, and what is taken back is none; behind a step
 * that moves entries, a place is another one.
 */
export function withChange(base: Value, changes: readonly Change[], change: Change): readonly Change[] {
  if (change.do !== 'set' && change.do !== 'remove') return [...changes, change];
  if (typeof change.at.at(-1) === 'number' && change.do === 'remove') return [...changes, change];
  const kept = withoutChanges(changes, change.at);
  const before = valueAt(replayed(base, kept), change.at);
  if (change.do === 'remove') return before === undefined ? kept : [...kept, change];
  return JSON.stringify(before) === JSON.stringify(change.value) ? kept : [...kept, change];
}

/** As if nothing had been typed at a place, or in it. */
export function withoutChanges(changes: readonly Change[], at: Path): readonly Change[] {
  const settled = settledIn(changes);
  return changes.filter((each, index) => index <= settled || !isWithin(each.at, at));
}

/** A section that was left out and is wanted: as it was in the file if it was there, with what was in it; else empty. */
export function givenAgain(base: Value, changes: readonly Change[], at: Path): readonly Change[] {
  const untouched = withoutChanges(changes, at);
  if (sectionAt(replayed(base, untouched), at)) return untouched;
  return withChange(base, changes, { do: 'set', at: [...at], value: {} });
}
