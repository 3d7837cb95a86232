import { sql } from 'kysely';
import { comparable } from '../call/numbers.ts';
import { holds } from './holds.ts';
import type { Kysely, RawBuilder } from 'kysely';
import type { LineSearch } from './console-ledger.ts';
import type { Tables } from './tables.ts';

export type Condition = RawBuilder<unknown>;

/**
 * Lines that one index gives newest first: a search looks at one or several of these side by side. What the lane does
 * not decide is asked of each of its lines.
 */
export interface Lane {
  /** What the lines are read from, with the columns of `records`. */
  readonly from: RawBuilder<unknown>;
  readonly where: readonly Condition[];
  /** So many lines are looked at for one page at most; undefined: as many as of any lane. */
  readonly most?: number;
}

/** What a search asks of each line, and where to look for them. */
export interface Plan {
  readonly lanes: readonly Lane[];
  /** Of a row that is called `line`, with the columns of `records`. */
  readonly conditions: readonly Condition[];
}

const records = sql`records`;
/** Deliveries are read so many at once, newest first. */
const mostWaiting = 1_000;
/** Fewer than are read: those at the very time of the place where a page goes on are read again. */
const mostWaitingLookedAt = 900;
/** More lines than these with a word are not fetched all. */
const mostHits = 3_000;
/** Each line costs more where words are looked for in it. */
const mostReadForWords = 4_000;
/** So many numbers, or names, are each a lane of their own. */
const mostNumberLanes = 32;
/** Fewer lines than these are fetched all, and sorted; more are met soon by going through the list. */
const mostGathered = 6_000;
const mostNumbers = 2_000;
const mostLanes = 100;
/** The index of parts of numbers has triples. */
const leastPart = 3;

export async function planOf(db: Kysely<Tables>, wanted: LineSearch): Promise<Plan> {
  const { groups, outcomes, direction, rule, number, text, delivery, held } = wanted;
  const words = text === undefined ? undefined : await wordsOf(db, text);
  const onHold = held === true ? await heldIds(db) : undefined;
  const conditions = [
    ...(groups ? [sql`group_name in (${list(groups)})`] : []),
    ...(outcomes ? [sql`outcome in (${list(outcomes)})`] : []),
    ...(direction === undefined ? [] : [sql`direction = ${direction}`]),
    ...(rule === undefined ? [] : [sql`rule = ${rule}`]),
    ...(number === undefined ? [] : [hasNumber(number)]),
    ...(words?.condition ? [words.condition] : []),
    ...(onHold ? [onHold] : []),
    ...(delivery === undefined
      ? []
      : [sql`exists (select 1 from deliveries where recording = id and state = ${sql.lit(delivery)})`]),
  ];
  return { lanes: await lanesOf(db, wanted, words?.lanes, onHold), conditions };
}

async function lanesOf(
  db: Kysely<Tables>,
  wanted: LineSearch,
  byWords: readonly Lane[] | undefined,
  onHold: Condition | undefined,
): Promise<readonly Lane[]> {
  const { groups, outcomes, number, delivery } = wanted;
  if (groups?.length === 0) return [];
  if (byWords) return byWords;
  if (onHold) return [{ from: records, where: [onHold] }];
  if (delivery !== undefined) return await deliveryLanes(db, wanted, delivery);
  const byNumber = number === undefined ? undefined : await numberLanes(db, digitsOf(number));
  if (byNumber) return byNumber;
  if (groups && outcomes && groups.length * outcomes.length <= mostLanes)
    return groups.flatMap((group) =>
      outcomes.map((outcome) => lane(sql`group_name = ${group}`, sql`outcome = ${outcome}`)),
    );
  if (groups && groups.length <= mostLanes) return groups.map((group) => lane(sql`group_name = ${group}`));
  if (outcomes) return outcomes.map((outcome) => lane(sql`outcome = ${outcome}`));
  return [lane()];
}

function lane(...where: Condition[]): Lane {
  return { from: records, where };
}

/** What of a number is looked for: people write it with blanks and whatever prefix, telephones with another. */
export function digitsOf(number: string): string {
  // NUL would end the text for SQLite.
  const digits = comparable(number.replaceAll('\0', ''));
  const local = digits.replace(/^[+0]+/, '');
  return local.length >= leastLocal ? local : digits;
}

