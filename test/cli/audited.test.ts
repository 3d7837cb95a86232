// What the command line has the running process do is in the audit log.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { auditedAnswers } from '../../src/assemble-audit.ts';
import { SqliteCatalogue } from '../../src/catalogue/sqlite.ts';
import { createLog } from '../../src/log.ts';

async function opened() {
  const folder = await mkdtemp(join(tmpdir(), 'mitschnitt-audited-'));
  const catalogue = new SqliteCatalogue({ path: join(folder, 'catalogue.db') });
  await catalogue.open();
  onTestFinished(async () => {
    await catalogue.close();
    await rm(folder, { recursive: true, force: true });
  });
  const log = createLog({ level: 'error', format: 'text' });
  const given: Record<string, unknown> = {
    'POST /hold': { result: 'placed' },
    'POST /release': { result: 'not-held' },
    'POST /erase': { id: 'erasure-1' },
    'POST /cleanup': { mode: 'all' },
    'POST /retry': { retried: 1 },
    'GET /status': {},
  };
  const plain = Object.fromEntries(
    Object.entries(given).map(([name, answer]) => [name, () => Promise.resolve(answer)]),
  );
  const answers = auditedAnswers(plain, { catalogue, log });
  return { answers, noted: async () => await catalogue.audit({ limit: 50 }) };
}

test('each deed has its line, with who asked and what came of it', async () => {
  const { answers, noted } = await opened();
  const actor = 'cli:root';
  expect(await answers['POST /hold']?.({ subject: 'one', kind: 'id', actor })).toEqual({ result: 'placed' });
  await answers['POST /release']?.({ subject: 'one', kind: 'id', actor });
  await answers['POST /erase']?.({ number: '0791234567', dryRun: false, actor });
  await answers['POST /cleanup']?.({ mode: 'all', actor });
  await answers['POST /retry']?.({ id: 'one', actor });
  await answers['POST /played']?.({ id: 'one', saved: false, actor });
  await answers['POST /played']?.({ id: 'one', saved: true, actor });
  const lines = (await noted()).toReversed();
  expect(lines.map(({ action, subject, ok }) => [action, subject, ok])).toEqual([
    ['hold', 'one', true],
    ['release', 'one', false],
    ['erase', 'erasure-1', true],
    ['clean-up', 'all', true],
    ['retry', 'one', true],
    ['playback', 'one', true],
    ['download', 'one', true],
  ]);
  expect(lines.every((line) => line.actor === actor && line.address === 'local')).toBe(true);
});

test('a number is not kept by it: erasing it would not find it there', async () => {
  const { answers, noted } = await opened();
  await answers['POST /hold']?.({ subject: '0791234567', kind: 'number', actor: 'cli:root' });
  expect(JSON.stringify(await noted())).not.toContain('791234567');
});

test('who only looks leaves no line', async () => {
  const { answers, noted } = await opened();
  await answers['GET /status']?.(undefined);
  await answers['POST /erase']?.({ number: '0791234567', dryRun: true, actor: 'cli:root' });
  expect(await noted()).toEqual([]);
});
