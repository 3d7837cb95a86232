import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';

import { SqliteCatalogue } from '../../src/catalogue/sqlite.ts';
import { comparable } from '../../src/call/numbers.ts';
import type { LineSearch } from '../../src/catalogue/console-ledger.ts';
import { printRows, quantile, type Row } from './figures.ts';

export interface SearchOptions {
  readonly lines: number;
  /** Searches of each kind. */
  readonly searches: number;
}

const bar = 50;
/** Three years, the latest of them now. */
const spanMs = 3 * 365 * 86_400_000;
const numbers = 200_000;
const groups = 12;
const pairs = ['ra', 'cu', 're', 'na'];

/** Fills a catalogue, and measures how long the pages of searches of every kind take. */
export async function benchSearch({ lines, searches }: SearchOptions): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'mitschnitt-search-'));
  const path = join(folder, 'catalogue.db');
  const catalogue = new SqliteCatalogue({ path });
  try {
    await catalogue.open();
    await catalogue.close();
    const began = performance.now();
    fill(path, lines);
    const { size } = await stat(path);
    console.log(
      `${lines} lines in ${((performance.now() - began) / 1000).toFixed(0)} s, ${(size / 1e9).toFixed(1)} GB\n`,
    );
    await catalogue.open();
    const rows: Row[] = [];
    for (const [what, make] of Object.entries(kinds))
      rows.push(await measure(catalogue, what, searches, make));
    printRows(rows);
    return rows.every(({ met }) => met);
  } finally {
    await catalogue.close();
    await rm(folder, { recursive: true, force: true });
  }
}

const group = (n: number) => `Group ${n % groups}`;
const external = (n: number) => `+4179${1_000_000 + ((n * 7_919) % numbers) * 44}`;

const kinds: Readonly<Record<string, (n: number) => Omit<LineSearch, 'limit'>>> = {
  'the newest': () => ({}),
  'from a time on, of a group': (n) => ({ groups: [group(n)], to: at(n) }),
  'three groups': (n) => ({ groups: [group(n), group(n + 1), group(n + 2)], to: at(n) }),
  'an outcome': (n) => ({ outcomes: ['declined', 'lost'], to: at(n) }),
  'not recorded, of a group': (n) => ({
    groups: [group(n)],
    outcomes: ['declined', 'lost', 'excepted'],
    to: at(n),
  }),
  'a whole number': (n) => ({ number: external(n) }),
  'a whole number, of a group': (n) => ({ number: external(n), groups: [group(n)] }),
  'six digits of a number': (n) => ({ number: external(n).slice(5, 11) }),
  'four digits of a number': (n) => ({ number: external(n).slice(7, 11) }),
  'three digits of a number': (n) => ({ number: external(n).slice(8, 11) }),
  'an extension': (n) => ({ number: String(200 + (n % 300)) }),
  'a number that is not there': (n) => ({ number: `99${n}88${n}` }),
  'a direction and an outcome': (n) => ({ direction: 'internal', outcomes: ['lost'], to: at(n) }),
  'what waits for delivery': () => ({ delivery: 'pending' }),
  'a word of a note': (n) => ({ text: `word${n % 500}` }),
  "a rare caller's name": (n) => ({ text: `Rare${n}` }),
  "a caller's name of 10,000 old lines": () => ({ text: 'Regular customer' }),
  "two letters of callers' names": (n) => ({ text: pairs[n % pairs.length] ?? '' }),
  'the beginning of a file name': (n) => ({ text: `Aufnahme_${n}` }),
};

const now = Date.UTC(2026, 0, 1);

function at(n: number): number {
  return now - ((n * 104_729) % 1_000) * (spanMs / 1_000);
}

async function measure(
  catalogue: SqliteCatalogue,
  what: string,
  searches: number,
  make: (n: number) => Omit<LineSearch, 'limit'>,
): Promise<Row> {
  const times: number[] = [];
  // The first one starts the thread and reads the index from the disk.
  await catalogue.search({ ...make(0), limit: 50 });
  for (let n = 0; n < searches; n += 1) {
    const began = performance.now();
    await catalogue.search({ ...make(n + 1), limit: 50 });
    times.push(performance.now() - began);
  }
  const [median, late] = [quantile(times, 0.5), quantile(times, 0.99)];
  const measured = `${median.toFixed(1)} ms, 99 %: ${late.toFixed(1)} ms`;
  return { what, measured, bar: `99 %: ${bar} ms`, met: late <= bar };
}

/** By SQLite itself, and the indexes at the end: one line after the other would take an hour. */
function fill(path: string, lines: number): void {
  const db = new Database(path);
  db.function('comparable', { deterministic: true }, (number) => comparable(String(number)));
  db.pragma('journal_mode = off');
  db.pragma('synchronous = off');
  db.pragma('foreign_keys = off');
  db.pragma('cache_size = -400000');
  const made = db
    .prepare<[], { name: string; type: string; sql: string }>(
      `select name, type, sql from sqlite_master where sql is not null and (
        (type = 'index' and tbl_name = 'records') or (type = 'trigger' and tbl_name in ('records', 'numbers')))`,
    )
    .all();
  for (const { name, type } of made) db.exec(`drop ${type} "${name}"`);
  db.prepare(
    `with recursive counter(n) as (select 1 union all select n + 1 from counter where n < ?)
    insert into records (id, call_id, linked_id, group_name, direction, from_number, to_number, started_at, talk_ms,
      outcome, rule, file, from_name)
    select printf('%012d-line', n), printf('%012d-call', n), 'x', 'Group ' || (n * 31 % ${groups}),
      case n % 10 when 0 then 'internal' when 1 then 'outgoing' when 2 then 'outgoing' else 'incoming' end,
      '+4179' || (1000000 + (n * 7919 % ${numbers}) * 44), cast(200 + n * 13 % 300 as text),
      ${now} - (? - n) * ${spanMs} / ?, 60000,
      case when n % 1000 = 0 then 'lost' when n % 20 = 1 then 'declined' when n % 17 = 2 then 'excepted' else 'recorded' end,
      'rule', 'Aufnahme.wav',
      case when n <= 10000 then 'Regular customer' when n % 1000 = 7 then 'Rare' || (n / 1000)
        when n % 3 = 0 then 'Name ' || (n * 7919 % ${numbers}) end
    from counter`,
  ).run(lines, lines, lines);
  db.exec(`insert into numbers (number, lines) select number, count(*) from (
    select from_number as number from records union all select to_number from records) group by number;
    insert into number_parts (rowid, number) select id, number from numbers;
    insert into names (name, lines) select from_name, count(*) from records where from_name is not null
      group by from_name;
    insert into recordings (id, call_id, group_name, direction, from_number, to_number, started_at, ended_at, bytes,
      duration_ms, sha256, folder, name, path_key, all_delivered)
    select id, call_id, group_name, direction, from_number, to_number, started_at, started_at, 1, 1, '', '',
      'Aufnahme_' || seq, id, 0 from records order by seq desc limit 100000;
    insert into deliveries (recording, target, started_at, state, attempts, due_at, name)
    select id, 'nas', started_at, case when rowid % 5 = 0 then 'pending' else 'delivered' end, 0, 0, name from recordings;
    insert into notes (record, at, actor, text)
    select id, 1, 'x', 'note word' || (seq % 500) || ' about this call' from records where seq % 250 = 0;`);
  for (const { sql } of made) db.exec(sql);
  db.close();
}
