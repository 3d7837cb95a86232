// How other programs put files on the servers of the delivery benchmark.
import { execFile, execFileSync } from 'node:child_process';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** How another program copies all files of a folder into a folder of the server. */
export interface Peer {
  readonly program: string;
  command(files: PeerFiles, to: string): PeerCommand;
}

export interface PeerFiles {
  readonly folder: string;
  readonly names: readonly string[];
}

interface PeerCommand {
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** What it reads from its standard input. */
  readonly input?: string;
}

/** With as many connections as Mitschnitt has by default, where a program has several. */
const connections = 3;
/** For one program and one load. */
const limitMs = 20 * 60_000;

/** What it took, in ms; throws what the program said when it could not do it. */
export async function timePeer(peer: Peer, files: PeerFiles, to: string): Promise<number> {
  const { args, env = {}, input = '' } = peer.command(files, to);
  // Of this machine, for other purposes: rclone does S3 no more where it is set.
  const own = { ...process.env, AWS_CA_BUNDLE: undefined };
  const startedAt = performance.now();
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  const options = { env: { ...own, ...env }, timeout: limitMs, maxBuffer: Number.POSITIVE_INFINITY };
  const child = execFile(peer.program, args, options, (error, stdout, stderr) => {
    if (!error) resolve(undefined);
    else reject(new Error((stderr.trim() || stdout.trim() || error.message).split('\n').at(-1)));
  });
  child.stdin?.end(input);
  await promise;
  return performance.now() - startedAt;
}

/** With the number of transfers at a time that it has by default. */
export function rclone(remote: Readonly<Record<string, string>>, below = ''): Peer {
  const env = Object.fromEntries(
    Object.entries(remote).map(([key, value]) => [`RCLONE_CONFIG_PEER_${key.toUpperCase()}`, value]),
  );
  return {
    program: 'rclone',
    command: ({ folder }, to) => ({ args: ['copy', folder, `peer:${join(below, to)}`], env }),
  };
}

/** rclone takes passwords in a form of its own. */
export function obscured(secret: string): string {
  return execFileSync('rclone', ['obscure', secret], { encoding: 'utf8' }).trim();
}

const unknownHost = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'LogLevel=ERROR'];

export function lftp(url: string, username: string, secret: string): Peer {
  const trust = `set sftp:connect-program "ssh -a -x ${unknownHost.map((each) => `-o ${each}`).join(' ')}"`;
  return {
    program: 'lftp',
    command: ({ folder }, to) => ({
      args: [
        ...['-u', `${username},${secret}`, '-e'],
        ...[`${trust}; mirror -R --parallel=${connections} ${folder} ${to}; quit`, url],
      ],
    }),
  };
}

/** Of OpenSSH. It takes a password from a program only: that is put into `home`. */
export async function sftp(
  { host, port, username, password }: { host: string; port: number; username: string; password: string },
  home: string,
): Promise<Peer> {
  const answer = join(home, 'password.sh');
  await writeFile(answer, `#!/bin/sh\necho '${password}'\n`);
  await chmod(answer, 0o700);
  const options = ['BatchMode=no', ...unknownHost].flatMap((each) => ['-o', each]);
  return {
    program: 'sftp',
    command: ({ folder }, to) => ({
      args: [...options, '-b', '-', '-P', String(port), `${username}@${host}`],
      env: { SSH_ASKPASS: answer, SSH_ASKPASS_REQUIRE: 'force' },
      input: `mkdir ${to}\nput ${folder}/* ${to}\n`,
    }),
  };
}

export function smbclient(
  { host, share, username }: { host: string; share: string; username: string },
  secret: string,
): Peer {
  return {
    program: 'smbclient',
    command: ({ folder }, to) => ({
      args: [
        ...[`//${host}/${share}`, '-U', username, '--client-protection=sign', '-c'],
        `prompt off; mkdir ${to}; cd ${to}; lcd ${folder}; mput *`,
      ],
      env: { PASSWD: secret },
    }),
  };
}

/** `url`: of a folder, ended by `/`, which is made as needed. */
export function curl(url: (to: string) => string, options: readonly string[]): Peer {
  const all = ['parallel', `parallel-max = ${connections}`, 'silent', 'show-error', 'fail', ...options];
  return {
    program: 'curl',
    command: ({ folder, names }, to) => {
      const transfers = names.flatMap((name) => [
        `upload-file = "${join(folder, name)}"`,
        `url = "${url(to)}${name}"`,
      ]);
      return { args: ['--config', '-'], input: `${[...all, ...transfers].join('\n')}\n` };
    },
  };
}
