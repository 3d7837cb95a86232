import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { smbLimits, SmbTarget, type SmbLimits, type SmbSettings } from '../../src/delivery/smb.ts';
import type { Target } from '../../src/delivery/target.ts';
import { takeNet } from '../live/net.ts';
import { SmbServer } from '../live/smb.ts';
import type { Fixture, ObstacleCase, Place } from './contract.ts';
import { folderPlace } from './folder.fixture.ts';
import { closing, ended } from './ftp.fixture.ts';
import { startRude } from './rude.ts';

/** So that a silent server is given up soon enough for a test. */
const smbTestLimits: SmbLimits = { answerMs: 1_000, idleMs: 5_000 };

const wrongPassword = 'Tr0ub4dor&3';

/** What the server insists on: lines of smb.conf. */
const securities = {
  default: [],
  signing: ['server signing = mandatory'],
  encryption: ['server min protocol = SMB3_11', 'server smb encrypt = required'],
} as const;

export function smb(security: keyof typeof securities): Fixture {
  return {
    secrets: ['smb-secret', wrongPassword],
    server: true,
    folders: { gone: 'folder-missing', isFile: 'not-a-folder' },
    ...(security === 'default' ? { outages: 'tried' as const } : {}),
    start: () => startSmb(security),
    unremovable: {
      code: 'remove-refused',
      fault: 'destination',
      file: { folder: '', name: 'kept.wav' },
      meet: async (place) => {
        const path = join(smbOf(place).root, 'locked');
        await place.write('locked/kept.wav', Buffer.from('kept'));
        await chmod(path, 0o555);
        return smbOf(place).target({ path: 'locked' });
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
          const target = smbOf(place).target({ host: server.host, port: server.port }, smbTestLimits);
          return closing(target, () => server.stop());
        },
      },
      'certificate not trusted': 'SMB has none',
      'path missing': 'it is made',
      'no right to write': {
        code: 'write-refused',
        fault: 'destination',
        meet: async (place) => {
          const path = join(smbOf(place).root, 'locked');
          await mkdir(path, { recursive: true });
          await chmod(path, 0o555);
          return smbOf(place).target({ path: 'locked' });
        },
      },
      'no space left': security === 'default' ? noSpace : 'as with default security',
    },
  };
}

const noSpace: ObstacleCase = {
  code: 'no-space',
  fault: 'destination',
  meet: async (place) => {
    const net = await takeNet();
    const server = await SmbServer.start({ net: net.prefix, tmpfs: '1m' });
    await server.run('dd', 'if=/dev/zero', 'of=/share/full', 'bs=1M', 'count=1');
    const relieve = () => server.run('rm', '/share/full');
    return closing(smbOf(place).target({ host: server.host }), () => ended(server, net), relieve);
  },
};

/** A server with a share as a place, with targets of it that differ from the right one. */
interface SmbPlace extends Place {
  readonly root: string;
  target(changes?: Partial<SmbSettings>, limits?: SmbLimits): Target;
}

/** Obstacles are only ever given the place that the same fixture started. */
const smbOf = (place: Place) => place as SmbPlace;
const changed = (place: Place, changes: Partial<SmbSettings>) =>
  Promise.resolve(smbOf(place).target(changes));

/** Where a server is, and how to log in. */
export function reach({ host, port, share, username, password }: SmbServer): SmbSettings {
  const login = { username, password: { reveal: () => password } };
  return { ...({ type: 'smb', host, port, share, path: '' } as const), ...login, encryption: 'when-offered' };
}

async function startSmb(security: keyof typeof securities): Promise<SmbPlace> {
  const net = await takeNet();
  const root = await mkdtemp(join(tmpdir(), 'mitschnitt-smb-'));
  const server = await SmbServer.start({ net: net.prefix, root, config: securities[security] });
  return {
    ...folderPlace(root),
    root,
    target: (changes = {}, limits = smbLimits) =>
      new SmbTarget('archiv', { ...reach(server), ...changes }, limits),
    impatient: () => new SmbTarget('archiv', reach(server), { ...smbTestLimits, idleMs: 0 }),
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
