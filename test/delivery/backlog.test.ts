import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import SqliteFile from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import type { BacklogOrder, BacklogResult } from './backlog-process.ts';
import { patterned, sha256 } from './content.ts';
import { inMemory, Workplace } from './workplace.ts';

const files = 100_000;

let work: Workplace;

beforeEach(async () => {
  work = await Workplace.create(inMemory);
  await mkdir(join(work.path, 'archiv'));
  const content = patterned(1_000);
  await writeFile(join(work.path, 'transfer', 'all.wav'), content);
  fill(join(work.path, 'catalogue.db'), content);
});
afterEach(() => work.remove());

/** Notes as many recordings as wait after a target was away for weeks, a tenth of them tried in vain. */
function fill(path: string, content: Buffer): void {
  const file = new SqliteFile(path);
  const numbers = `with recursive n(i) as (select 1 union all select i + 1 from n where i < ${files})`;
  file.exec(`begin;
    ${numbers} insert into recordings (id, call_id, group_name, direction, from_number, to_number, started_at, ended_at,
        bytes, duration_ms, sha256, folder, name, path_key, all_delivered, local_deleted_at)
      select printf('%08d-0000-4000-8000-000000000000', i), 'call-' || i, 'Verkauf', 'incoming', '+41', '200',
        1617795266000 + i * 1000, 1617795266500 + i * 1000, ${content.length}, 500, '${sha256(content)}',
        printf('%03d', i / 1000), 'Aufnahme_' || i || '.wav', 'key-' || i, 0, null from n;
    insert into deliveries (recording, target, started_at, state, attempts, due_at, name,
        problem_at, problem_code, problem_message, problem_hint)
      select id, 'archiv', started_at, 'pending', started_at / 1000 % 10 = 0,
        iif(started_at / 1000 % 10 = 0, 1617795266000, 0), name,
        iif(started_at / 1000 % 10 = 0, started_at, null), 'down', 'down', 'Wait.' from recordings;
    commit;`);
  file.close();
}

describe(`with a backlog of ${files} recordings`, () => {
  test('the first is delivered at once, the memory stays flat, and its size is told without counting', async () => {
    const order: BacklogOrder = { path: work.path, deliveries: 3_000 };
    const script = join(import.meta.dirname, 'backlog-process.ts');
    const { stdout } = await promisify(execFile)(process.execPath, [script, JSON.stringify(order)]);
    const result = JSON.parse(stdout) as BacklogResult;
    expect(result.firstMs).toBeLessThan(1_000);
    expect(result.rssMost).toBeLessThan(150_000_000);
    expect(result.rssMost - result.rssBefore).toBeLessThan(40_000_000);
    expect(result.backlogMs).toBeLessThan(50);
    const { pending } = (await work.backlog('archiv')) ?? {};
    expect(pending).toBeLessThanOrEqual(files - order.deliveries);
    // Two rounds of notes may be on their way when the process is told to stop.
    expect(pending).toBeGreaterThan(files - order.deliveries - 32);
  });
});
