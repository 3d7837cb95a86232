/** Changes that are not in the file yet, and what becomes of them when they are saved or the file is another one. */
import type { Change } from '../../api.ts';
import { replayed, valueAt, withChange, type Path, type Value } from './changes.ts';

export interface Pending {
  /** What is in the file, as far as is known. */
  readonly base: Value;
  /** Those that are being saved. */
  readonly sent: readonly Change[];
  /** Those that were made since. */
  readonly later: readonly Change[];
}

/** A change that has no place any more: what it was made on is gone. `values`: as its author saw them. */
export interface LostChange {
  readonly at: Path;
  readonly values: Value;
}

export function changesOf({ sent, later }: Pending): readonly Change[] {
  return [...sent, ...later];
}

export type Revision = (base: Value, changes: readonly Change[]) => readonly Change[];

/** What is being saved stays as it is: a change of it is one more. */
export function revised(pending: Pending, revise: Revision): Pending {
  const { base, sent, later } = pending;
  return { ...pending, later: revise(replayed(base, sent), later) };
}

export function sending({ base, later }: Pending): Pending {
  return { base, sent: later, later: [] };
}

/** What was sent is in the file. */
export function settled({ base, sent, later }: Pending): Pending {
  return { base: replayed(base, sent), sent: [], later };
}

/** What was sent is not in the file, and can be changed again. */
export function refused({ base, sent, later }: Pending): Pending {
  return { base, sent: [], later: later.reduce((all, each) => withChange(base, all, each), sent) };
}

/** The same changes on what is in the file by now. Entries of lists are found by what they are, not by their number. */
export function rebased(
  { base, sent, later }: Pending,
  next: Value,
): { readonly pending: Pending; readonly lost: readonly LostChange[] } {
  const kept: Change[] = [];
  const lost: LostChange[] = [];
  let was = base;
  let is = next;
  for (const change of [...sent, ...later]) {
    const moved = translated(change, was, is);
    if (moved) kept.push(...moved);
    else lost.push({ at: change.at, values: was });
    was = replayed(was, [change]);
    is = replayed(is, moved ?? []);
  }
  return { pending: { base: next, sent: [], later: kept }, lost };
}

/** A change as it is to be done on `is` to mean what it meant on `was`; undefined: it means nothing there. */
function translated(change: Change, was: Value, is: Value): readonly Change[] | undefined {
  const above = placeIn(change.at.slice(0, -1), was, is);
  const isGone = change.do === 'remove';
  if (!above) return isGone ? [] : undefined;
  const last = change.at.at(-1);
  if (typeof last === 'number') {
    const [before, now] = [entriesAt(was, change.at.slice(0, -1)), entriesAt(is, above)];
    return entryChange(change, { above, before, now, index: last });
  }
  const at = [...above, last ?? ''];
  const [before, now] = [valueAt(was, change.at), valueAt(is, at)];
  if (change.do === 'rename') return now === undefined ? undefined : [{ ...change, at }];
  if (change.do === 'remove' && now === undefined) return [];
  if (change.do !== 'set' && change.do !== 'remove') return [{ ...change, at }];
  return listChange({ ...change, at }, before, now);
}

/** Where a section or list is by now; undefined: it was there and is not any more. */
function placeIn(path: Path, was: Value, is: Value): Path | undefined {
  let here: Path | undefined = [];
  for (const [depth, part] of path.entries()) {
    const before = path.slice(0, depth);
    const at: Path =
      typeof part === 'number'
        ? [...here, sameEntry(entriesAt(was, before), entriesAt(is, here), part) ?? Infinity]
        : [...here, part];
    if (valueAt(was, [...before, part]) !== undefined && valueAt(is, at) === undefined) return undefined;
    here = at;
  }
  return here;
}

function entriesAt(value: Value, path: Path): readonly Value[] {
  const found = valueAt(value, path);
  return Array.isArray(found) ? (found as readonly Value[]) : [];
}

/** What an entry is told by: a group by its name, a member by itself. */
function identityOf(entry: Value | undefined): string {
  const isNamed = typeof entry === 'object' && entry !== null && 'name' in entry;
  return JSON.stringify(isNamed ? (entry as { readonly name: Value }).name : entry);
}

/** The index in `now` of what has an index in `before`; of several that are alike, the one in the same turn. */
function sameEntry(before: readonly Value[], now: readonly Value[], index: number): number | undefined {
  const wanted = identityOf(before[index]);
  const turn = before.slice(0, index).filter((each) => identityOf(each) === wanted).length;
  return [...now.keys()].filter((key) => identityOf(now[key]) === wanted)[turn];
}

interface EntryPlace {
  readonly above: Path;
  readonly before: readonly Value[];
  readonly now: readonly Value[];
  readonly index: number;
}

/** Of an entry of a list. */
function entryChange(
  change: Change,
  { above, before, now, index }: EntryPlace,
): readonly Change[] | undefined {
  if (change.do === 'insert') return [{ ...change, at: [...above, behind(before, now, index)] }];
  const found = sameEntry(before, now, index);
  if (found === undefined) {
    if (change.do === 'set' && index >= before.length) return [{ ...change, at: [...above, now.length] }];
    return change.do === 'remove' ? [] : undefined;
  }
  const at = [...above, found];
  if (change.do !== 'move') return [{ ...change, at }];
  return [{ ...change, at, to: behind(before.toSpliced(index, 1), now.toSpliced(found, 1), change.to) }];
}

/** Behind the same entry as before, else at the end. */
function behind(before: readonly Value[], now: readonly Value[], index: number): number {
  if (index === 0) return 0;
  const former = sameEntry(before, now, index - 1);
  return former === undefined ? now.length : former + 1;
}

/** The first entry, or the last one gone, is a change of the whole list: entries that others added stay. */
function listChange(
  change: Extract<Change, { do: 'set' | 'remove' }>,
  before: Value | undefined,
  now: Value | undefined,
): readonly Change[] {
  const had = (Array.isArray(before) ? before : []) as readonly Value[];
  const has = (Array.isArray(now) ? now : []) as readonly Value[];
  const wanted = change.do === 'set' ? change.value : [];
  if (!Array.isArray(wanted) || has.length === 0) return [change];
  const { at } = change;
  if (wanted.length === 0 && had.length > 0) {
    const gone = had.map((_, index) => sameEntry(had, has, index)).filter((index) => index !== undefined);
    if (gone.length === has.length) return [change];
    return gone.sort((a, b) => b - a).map((index) => ({ do: 'remove', at: [...at, index] }));
  }
  if (had.length > 0) return [change];
  const added = (wanted as readonly Value[]).filter(
    (each) => !has.some((other) => identityOf(other) === identityOf(each)),
  );
  return added.map((value, index) => ({ do: 'insert', at: [...at, has.length + index], value }));
}
