import { chmod, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Asterisk } from '../live/asterisk.ts';
import { docker } from '../live/containers.ts';
import { Mitschnitt } from '../live/mitschnitt.ts';
import { takeNet, type Net } from '../live/net.ts';
import { Load } from './load.ts';

/** How a call is led to the member, by what is dialled. */
export const variants = {
  plain: { to: '1200', title: 'plain Dial()' },
  monitored: { to: '2200', title: 'Dial() and MixMonitor()' },
  mitschnitt: { to: '200', title: 'Mitschnitt' },
} as const;

export type Variant = keyof typeof variants;

export interface ExchangeOptions {
  readonly version: 22 | 16;
  /** Every run of Mitschnitt leaves a processor profile behind. */
  readonly profiled?: boolean;
  /** Calls enter the gate, though nothing is announced there to these: another group announces. */
  readonly gated?: boolean;
}

/** One Asterisk on which a call can go all three ways; Mitschnitt runs only when it is asked to. */
export class Exchange {
  readonly load: Load;
  readonly asteriskPid: number;
  readonly profiles: string;
  readonly #asterisk: Asterisk;
  readonly mitschnitt: Mitschnitt;
  readonly #folder: string;
  readonly #net: Net;

  private constructor(
    parts: { asterisk: Asterisk; load: Load; mitschnitt: Mitschnitt; asteriskPid: number },
    folder: string,
    net: Net,
  ) {
    this.load = parts.load;
    this.asteriskPid = parts.asteriskPid;
    this.profiles = join(folder, 'profiles');
    this.#asterisk = parts.asterisk;
    this.mitschnitt = parts.mitschnitt;
    this.#folder = folder;
    this.#net = net;
  }

  static async start({ version, profiled = false, gated = false }: ExchangeOptions): Promise<Exchange> {
    const net = await takeNet();
    const folder = await mkdtemp(join(tmpdir(), 'mitschnitt-bench-'));
    const spool = join(folder, 'spool');
    const monitored = join(spool, 'monitored');
    await mkdir(monitored, { recursive: true });
    await mkdir(join(folder, 'archive'));
    // Asterisk runs as a user of the container that this machine does not know.
    await chmod(monitored, 0o777);
    const files = { 'extensions.conf': dialplan(monitored) };
    const [asterisk, load] = await Promise.all([
      Asterisk.start({ version, net: net.prefix, spool, files }),
      Load.start(net.prefix),
    ]);
    const options = `--cpu-prof --cpu-prof-dir=${join(folder, 'profiles')}`;
    const mitschnitt = await Mitschnitt.prepare({
      config: configuration(asterisk, folder, gated),
      env: profiled ? { NODE_OPTIONS: options } : {},
    });
    const asteriskPid = await processOf(asterisk);
    return new Exchange({ asterisk, load, mitschnitt, asteriskPid }, folder, net);
  }

  /** Runs Mitschnitt while something is done; it gets the process id. Without it there is no load from it either. */
  async withMitschnitt<T>(action: (pid: number) => Promise<T>): Promise<T> {
    await this.mitschnitt.run();
    try {
      const { pid } = this.mitschnitt;
      if (pid === undefined) throw new Error(`Mitschnitt has ended:\n${this.mitschnitt.log}`);
      return await action(pid);
    } finally {
      await this.mitschnitt.stop();
    }
  }

  /** What Mitschnitt has complained of so far. */
  get complaints(): readonly string[] {
    return this.mitschnitt.log.split('\n').filter((line) => / (?:warn|error)\b/i.test(line));
  }

  /** The finished recordings of a variant, as paths. */
  async recordings(variant: Variant): Promise<string[]> {
    const folder = this.#recordingsFolder(variant);
    // A delivery under way has a name that begins with a dot.
    return (await readdir(folder))
      .filter((name) => /^[^.].*\.wav$/.test(name))
      .map((name) => join(folder, name));
  }

  async clear(variant: Variant): Promise<void> {
    await Promise.all((await this.recordings(variant)).map((file) => rm(file)));
  }

  async stop(): Promise<void> {
    await this.mitschnitt.remove();
    await Promise.all([this.#asterisk.stop(), this.load.stop()]);
    await this.#net.release();
    await rm(this.#folder, { recursive: true, force: true });
  }

  #recordingsFolder(variant: Variant): string {
    return variant === 'monitored' ? join(this.#folder, 'spool/monitored') : join(this.#folder, 'archive');
  }
}

async function processOf(asterisk: Asterisk): Promise<number> {
  const image = `mitschnitt/asterisk:${asterisk.version}`;
  const own = ['--filter', `label=mitschnitt.pid=${process.pid}`, '--filter', `ancestor=${image}`];
  const container = (await docker('ps', '--quiet', ...own)).trim();
  return Number(await docker('inspect', '--format', '{{.State.Pid}}', container));
}

function dialplan(folder: string): string {
  return `[globals]
#include "mitschnitt.conf"

[from-trunk]
exten => _1XXX,1,Dial(PJSIP/\${EXTEN:1},30)
 same => n,Hangup()

exten => _2XXX,1,MixMonitor(${folder}/\${UNIQUEID}.wav)
 same => n,Dial(PJSIP/\${EXTEN:1},30)
 same => n,Hangup()

exten => _XXX,1,Gosub(mitschnitt,s,1)
 same => n,Dial(PJSIP/\${EXTEN},30)
 same => n,Hangup()
`;
}

/** Of none of the calls; Asterisk asks before each of them all the same. */
const announcing = {
  name: 'Gate',
  members: ['PJSIP/nobody'],
  announcement: { incoming: { mode: 'notice' } },
  deliver_to: ['archive'],
};

function configuration(asterisk: Asterisk, folder: string, gated: boolean): object {
  return {
    asterisk: {
      ari: { url: asterisk.ariUrl, username: asterisk.ariUsername, password: asterisk.ariPassword },
      ami: {
        host: asterisk.amiHost,
        port: asterisk.amiPort,
        username: asterisk.amiUsername,
        secret: asterisk.amiSecret,
      },
    },
    pbx: { trunks: ['PJSIP/trunk'], timezone: 'Europe/Zurich' },
    spool: { path: join(folder, 'spool') },
    catalogue: { type: 'sqlite', path: join(folder, 'catalogue.db') },
    groups: [
      {
        name: 'Verkauf',
        members: ['200'],
        record: { incoming: true, outgoing: false, internal: false },
        announcement: { incoming: { mode: 'none' } },
        deliver_to: ['archive'],
      },
      ...(gated ? [announcing] : []),
    ],
    targets: { archive: { type: 'folder', path: join(folder, 'archive') } },
    upload: { every: 'immediately' },
  };
}
