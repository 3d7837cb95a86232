// The process as a whole: what must not end it, and what must.
import { once } from 'node:events';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

import { useInstallation } from './cli/installation.ts';
import { Mitschnitt } from './live/mitschnitt.ts';

const installed = useInstallation();

/** Runs with what is installed, changed; there is no Asterisk to get ready with. */
async function running(change: (text: string) => string = (text) => text): Promise<Mitschnitt> {
  const config = change(await readFile(installed().config, 'utf8'));
  const mitschnitt = await Mitschnitt.start({ config, unready: true });
  onTestFinished(() => mitschnitt.remove());
  return mitschnitt;
}

test('a console whose address is taken does not keep calls from being recorded', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  onTestFinished(() => void other.close());
  const { port } = other.address() as AddressInfo;
  const mitschnitt = await running((text) => `${text}web: { listen: "127.0.0.1:${port}" }\n`);
  await mitschnitt.prints(/console does not start.*web\.listen/);
  await mitschnitt.stop();
});

test('a configuration that is not valid is told, and the former one goes on', async () => {
  const mitschnitt = await running();
  await mitschnitt.prints(/ started /);
  await mitschnitt.configure('groups: []\n');
  mitschnitt.signal('SIGHUP');
  await mitschnitt.prints(/configuration was not taken over/);
  await mitschnitt.stop();
});

test('a configuration of the same Asterisk, catalogue and spool is taken over, with its log', async () => {
  const mitschnitt = await running();
  await mitschnitt.prints(/ started /);
  const text = await readFile(installed().config, 'utf8');
  await mitschnitt.configure(
    text.replace('name: Verkauf', 'name: Vertrieb').concat('log: { format: json }\n'),
  );
  mitschnitt.signal('SIGHUP');
  await mitschnitt.prints(/"message":"the configuration was taken over"/);
  const { stdout } = await mitschnitt.cli('status', '--json');
  expect(JSON.parse(stdout)).toMatchObject({ pid: mitschnitt.pid });
  await mitschnitt.stop();
});

test('groups that are gone by another configuration are an alarm until there are some again', async () => {
  const text = `${await readFile(installed().config, 'utf8')}web: { listen: "127.0.0.1:0" }\n`;
  const mitschnitt = await running(() => text);
  // The last that it says before it hears signals.
  await mitschnitt.prints(/there is no administrator with a password yet/);
  await mitschnitt.configure(text.replace(/^groups:[^]*?^targets:/m, 'groups: []\ntargets:'));
  mitschnitt.signal('SIGHUP');
  await mitschnitt.prints(/alarm.*no-groups/);
  await mitschnitt.configure(text);
  mitschnitt.signal('SIGHUP');
  await mitschnitt.prints(/alarm is over.*no-groups/);
  await mitschnitt.stop();
});

test('a process in which no configuration starts any more ends, for its supervisor to start it', async () => {
  const mitschnitt = await running();
  await mitschnitt.prints(/ started /);
  const catalogue = join(installed().folder, 'catalogue.db');
  await rename(catalogue, `${catalogue}.away`);
  await Promise.all(['-wal', '-shm'].map((end) => rename(catalogue + end, `${catalogue}.away${end}`)));
  await writeFile(catalogue, 'this is no catalogue, and nobody can make one of it');
  // Only for another Asterisk is everything made anew.
  const text = await readFile(installed().config, 'utf8');
  await mitschnitt.configure(text.replace('secret: x', 'secret: another'));
  mitschnitt.signal('SIGHUP');
  await mitschnitt.ended();
});
