// The servers of the delivery benchmark, and how other programs put files on them.
import { execFileSync } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';

import { FtpServer } from '../live/ftp.ts';
import { takeNet } from '../live/net.ts';
import { S3Server } from '../live/s3.ts';
import { SmbServer } from '../live/smb.ts';
import { SshServer } from '../live/ssh.ts';
import { WebDavServer } from '../live/webdav.ts';
import { readHostKey } from '../../src/config/host-key.ts';

/** How another program copies all files of a folder into a folder of the server. */
export interface Peer {
  readonly program: string;
  command(
    source: string,
    to: string,
  ): readonly [args: readonly string[], env?: Readonly<Record<string, string>>];
}

export interface BenchedServer {
  /** As in the configuration, without the folder; `secret` stands for the secret of the kind. */
  readonly settings: { readonly type: string; readonly secret: string };
  readonly peers: readonly Peer[];
  stop(): Promise<void>;
}

export const kinds = ['ftp', 'sftp', 'smb', 's3', 'webdav'] as const;
export type Kind = (typeof kinds)[number];

/** `root`: folder of this machine below which the server keeps what it gets, where it can be had. */
export async function startServer(kind: Kind, root: string): Promise<BenchedServer> {
  const net = await takeNet();
  const home = join(root, kind);
  const at = { net: net.prefix, root: home };
  const end = (server: { stop(): Promise<void> }) => async () => {
    await server.stop();
    await net.release();
    await rm(home, { recursive: true, force: true });
  };
  switch (kind) {
    case 'ftp': {
      const server = await FtpServer.start(at);
      const { host, port, username, password: secret } = server;
      return {
        settings: {
          type: 'ftp',
          secret,
          ...{ host, port, tls: 'none', username },
        },
        peers: [
          rclone({ type: 'ftp', host, port: String(port), user: username, pass: obscured(secret) }),
          lftp(`ftp://${host}:${String(port)}`, username, secret),
        ],
        stop: end(server),
      };
    }
    case 'sftp': {
      const server = await SshServer.start(at);
      const { host, port, username, password: secret } = server;
      const host_key = readHostKey(await server.hostKey());
      return {
        settings: {
          type: 'sftp',
          secret,
          ...{ host, port, username, host_key },
        },
        peers: [
          rclone({ type: 'sftp', host, port: String(port), user: username, pass: obscured(secret) }),
          lftp(`sftp://${host}:${String(port)}`, username, secret),
        ],
        stop: end(server),
      };
    }
    case 'smb': {
      const server = await SmbServer.start(at);
      const { host, port, share, username, password: secret } = server;
      const settings = { host, port, share, username, encryption: 'when-required' };
      return {
        settings: { type: 'smb', secret, ...settings },
        peers: [
          {
            program: 'smbclient',
            command: (source, to) => [
              [
                ...[`//${host}/${share}`, '-U', username, '--client-protection=sign', '-c'],
                `prompt off; mkdir ${to}; cd ${to}; lcd ${source}; mput *`,
              ],
              { PASSWD: secret },
            ],
          },
          rclone({ type: 'smb', host, user: username, pass: obscured(secret) }, share),
        ],
        stop: end(server),
      };
    }
    case 's3': {
      const server = await S3Server.start({ net: net.prefix });
      const { endpoint, bucket, accessKey: access_key, secretKey: secret } = server;
      const settings = { endpoint, bucket, access_key, region: 'us-east-1', path_style: true };
      return {
        settings: { type: 's3', secret, ...settings },
        peers: [
          rclone(
            {
              ...{ type: 's3', provider: 'Other', endpoint, region: 'us-east-1' },
              ...{ access_key_id: access_key, secret_access_key: secret },
            },
            bucket,
          ),
        ],
        stop: end(server),
      };
    }
    case 'webdav': {
      const server = await WebDavServer.start(at);
      const { url, username, password: secret } = server;
      return {
        settings: { type: 'webdav', secret, ...{ url, username } },
        peers: [rclone({ type: 'webdav', url, vendor: 'other', user: username, pass: obscured(secret) })],
        stop: end(server),
      };
    }
  }
}

/** With the number of transfers at a time that it has by default. */
function rclone(remote: Readonly<Record<string, string>>, below = ''): Peer {
  const env = Object.fromEntries(
    Object.entries(remote).map(([key, value]) => [`RCLONE_CONFIG_PEER_${key.toUpperCase()}`, value]),
  );
  return {
    program: 'rclone',
    command: (source, to) => [['copy', source, `peer:${join(below, to)}`], env],
  };
}

/** rclone takes passwords in a form of its own. */
function obscured(secret: string): string {
  return execFileSync('rclone', ['obscure', secret], { encoding: 'utf8' }).trim();
}

/** With as many connections as Mitschnitt has by default. */
function lftp(url: string, username: string, secret: string): Peer {
  const trust =
    'set sftp:connect-program "ssh -a -x -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null"';
  return {
    program: 'lftp',
    command: (source, to) => [
      ['-u', `${username},${secret}`, '-e', `${trust}; mirror -R --parallel=3 ${source} ${to}; quit`, url],
    ],
  };
}
