import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { Client } from 'basic-ftp';
import { expect, test } from 'vitest';
import { FtpServer } from './ftp.ts';
import { takeNet } from './net.ts';

test.each(['none', 'explicit', 'implicit'] as const)(
  'the FTP server with TLS %s keeps files over a crash',
  async (tls) => {
    const net = await takeNet();
    const root = await mkdtemp(join(tmpdir(), 'mitschnitt-ftp-'));
    const server = await FtpServer.start({ net: net.prefix, root, tls });
    const login = async (): Promise<Client> => {
      const client = new Client(5000);
      const { host, port, username: user, password, certificate: ca } = server;
      const secure = { none: false, explicit: true, implicit: 'implicit' as const }[tls];
      await client.access({ host, port, user, password, secure, secureOptions: { ca } });
      return client;
    };
    try {
      const before = await login();
      await before.ensureDir('/2026/Vertrieb Süd');
      await before.uploadFrom(Readable.from(['spoken']), '/2026/Vertrieb Süd/a.wav');
      await server.kill();
      await expect(before.list('/')).rejects.toThrow();
      before.close();
      await server.restart();
      const after = await login();
      expect(await after.size('/2026/Vertrieb Süd/a.wav')).toBe(6);
      after.close();
      expect(await readFile(join(root, '2026/Vertrieb Süd/a.wav'), 'utf8')).toBe('spoken');
    } finally {
      await server.stop();
      await rm(root, { recursive: true, force: true });
      await net.release();
    }
  },
  30_000,
);
