import { createServer } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { SmbTarget, type SmbLimits } from '../../src/delivery/smb.ts';
import { expectToHelp, Local, thrownBy } from './contract.ts';
import { startRude, type Rudeness } from './rude.ts';

const secret = 'Tr0ub4dor&3';
/** So that what is silent is given up soon. */
const impatient: SmbLimits = { answerMs: 1_000, idleMs: 5_000 };

let local: Local;
beforeAll(async () => {
  local = await Local.create();
});
afterAll(() => local.remove());

test.each<[Rudeness, string]>([
  ['silent', 'no-answer'],
  ['cuts greeting', 'not-understood'],
  // What it says looks like the beginning of a long message.
  ['babbles', 'no-answer'],
])('a server that %s is no SMB server', async (rudeness, code) => {
  const server = await startRude(rudeness);
  const { host, port } = server;
  const settings = { type: 'smb', host, port, share: 's', path: '', username: 'pbx' } as const;
  const password = { reveal: () => secret };
  const target = new SmbTarget('archiv', { ...settings, password, encryption: 'when-offered' }, impatient);
  const startedAt = performance.now();
  const thrown = await thrownBy(target.put(await local.upload({})));
  expect(performance.now() - startedAt).toBeLessThan(3_000);
  expectToHelp(thrown, 'archiv', [secret]);
  expect(thrown).toMatchObject({ code, retry: true });
  await server.stop();
});

test('a port that is open to something that hangs up is no SMB server', async () => {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const settings = { type: 'smb', host: '127.0.0.1', port, share: 's', path: '', username: 'pbx' } as const;
  const password = { reveal: () => secret };
  const target = new SmbTarget('archiv', { ...settings, password, encryption: 'required' }, impatient);
  expect(await thrownBy(target.check(new AbortController().signal))).toMatchObject({
    code: 'not-understood',
  });
  server.close();
});
