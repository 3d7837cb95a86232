// The servers of the delivery benchmark, and the programs that put files on them.
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { FtpServer } from '../live/ftp.ts';
import { takeNet } from '../live/net.ts';
import { S3Server } from '../live/s3.ts';
import { SmbServer } from '../live/smb.ts';
import { SshServer } from '../live/ssh.ts';
import { WebDavServer } from '../live/webdav.ts';
import { readHostKey } from '../../src/config/host-key.ts';
import { curl, lftp, obscured, rclone, sftp, smbclient, type Peer } from './delivery-peers.ts';

export interface BenchedServer {
  /** As in the configuration, without the folder; `secret` stands for the secret of the kind. */
  readonly settings: { readonly type: string; readonly secret: string };
  readonly peers: readonly Peer[];
  /** Removes what it has got. */
  clear(): Promise<void>;
  stop(): Promise<void>;
}

export const kinds = ['ftp', 'sftp', 'smb', 's3', 'webdav'] as const;
export type Kind = (typeof kinds)[number];

/** `root`: folder of this machine below which the server keeps what it gets, where it can be had. */
export async function startServer(kind: Kind, root: string): Promise<BenchedServer> {
  const net = await takeNet();
  const home = join(root, kind);
  const { server, ...benched } = await starters[kind]({ net: net.prefix, root: home });
  return {
    ...benched,
    // Of S3 there is no folder: it keeps all to its end.
    clear: async () => {
      for (const name of await readdir(home).catch(() => []))
        await rm(join(home, name), { recursive: true, force: true });
    },
    stop: async () => {
      await server.stop();
      await net.release();
      await rm(home, { recursive: true, force: true });
    },
  };
}

interface Place {
  /** Prefix of the loopback network. */
  readonly net: string;
  readonly root: string;
}

type Started = Pick<BenchedServer, 'settings' | 'peers'> & { readonly server: { stop(): Promise<void> } };

const starters: Readonly<Record<Kind, (at: Place) => Promise<Started>>> = {
  ftp: async (at) => {
    const server = await FtpServer.start(at);
    // To write down each command costs it more time than some take.
    await server.run('sh', '-c', 'sed -i /^log_ftp_protocol/d /etc/vsftpd.conf && kill -HUP $(pidof vsftpd)');
    const { host, port, username, password: secret } = server;
    return {
      server,
      settings: { type: 'ftp', secret, ...{ host, port, tls: 'none', username } },
      peers: [
        rclone({ type: 'ftp', host, port: String(port), user: username, pass: obscured(secret) }),
        lftp(`ftp://${host}:${port}`, username, secret),
        curl((to) => `ftp://${host}:${port}/${to}/`, [`user = "${username}:${secret}"`, 'ftp-create-dirs']),
      ],
    };
  },
  sftp: async (at) => {
    const server = await SshServer.start(at);
    const { host, port, username, password: secret } = server;
    const host_key = readHostKey(await server.hostKey());
    const known = [`user = "${username}:${secret}"`, 'insecure', 'ftp-create-dirs'];
    return {
      server,
      settings: { type: 'sftp', secret, ...{ host, port, username, host_key } },
      peers: [
        rclone({ type: 'sftp', host, port: String(port), user: username, pass: obscured(secret) }),
        lftp(`sftp://${host}:${port}`, username, secret),
        await sftp(server, join(at.root, '..')),
        curl((to) => `sftp://${host}:${port}/~/${to}/`, known),
      ],
    };
  },
  smb: async (at) => {
    const server = await SmbServer.start(at);
    const { host, port, share, username, password: secret } = server;
    const settings = { host, port, share, username, encryption: 'when-required' };
    return {
      server,
      settings: { type: 'smb', secret, ...settings },
      peers: [
        smbclient(server, secret),
        rclone({ type: 'smb', host, user: username, pass: obscured(secret) }, share),
      ],
    };
  },
  s3: async ({ net }) => {
    const server = await S3Server.start({ net });
    const { endpoint, bucket, accessKey: access_key, secretKey: secret } = server;
    const region = 'us-east-1';
    const settings = { endpoint, bucket, access_key, region, path_style: true };
    const signed = [`user = "${access_key}:${secret}"`, `aws-sigv4 = "aws:amz:${region}:s3"`];
    return {
      server,
      settings: { type: 's3', secret, ...settings },
      peers: [
        rclone(
          {
            ...{ type: 's3', provider: 'Other', endpoint, region },
            ...{ access_key_id: access_key, secret_access_key: secret },
          },
          bucket,
        ),
        curl((to) => `${endpoint}/${bucket}/${to}/`, signed),
      ],
    };
  },
  webdav: async (at) => {
    const server = await WebDavServer.start(at);
    const { url, username, password: secret } = server;
    return {
      server,
      settings: { type: 'webdav', secret, ...{ url, username } },
      peers: [
        rclone({ type: 'webdav', url, vendor: 'other', user: username, pass: obscured(secret) }),
        // It makes no folders.
        curl(() => `${url}/`, [`user = "${username}:${secret}"`]),
      ],
    };
  },
};
