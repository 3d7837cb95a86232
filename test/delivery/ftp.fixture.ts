import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ftpLimits, FtpTarget, type FtpLimits, type FtpSettings } from '../../src/delivery/ftp.ts';
import type { Target } from '../../src/delivery/target.ts';
import type { Server } from '../live/containers.ts';
import { FtpServer, type FtpOptions } from '../live/ftp.ts';
import { takeNet, type Net } from '../live/net.ts';
import type { Fixture, HinderedTarget, ObstacleCase, Place } from './contract.ts';
import { folderPlace } from './folder.fixture.ts';
import { startRude } from './rude.ts';

/** So that a silent server is given up soon enough for a test. */
const ftpTestLimits: FtpLimits = { answerMs: 1_000, idleMs: 5_000 };

const passwordOfTests = 'ftp-secret';
const wrongPassword = 'Tr0ub4dor&3';

type Software = NonNullable<FtpOptions['software']>;

export function ftp(tls: FtpSettings['tls'], software: Software = 'vsftpd'): Fixture {
  const withTls = tls !== 'none';
  return {
    secrets: [passwordOfTests, wrongPassword],
    server: true,
    folders: { gone: 'write-refused', isFile: 'write-refused' },
    ...(!withTls && software === 'vsftpd' ? { outages: 'tried' as const } : {}),
    start: () => startFtp(tls, software),
    unremovable: {
      code: 'remove-refused',
      fault: 'destination',
      file: { folder: '', name: 'kept.wav' },
      meet: async (place) => {
        const path = join(ftpOf(place).root, 'locked');
        await place.write('locked/kept.wav', Buffer.from('kept'));
        await chmod(path, 0o555);
        return ftpOf(place).target({ path: 'locked' });
      },
    },
    obstacles: {
      'wrong password': {
        code: 'login-refused',
        fault: 'configuration',
        meet: (place) => changed(place, { password: { reveal: () => wrongPassword } }),
      },
      'server absent': {
        code: 'connection-refused',
        fault: 'destination',
        meet: (place) => changed(place, { port: 9 }),
      },
      'server silent': {
        code: 'no-answer',
        fault: 'destination',
        meet: async (place) => {
          const server = await startRude('silent');
          const target = ftpOf(place).target({ host: server.host, port: server.port }, ftpTestLimits);
          return closing(target, () => server.stop());
        },
      },
      'certificate not trusted': withTls ? untrusted : 'without TLS there is none',
      'path missing': 'it is made',
      'no right to write': {
        code: 'write-refused',
        fault: 'destination',
        meet: async (place) => {
          const path = join(ftpOf(place).root, 'locked');
          await mkdir(path, { recursive: true });
          await chmod(path, 0o555);
          return ftpOf(place).target({ path: 'locked' });
        },
      },
      'no space left': withTls && software === 'vsftpd' ? 'as without TLS' : noSpace[software],
    },
  };
}

const untrusted: ObstacleCase = {
  code: 'certificate-untrusted',
  fault: 'configuration',
  meet: (place) => changed(place, { ca: undefined }),
};

/** vsftpd says no more than that it could not do it, proftpd that the quota is used up. */
const noSpace: Readonly<Record<Software, ObstacleCase>> = {
  vsftpd: {
    code: 'write-failed',
    fault: 'destination',
    meet: async (place) => {
      const net = await takeNet();
      const server = await FtpServer.start({ net: net.prefix, tmpfs: '1m' });
      const full = '/home/mitschnitt/full';
      await server.run('dd', 'if=/dev/zero', `of=${full}`, 'bs=1M', 'count=1');
      const target = ftpOf(place).target({ host: server.host, tls: 'none', ca: undefined });
      return closing(
        target,
        () => ended(server, net),
        () => server.run('rm', full),
      );
    },
  },
  proftpd: {
    code: 'no-space',
    fault: 'destination',
    meet: async (place) => {
      const net = await takeNet();
      const server = await FtpServer.start({ net: net.prefix, software: 'proftpd', quota: 10 });
      const target = ftpOf(place).target({ host: server.host, tls: 'none', ca: undefined });
      return closing(
        target,
        () => ended(server, net),
        async () => {
          await server.allow(1_000_000);
          // It holds from the next login on.
          await target.close();
        },
      );
    },
  },
};

/** After what it is tried against. */
export async function ended(server: Server, net: Net): Promise<void> {
  await server.stop();
  await net.release();
}

/** An FTP server as a place, with targets of it that differ from the right one. */
interface FtpPlace extends Place {
  readonly root: string;
  target(changes?: Partial<FtpSettings>, limits?: FtpLimits): Target;
}

/** Obstacles are only ever given the place that the same fixture started. */
const ftpOf = (place: Place) => place as FtpPlace;
const changed = (place: Place, changes: Partial<FtpSettings>) =>
  Promise.resolve(ftpOf(place).target(changes));

async function startFtp(tls: FtpSettings['tls'], software: Software): Promise<FtpPlace> {
  const net = await takeNet();
  const root = await mkdtemp(join(tmpdir(), 'mitschnitt-ftp-'));
  const certificates = await mkdtemp(join(tmpdir(), 'mitschnitt-ca-'));
  const server = await FtpServer.start({ net: net.prefix, software, root, tls });
  const ca = join(certificates, 'ca.pem');
  await writeFile(ca, server.certificate);
  const { host, port, username, password } = server;
  const settings: FtpSettings = {
    ...({ type: 'ftp', host, port, tls, username, path: '' } as const),
    password: { reveal: () => password },
    ca: tls === 'none' ? undefined : ca,
  };
  return {
    ...folderPlace(root),
    root,
    target: (changes = {}, limits = ftpLimits) =>
      new FtpTarget('archiv', { ...settings, ...changes }, limits),
    // Twice the others' limit: on a busy machine alone its login takes a second.
    impatient: () => new FtpTarget('archiv', settings, { answerMs: 2_000, idleMs: 0 }),
    kill: () => server.kill(),
    freeze: () => server.freeze(),
    thaw: () => server.thaw(),
    restart: () => server.restart(),
    stop: async () => {
      await server.stop();
      for (const path of [root, certificates]) await rm(path, { recursive: true });
      await net.release();
    },
  };
}

/** A target that ends what it was tried against when it is closed; `relieve` takes the obstacle away. */
export function closing(
  target: Target,
  stop: () => Promise<void>,
  relieve?: () => Promise<unknown>,
): HinderedTarget {
  return {
    relieve,
    name: target.name,
    put: (upload) => target.put(upload),
    read: (path, signal) => target.read(path, signal),
    remove: (path, signal) => target.remove(path, signal),
    check: (signal) => target.check(signal),
    close: async () => {
      await target.close();
      await stop();
    },
  };
}
