import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterEach, describe, expect, test } from 'vitest';

import { retentionPartsOf } from '../../src/assemble-retention.ts';
import { SqliteCatalogue } from '../../src/catalogue/sqlite.ts';
import { loadConfig } from '../../src/config/load.ts';
import { ControlSocket } from '../../src/control-socket.ts';
import { createLog } from '../../src/log.ts';
import { Spool } from '../../src/spool/spool.ts';
import { closedCallOf, sampleRecord, sampleRecording } from '../catalogue/sample.ts';
import { mitschnitt } from './command.ts';
import { useInstallation } from './installation.ts';

const installation = useInstallation();
const ends: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** The part of a running process that deletes, over a catalogue with one delivered recording. */
async function running(): Promise<string> {
  const { folder, config: file } = installation();
  const { config } = await loadConfig(file);
  const catalogue = new SqliteCatalogue({ path: join(folder, 'catalogue.db') });
  await catalogue.open();
  const record = sampleRecord('a', { callId: 'call-1' });
  await catalogue.closeCall(closedCallOf(record), [record]);
  const recording = await catalogue.addRecording(sampleRecording('a'), ['archiv']);
  const delivered = join(folder, 'archiv', recording.folder, recording.name);
  await mkdir(join(folder, 'archiv', recording.folder), { recursive: true });
  await writeFile(delivered, 'audio');
  await catalogue.saveDelivery({
    ...{ recording: 'a', target: 'archiv', state: 'delivered', attempts: 1, dueAt: 0, name: recording.name },
    ...{ deliveredAt: 1, confirmedBy: 'size', problem: undefined },
  });
  const deleting = retentionPartsOf(config, {
    catalogue,
    spool: new Spool(config.spool.path),
    log: createLog({ level: 'error', format: 'text' }),
    alarms: { raise: () => undefined, clear: () => undefined },
    uploader: { settled: () => Promise.resolve() },
    reporter: undefined,
    last: { state: undefined },
  });
  const control = new ControlSocket(join(folder, 'mitschnitt.sock'), deleting.answers);
  await control.start();
  ends.push(
    () => catalogue.close(),
    () => deleting.stop(),
    () => control.stop(),
  );
  return delivered;
}

const run = (...args: string[]) => mitschnitt([...args, '--config', installation().config]);

describe('mitschnitt erase', () => {
  test('without a running process ends with 3', async () => {
    await installation().fill(() => Promise.resolve());
    const { code, stderr } = await run('erase', '--number', '+41791234567', '--yes');
    expect(code).toBe(3);
    expect(stderr).toContain('Mitschnitt is not running.');
  });

  test('asks first, and erases only what is not on hold, with a certificate', async () => {
    const delivered = await running();
    expect((await run('hold', 'a', '--reason', 'dispute')).code).toBe(0);
    expect((await run('recordings')).stdout).toContain('dispute');
    const unasked = await run('erase', '--number', '+41791234567');
    expect(unasked.code).toBe(2);
    expect(unasked.stdout).toContain('1 calls, 1 talks, 1 recordings');
    expect(unasked.stderr).toContain('say --yes');
    const held = await run('erase', '--number', '+41791234567', '--yes');
    expect(held.code).toBe(1);
    expect(held.stdout).toContain('call-1');
    expect(existsSync(delivered)).toBe(true);
    expect((await run('release', 'a')).code).toBe(0);
    const file = join(installation().folder, 'certificate.json');
    const erased = await run('erase', '--number', '+41791234567', '--yes', '--certificate', file);
    expect(erased).toMatchObject({ code: 0 });
    expect(existsSync(delivered)).toBe(false);
    expect(await readFile(file, 'utf8')).toContain('"sha256"');
    expect(await readFile(file.replace('.json', '.txt'), 'utf8')).toContain('Bescheinigung');
    const listed = await run('deletions', '--json');
    expect(JSON.parse(listed.stdout)).toHaveLength(3);
    expect(listed.stdout).not.toContain('41791234567');
  });
});