/** Of fewer digits the zeros in front matter. */
const leastLocal = 5;

function hasNumber(number: string): Condition {
  const part = `%${digitsOf(number).replace(/[\\%_]/g, '\\$&')}%`;
  return sql`(from_number like ${part} escape '\\' or to_number like ${part} escape '\\')`;
}

/** Undefined: there are so many lines of it that going through the list meets them soon. */
async function numberLanes(db: Kysely<Tables>, part: string): Promise<readonly Lane[] | undefined> {
  // In characters, not in halves of them.
  if (Array.from(part).length < leastPart) return undefined;
  const phrase = `"${part.replaceAll('"', '""')}"`;
  const { rows } = await sql<{ number: string; lines: number }>`
    select numbers.number, lines from number_parts cross join numbers on numbers.id = number_parts.rowid
    where number_parts match ${phrase} limit ${mostNumbers + 1}`.execute(db);
  if (rows.length > mostNumbers) return undefined;
  const numbers = rows.map(({ number }) => number);
  if (rows.length <= mostNumberLanes)
    return numbers.flatMap((each) => [lane(sql`from_number = ${each}`), lane(sql`to_number = ${each}`)]);
  const lines = rows.reduce((sum, row) => sum + row.lines, 0);
  if (lines > mostGathered) return undefined;
  const given = list(numbers);
  // In this order: SQLite would otherwise look for each line of the list among the hits.
  const from = sql`(select seq as hit from records where from_number in (${given})
    union select seq from records where to_number in (${given})) cross join records on records.seq = hit`;
  return [{ from, where: [] }];
}

/** From the index of what waits: it is short, unless a target was down for long. */
async function deliveryLanes(
  db: Kysely<Tables>,
  { from, to, after }: LineSearch,
  state: NonNullable<LineSearch['delivery']>,
): Promise<readonly Lane[]> {
  const targets = await db.selectFrom('backlogs').select('target').distinct().execute();
  const span = [
    ...(from === undefined ? [] : [sql`and started_at >= ${from}`]),
    ...(to === undefined ? [] : [sql`and started_at < ${to}`]),
    ...(after ? [sql`and started_at <= ${after.startedAt}`] : []),
  ];
  const within = span.length === 0 ? sql`` : sql.join(span, sql` `);
  return targets.map(({ target }) => ({
    from: sql`(select recording as hit, started_at as hit_at from deliveries
      where target = ${target} and state = ${sql.lit(state)} ${within}
      order by started_at desc limit ${mostWaiting}) cross join records on records.id = hit`,
    where: [],
    most: mostWaitingLookedAt,
  }));
}

/** Where lines are looked for by words. */
interface Words {
  readonly lanes: readonly Lane[];
  /** Of each line, where the lanes have others too. */
  readonly condition: Condition | undefined;
}

