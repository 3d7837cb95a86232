import { spawn, type ChildProcess } from 'node:child_process';
import { openSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { execFile } from 'node:child_process';
import { stringify } from 'yaml';

import { Asterisk } from '../live/asterisk.ts';
import { eventually } from '../live/eventually.ts';
import { FtpServer } from '../live/ftp.ts';
import { takeNet, type Net } from '../live/net.ts';
import { Parties } from '../live/sipp.ts';

const root = resolve(import.meta.dirname, '../..');
const program = join(root, 'src/cli/mitschnitt.mjs');
const readyMs = 15_000;
/** Where a run that is kept leaves the process id of its Mitschnitt, for the next run to end it. */
const keptFile = join(tmpdir(), 'mitschnitt-demo.pid');

/** Accounts for softphones on this machine, beside the telephones that SIPp plays: someone outside, and a member. */
export const softphones = { outside: 'aussen', member: '210', password: 'demo' } as const;

/** What an administrator would have: a PBX, a file server, and Mitschnitt beside them. */
export class Installation {
  readonly asterisk: Asterisk;
  readonly ftp: FtpServer;
  readonly parties: Parties;
  readonly folder: string;
  readonly #net: Net;
  #process: ChildProcess | undefined;

  private constructor(parts: Pick<Installation, 'asterisk' | 'ftp' | 'parties' | 'folder'>, net: Net) {
    this.asterisk = parts.asterisk;
    this.ftp = parts.ftp;
    this.parties = parts.parties;
    this.folder = parts.folder;
    this.#net = net;
  }

  static async start(): Promise<Installation> {
    await endKept();
    const net = await takeNet();
    const folder = await mkdtemp(join(tmpdir(), 'mitschnitt-demo-'));
    const spool = join(folder, 'spool');
    await mkdir(spool);
    const [asterisk, ftp, parties] = await Promise.all([
      Asterisk.start({ version: 22, net: net.prefix, spool, files: { 'pjsip.conf': await telephones() } }),
      FtpServer.start({ net: net.prefix, root: join(folder, 'ftp') }),
      Parties.start(net.prefix),
    ]);
    const installation = new Installation({ asterisk, ftp, parties, folder }, net);
    await writeFile(installation.configFile, stringify(installation.#config()), { mode: 0o600 });
    return installation;
  }

  get configFile(): string {
    return join(this.folder, 'mitschnitt.yaml');
  }

  get logFile(): string {
    return join(this.folder, 'mitschnitt.log');
  }

  get reportFolder(): string {
    return join(this.folder, 'spool', 'report');
  }

  get consoleUrl(): string {
    return `http://${this.#consoleAddress}`;
  }

  /** An address of the demo's own: whatever else listens on this machine is not in its way. */
  get #consoleAddress(): string {
    return `${this.#net.prefix}1:8484`;
  }

  /** By which the first administrator of the console makes himself known; undefined once somebody did. */
  async welcomeLink(): Promise<string | undefined> {
    const users = (await this.ask('user', 'list')) as readonly unknown[];
    if (users.length > 0) return undefined;
    return /http:\/\/[^\s"]+\/#\/welcome\/[\w-]+/.exec(await this.log())?.[0];
  }

  /** Where the FTP server keeps what was delivered. */
  get delivered(): string {
    return join(this.ftp.root, 'mitschnitte');
  }

  /** Runs Mitschnitt so that it can outlive the demo. */
  async run(): Promise<void> {
    const log = openSync(this.logFile, 'a');
    this.#process = spawn(process.execPath, [program, 'run', '--config', this.configFile], {
      detached: true,
      stdio: ['ignore', log, log],
    });
    await eventually(async () => (await this.log()).includes('ready'), { within: readyMs });
  }

  async log(): Promise<string> {
    return readFile(this.logFile, 'utf8');
  }

  /** Runs a verb of the command line and gives what it printed as JSON. */
  async ask(...args: readonly string[]): Promise<unknown> {
    const command = [program, ...args, '--json', '--config', this.configFile];
    const { stdout } = await promisify(execFile)(process.execPath, command);
    return JSON.parse(stdout);
  }

  /** Lets everything run on without this process; gives the process id of Mitschnitt. */
  async keep(): Promise<number> {
    const pid = this.#process?.pid;
    if (pid === undefined) throw new Error('Mitschnitt does not run');
    await writeFile(keptFile, String(pid));
    return pid;
  }

  async stop(): Promise<void> {
    const running = this.#process;
    if (running?.exitCode === null) {
      running.kill('SIGTERM');
      await eventually(() => running.exitCode !== null || running.signalCode !== null, { within: readyMs });
    }
    await Promise.all([this.asterisk.stop(), this.ftp.stop(), this.parties.stop()]);
    await this.#net.release();
    await rm(this.folder, { recursive: true, force: true });
  }

  #config(): object {
    const { asterisk, ftp, folder } = this;
    return {
      asterisk: asterisk.settings,
      pbx: { trunks: ['PJSIP/trunk', `PJSIP/${softphones.outside}`], timezone: 'Europe/Zurich' },
      spool: { path: join(folder, 'spool') },
      catalogue: { type: 'sqlite', path: join(folder, 'catalogue.db') },
      groups: [
        {
          name: 'Verkauf',
          members: ['200', '201', softphones.member],
          record: { incoming: true, outgoing: true, internal: false },
          announcement: { incoming: { mode: 'opt-out' }, outgoing: { mode: 'notice' } },
          language: 'de',
          deliver_to: ['ablage'],
        },
      ],
      targets: {
        ablage: {
          type: 'ftp',
          host: ftp.host,
          port: ftp.port,
          tls: 'none',
          username: ftp.username,
          password: ftp.password,
          path: 'mitschnitte',
        },
      },
      upload: { every: 'immediately' },
      report: { columns: ['outcome'] },
      web: { listen: this.#consoleAddress },
    };
  }
}

async function endKept(): Promise<void> {
  try {
    process.kill(Number(await readFile(keptFile, 'utf8')), 'SIGTERM');
  } catch {
    // No run was kept, or somebody ended it.
  }
  await rm(keptFile, { force: true });
}

/** The PBX of the tests, and the two accounts to which a softphone can log in. */
async function telephones(): Promise<string> {
  const standard = await readFile(join(root, 'docker/asterisk/etc/pjsip.conf'), 'utf8');
  const account = (name: string, context: string): string => `
[${name}]
type = endpoint
context = ${context}
disallow = all
allow = alaw
direct_media = no
identify_by = username
auth = ${name}
aors = ${name}
[${name}]
type = auth
auth_type = userpass
username = ${name}
password = ${softphones.password}
[${name}]
type = aor
max_contacts = 1
remove_existing = yes
`;
  return standard + account(softphones.outside, 'from-trunk') + account(softphones.member, 'internal');
}
