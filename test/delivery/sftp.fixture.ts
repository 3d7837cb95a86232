import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { readHostKey, type HostKey } from '../../src/config/host-key.ts';
import { Misunderstood } from '../../src/config/values.ts';
import { sftpLimits, SftpTarget, type SftpLimits, type SftpSettings } from '../../src/delivery/sftp.ts';
import type { Target } from '../../src/delivery/target.ts';
import { takeNet } from '../live/net.ts';
import { SshServer, type SshOptions } from '../live/ssh.ts';
import type { Fixture, Place } from './contract.ts';
import { folderPlace } from './folder.fixture.ts';
import { closing, ended } from './ftp.fixture.ts';
import { startRude } from './rude.ts';

/** So that a silent server is given up soon enough for a test. */
const sftpTestLimits: SftpLimits = { answerMs: 1_000, idleMs: 5_000 };

const wrongPassword = 'Tr0ub4dor&3';
/** A fingerprint that no server has. */
export const otherFingerprint = `SHA256:${'A'.repeat(43)}`;

/** How the account is let in. */
export type SftpLogin = NonNullable<SshOptions['login']>;

export function sftp(login: SftpLogin): Fixture {
  return {
    secrets: ['ssh-secret', 'ssh-passphrase', wrongPassword, 'PRIVATE KEY'],
    server: true,
    folders: { gone: 'folder-missing', isFile: 'not-a-folder' },
    ...(login === 'password' ? { outages: 'tried' as const } : {}),
    start: () => startSftp(login),
    unremovable: {
      code: 'remove-refused',
      fault: 'destination',
      file: { folder: '', name: 'kept.wav' },
      meet: async (place) => {
        const path = join(sftpOf(place).root, 'locked');
        await place.write('locked/kept.wav', Buffer.from('kept'));
        await chmod(path, 0o555);
        return sftpOf(place).target({ path: 'locked' });
      },
    },
    obstacles: {
      'wrong password': {
        code: 'login-refused',
        fault: 'configuration',
        meet: (place) =>
          changed(place, { password: { reveal: () => wrongPassword }, private_key: undefined }),
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
          const target = sftpOf(place).target({ host: server.host, port: server.port }, sftpTestLimits);
          return closing(target, () => server.stop());
        },
      },
      'certificate not trusted': {
        code: 'host-key-untrusted',
        fault: 'configuration',
        meet: (place) => changed(place, { host_key: understoodKey(otherFingerprint) }),
      },
      'path missing': 'it is made',
      'no right to write': {
        code: 'write-refused',
        fault: 'destination',
        meet: async (place) => {
          const path = join(sftpOf(place).root, 'locked');
          await mkdir(path, { recursive: true });
          await chmod(path, 0o555);
          return sftpOf(place).target({ path: 'locked' });
        },
      },
      'no space left': {
        code: 'no-space',
        fault: 'destination',
        meet: async (place) => {
          const net = await takeNet();
          const server = await SshServer.start({ net: net.prefix, tmpfs: '1m' });
          const full = '/home/mitschnitt/full';
          await server.run('dd', 'if=/dev/zero', `of=${full}`, 'bs=1M', 'count=1');
          const password = { reveal: () => server.password };
          const target = sftpOf(place).target({ ...(await reach(server)), password });
          return closing(
            target,
            () => ended(server, net),
            () => server.run('rm', full),
          );
        },
      },
    },
  };
}

/** An SSH server as a place, with targets of it that differ from the right one. */
interface SftpPlace extends Place {
  readonly root: string;
  target(changes?: Partial<SftpSettings>, limits?: SftpLimits): Target;
}

/** Obstacles are only ever given the place that the same fixture started. */
const sftpOf = (place: Place) => place as SftpPlace;
const changed = (place: Place, changes: Partial<SftpSettings>) =>
  Promise.resolve(sftpOf(place).target(changes));

/** As the configuration gives it. */
export function understoodKey(written: string): HostKey {
  const key = readHostKey(written);
  if (key instanceof Misunderstood) throw new Error(key.problem);
  return key;
}

/** Where a server is, and how it is known. */
export async function reach(server: SshServer) {
  const { host, port, username } = server;
  const host_key = understoodKey(await server.hostKey());
  return { type: 'sftp', host, port, username, path: '', host_key } as const;
}

async function startSftp(login: SftpLogin): Promise<SftpPlace> {
  const net = await takeNet();
  const root = await mkdtemp(join(tmpdir(), 'mitschnitt-sftp-'));
  const server = await SshServer.start({ net: net.prefix, root, login });
  const key = await server.clientKey('protected');
  const credentials: Partial<SftpSettings> =
    login === 'key'
      ? { private_key: { reveal: () => key }, passphrase: { reveal: () => server.passphrase } }
      : { password: { reveal: () => server.password } };
  const settings: SftpSettings = { ...(await reach(server)), ...credentials };
  return {
    ...folderPlace(root),
    root,
    target: (changes = {}, limits = sftpLimits) =>
      new SftpTarget('archiv', { ...settings, ...changes }, limits),
    impatient: () => new SftpTarget('archiv', settings, { ...sftpTestLimits, idleMs: 0 }),
    kill: () => server.kill(),
    freeze: () => server.freeze(),
    thaw: () => server.thaw(),
    restart: () => server.restart(),
    stop: async () => {
      await server.stop();
      await rm(root, { recursive: true });
      await net.release();
    },
  };
}