/** Words that begin some of a note's or of the caller's name, whatever their case; the beginning of a file name, as it is written. */
async function wordsOf(db: Kysely<Tables>, text: string): Promise<Words> {
  // An accent that is written apart would end the word.
  const words = text.normalize('NFC').match(/[\p{L}\p{N}]+/gu) ?? [];
  const phrase = words.map((word) => `"${word}"*`).join(' ');
  const isNamed = sql`(${sql.join(beginningsOf(text).map(between), sql` or `)})`;
  const noted = sql`select notes.record as hit from note_words
    join notes on notes.id = note_words.rowid where note_words match ${phrase}`;
  const named = sql`select recordings.id as hit from recordings where ${isNamed}`;
  const called = sql`select records.id as hit from records where from_name in (
    select names.name from name_words cross join names on names.id = name_words.rowid
    where name_words match ${phrase})`;
  const names = words.length === 0 ? [] : await namesWith(db, phrase);
  // However many lines a name has, its newest are the first in the index; only of many names are they gathered.
  const areFew = names.length <= mostNumberLanes;
  const hits = words.length === 0 ? [named] : [noted, ...(areFew ? [] : [called]), named];
  // From the indexes alone.
  const counted = [
    ...(words.length === 0 ? [] : [sql`select 1 from note_words where note_words match ${phrase}`]),
    sql`select 1 from recordings where ${isNamed}`,
  ];
  const isMuch = await Promise.all([
    ...counted.map((each) => isMore(db, each)),
    !areFew && isMuchOfNames(db, phrase),
  ]);
  // So many have it that going through the list meets them soon.
  if (isMuch.includes(true)) {
    const inNote = sql`exists (select 1 from notes cross join note_words on note_words.rowid = notes.id
      where notes.record = line.id and note_words match ${phrase})`;
    const inName = sql`exists (select 1 from recordings where recordings.id = line.id and ${isNamed})`;
    const ofCaller = sql`has_words(line.from_name, ${text})`;
    const condition = words.length === 0 ? inName : sql`(${ofCaller} or ${inName} or ${inNote})`;
    return { lanes: [{ from: records, where: [], most: mostReadForWords }], condition };
  }
  const lanes = hits.map((each) => ({
    from: sql`(select distinct hit from (${each})) cross join records on records.id = hit`,
    where: [],
  }));
  const nameLanes = areFew ? names.map((name) => lane(sql`from_name = ${name}`)) : [];
  return { lanes: [...lanes, ...nameLanes], condition: undefined };
}

/** One more than are lanes of their own, at most. */
async function namesWith(db: Kysely<Tables>, phrase: string): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string }>`select names.name from name_words
    cross join names on names.id = name_words.rowid
    where name_words match ${phrase} limit ${mostNumberLanes + 1}`.execute(db);
  return rows.map(({ name }) => name);
}

/** Each name has a line at least: no more of them are looked at. */
async function isMuchOfNames(db: Kysely<Tables>, phrase: string): Promise<boolean> {
  const { rows } = await sql<{ lines: number | null }>`
    select sum(lines) as lines from (select rowid as hit from name_words where name_words match ${phrase}
      limit ${mostHits + 1}) cross join names on names.id = hit`.execute(db);
  return (rows[0]?.lines ?? 0) > mostHits;
}

async function isMore(db: Kysely<Tables>, hits: Condition): Promise<boolean> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from (${hits} limit ${mostHits + 1})`.execute(db);
  return (rows[0]?.count ?? 0) > mostHits;
}

/** Names have an index, which tells capital letters from others: the first one is tried as both. */
function beginningsOf(text: string): readonly string[] {
  const [first = ''] = text;
  const rest = text.slice(first.length);
  return [...new Set([text, first.toUpperCase() + rest, first.toLowerCase() + rest])];
}

function between(beginning: string): Condition {
  return sql`(recordings.name >= ${beginning} and recordings.name < ${`${beginning}\u{10ffff}`})`;
}

async function heldIds(db: Kysely<Tables>): Promise<Condition> {
  const standing = await holds(db);
  const ids = standing.filter(({ kind }) => kind === 'id').map(({ subject }) => subject);
  const wanted = standing.filter(({ kind }) => kind === 'number').map(({ subject }) => subject);
  const found = await Promise.all(wanted.map((subject) => numbersLike(db, subject)));
  const numbers = list(found.flat());
  return sql`seq in (
    select seq from records where id in (${list(ids)})
    union select seq from records where call_id in (${list(ids)})
    union select seq from records where from_number in (${numbers})
    union select seq from records where to_number in (${numbers}))`;
}

/** The numbers, as telephones showed them, that are the same as one that was written by a person. */
async function numbersLike(db: Kysely<Tables>, subject: string): Promise<readonly string[]> {
  const digits = digitsOf(subject);
  if (digits.length < leastPart) return [subject];
  const { rows } = await sql<{ number: string }>`select numbers.number from number_parts
    cross join numbers on numbers.id = number_parts.rowid
    where number_parts match ${`"${digits.replaceAll('"', '""')}"`} limit ${mostNumbers}`.execute(db);
  return rows.map(({ number }) => number).filter((number) => comparable(number) === subject);
}

export function list(values: readonly unknown[]): RawBuilder<unknown> {
  return values.length === 0 ? sql`select null where false` : sql.join(values);
}
