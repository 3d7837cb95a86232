import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Target } from '../../src/delivery/target.ts';
import {
  webDavLimits,
  WebDavTarget,
  type WebDavLimits,
  type WebDavSettings,
} from '../../src/delivery/webdav.ts';
import { takeNet } from '../live/net.ts';
import { WebDavServer, type WebDavOptions } from '../live/webdav.ts';
import type { Fixture, ObstacleCase, Place } from './contract.ts';
import { folderPlace } from './folder.fixture.ts';
import { closing, ended } from './ftp.fixture.ts';
import { startRude } from './rude.ts';

/** So that a silent server is given up soon enough for a test. */
const webDavTestLimits: WebDavLimits = { ...webDavLimits, answerMs: 1_000 };

const wrongPassword = 'Tr0ub4dor&3';

export function webdav(login: NonNullable<WebDavOptions['login']>, tls: boolean): Fixture {
  return {
    secrets: ['webdav-secret', wrongPassword],
    server: true,
    folders: { gone: 'folder-missing', isFile: 'not-a-folder' },
    ...(login === 'digest' ? { signsNames: true } : {}),
    ...(login === 'basic' && !tls ? { outages: 'tried' as const } : {}),
    start: () => startWebDav(login, tls),
    unremovable: {
      code: 'remove-refused',
      fault: 'destination',
      file: { folder: '', name: 'kept.wav' },
      meet: async (place) => {
        await place.write('closed/kept.wav', Buffer.from('kept'));
        return webDavOf(place).target({ path: 'closed' });
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
        meet: (place) => changed(place, { url: 'http://127.0.0.1:9' }),
      },
      'server silent': {
        code: 'no-answer',
        fault: 'destination',
        meet: async (place) => {
          const server = await startRude('silent');
          const url = `http://${server.host}:${String(server.port)}`;
          return closing(webDavOf(place).target({ url }, webDavTestLimits), () => server.stop());
        },
      },
      'certificate not trusted': tls
        ? {
            code: 'certificate-untrusted',
            fault: 'configuration',
            meet: (place) => changed(place, { ca: undefined }),
          }
        : 'without TLS there is none',
      'path missing': {
        code: 'folder-missing',
        fault: 'configuration',
        meet: (place) => changed(place, { url: `${webDavOf(place).server.url}/nothing here` }),
      },
      'no right to write': {
        code: 'write-refused',
        fault: 'destination',
        meet: async (place) => {
          await mkdir(join(webDavOf(place).root, 'closed'), { recursive: true });
          return webDavOf(place).target({ path: 'closed' });
        },
      },
      'no space left': tls ? 'as without TLS' : noSpace,
    },
  };
}

const noSpace: ObstacleCase = {
  code: 'no-space',
  fault: 'destination',
  meet: async (place) => {
    const net = await takeNet();
    const server = await WebDavServer.start({ net: net.prefix, tmpfs: '1m' });
    await server.run('dd', 'if=/dev/zero', 'of=/srv/dav/full', 'bs=1M', 'count=1');
    const relieve = () => server.run('rm', '/srv/dav/full');
    return closing(webDavOf(place).target({ url: server.url }), () => ended(server, net), relieve);
  },
};

/** A WebDAV server as a place, with targets of it that differ from the right one. */
interface WebDavPlace extends Place {
  readonly root: string;
  readonly server: WebDavServer;
  target(changes?: Partial<WebDavSettings>, limits?: WebDavLimits): Target;
}

/** Obstacles are only ever given the place that the same fixture started. */
const webDavOf = (place: Place) => place as WebDavPlace;
const changed = (place: Place, changes: Partial<WebDavSettings>) =>
  Promise.resolve(webDavOf(place).target(changes));

async function startWebDav(login: WebDavOptions['login'] & string, tls: boolean): Promise<WebDavPlace> {
  const net = await takeNet();
  const root = await mkdtemp(join(tmpdir(), 'mitschnitt-webdav-'));
  const certificates = await mkdtemp(join(tmpdir(), 'mitschnitt-ca-'));
  const server = await WebDavServer.start({ net: net.prefix, root, login, tls });
  const ca = join(certificates, 'ca.pem');
  await writeFile(ca, server.certificate);
  const { url, username, password } = server;
  const settings: WebDavSettings = {
    ...({ type: 'webdav', url, username, path: '' } as const),
    password: { reveal: () => password },
    ca: tls ? ca : undefined,
  };
  const place = folderPlace(root);
  return {
    ...place,
    root,
    server,
    target: (changes = {}, limits = webDavLimits) =>
      new WebDavTarget('archiv', { ...settings, ...changes }, limits),
    impatient: () => new WebDavTarget('archiv', settings, webDavTestLimits),
    kill: () => server.kill(),
    freeze: () => server.freeze(),
    thaw: () => server.thaw(),
    restart: async () => {
      await server.restart();
      // What it was writing when it was killed, under names of its own.
      const own = (await place.files()).filter((file) => file.includes('.davfs.tmp'));
      for (const file of own) await rm(join(root, file));
    },
    stop: async () => {
      await server.stop();
      for (const path of [root, certificates]) await rm(path, { recursive: true });
      await net.release();
    },
  };
}
