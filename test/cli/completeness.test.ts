import { appendFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import type { SqliteCatalogue } from '../../src/catalogue/sqlite.ts';
import { closedCallOf, sampleRecord, sampleRecording, START } from '../catalogue/sample.ts';
import { mitschnitt } from './command.ts';
import { useInstallation } from './installation.ts';

const installation = useInstallation();
const minute = 60_000;
const day = ['--from', '2021-04-07', '--to', '2021-04-07'];

async function close(catalogue: SqliteCatalogue, id: string, outcome: 'recorded' | 'declined' | 'disk-full') {
  const record = sampleRecord(id, {
    verdict: { outcome, rule: 'x' },
    file: outcome === 'recorded' ? `${id}.wav` : undefined,
    from: '+4179\u001b[2J',
  });
  const call = closedCallOf(record);
  if (outcome === 'recorded')
    await catalogue.addRecording(sampleRecording(id, { callId: call.id, name: `${id}.wav` }), ['archiv']);
  await catalogue.closeCall(call, [record]);
}

describe('completeness', () => {
  test('is not proven of a day without gaps by our own account alone', async () => {
    const { config, fill } = installation();
    await fill(async (catalogue) => {
      await close(catalogue, 'a', 'recorded');
      await close(catalogue, 'b', 'declined');
    });
    const { code, stdout } = await mitschnitt(['completeness', ...day, '-c', config]);
    expect(stdout).toContain('Result: no gap is known, but that is not proven');
    expect(stdout).toContain('Calls to be recorded: 1\n  recorded: 1\n  gaps: 0');
    expect(stdout).toContain('  declined: 1');
    expect(code).toBe(1);
  });

  test('names each gap, printable, and ends with 1', async () => {
    const { config, fill } = installation();
    await fill((catalogue) => close(catalogue, 'c', 'disk-full'));
    const { code, stdout } = await mitschnitt(['completeness', ...day, '-c', config]);
    expect(stdout).toMatch(/Result: 1 GAP\n/);
    expect(stdout).toContain('2021-04-07 13:34:26  +4179\ufffd[2J -> 200  Verkauf  disk-full/x');
    expect(code).toBe(1);
  });

  test('is not proven of a time in which nobody watched, without an account of Asterisk', async () => {
    const { config, fill } = installation();
    await fill(async (catalogue) => {
      await close(catalogue, 'a', 'recorded');
      await catalogue.saveUnwatched({ reason: 'not-running', from: START, to: START + 10 * minute });
    });
    const { code, stdout } = await mitschnitt(['completeness', ...day, '--json', '-c', config]);
    expect(JSON.parse(stdout)).toMatchObject({
      complete: false,
      gaps: [],
      unwatched: [
        {
          from: '2021-04-07T13:34:26.000+02:00',
          to: '2021-04-07T13:44:26.000+02:00',
          reason: 'not-running',
          accounted: false,
        },
      ],
      account: null,
    });
    expect(code).toBe(1);
  });

  test('is proven of such a time where the account of Asterisk covers it', async () => {
    const { config, fill, folder } = installation();
    await appendFile(config, `reconciliation: { cdr: { csv: ${folder}/Master.csv } }\n`);
    await fill(async (catalogue) => {
      await catalogue.saveUnwatched({ reason: 'not-running', from: START, to: START + 10 * minute });
      const none = { place: undefined, unreadable: 0, unreadableAt: undefined, statedTo: 0 };
      const dayMs = 24 * 60 * minute;
      await catalogue.saveAccount({ ...none, since: START - dayMs, readAt: START + dayMs }, []);
    });
    const { code, stdout } = await mitschnitt(['completeness', ...day, '-c', config]);
    expect(stdout).toContain('compared with the call detail records');
    expect(stdout).toContain('Result: complete\n');
    expect(code).toBe(0);
  });

  test('tells since when nobody watches, while no process runs', async () => {
    const { config, fill, folder } = installation();
    await fill((catalogue) => close(catalogue, 'a', 'recorded'));
    const mark = join(folder, 'catalogue.db.watched');
    await writeFile(mark, '');
    await utimes(mark, START / 1_000, START / 1_000);
    const { code, stdout } = await mitschnitt(['completeness', '-c', config]);
    expect(stdout).toContain('since 2021-04-07 13:34:26: Mitschnitt did not run');
    expect(code).toBe(1);
  });
});
