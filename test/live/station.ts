import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import type { RecordFilter } from '../../src/catalogue/catalogue.ts';
import { SqliteCatalogue } from '../../src/catalogue/sqlite.ts';
import { askRunning } from '../../src/cli/control-client.ts';
import type { ControlAnswer, ControlRequest, LiveTalk } from '../../src/controls.ts';
import { recordJson } from '../../src/report/record-json.ts';
import type { Status } from '../../src/status.ts';
import { allOf } from '../catalogue/sample.ts';
import { Asterisk } from './asterisk.ts';
import type { CallResult, KeyPress } from './call.ts';
import { eventually } from './eventually.ts';
import { Mitschnitt } from './mitschnitt.ts';
import { takeNet, type Net } from './net.ts';
import { Parties, type PartyName } from './sipp.ts';
import {
  announcementMs,
  promptTones,
  standardConfig,
  timeZone,
  withGate,
  writePrompts,
  type Config,
} from './station-config.ts';
import { partyTones, readWav, tonesOver, type Interval } from './tone.ts';
import type { Sound } from './wav.ts';

/** How long it may take until a call that is over is listed, and its files are delivered. */
const settledMs = 15_000;
const lookEveryMs = 50;

/** One line of `mitschnitt recordings --json`, as far as the tests look at it. */
export interface Listed {
  readonly id: string;
  readonly call_id: string;
  readonly group: string;
  readonly direction: string;
  /** ISO 8601. */
  readonly start: string;
  readonly from: string;
  readonly to: string;
  readonly from_name: string | null;
  readonly talk_ms: number;
  readonly outcome: string;
  readonly rule: string;
  readonly file: string | null;
  /** What was found at the end of the recording. */
  readonly media: {
    readonly duration_ms: number;
    readonly sample_rate: number | null;
    readonly channels: number | null;
    readonly missing_ms: number | null;
    readonly silent_sides: readonly string[] | null;
    readonly repaired: boolean;
    readonly findings: readonly string[];
  } | null;
  readonly consent: {
    readonly prompt: string;
    readonly language: string;
    readonly place: string;
    readonly played_to: string | null;
    readonly complete: boolean;
    readonly decision: string;
    readonly key: string | null;
    readonly problem: string | null;
  } | null;
  readonly segments: readonly {
    readonly outcome: string;
    readonly rule: string;
    readonly number_patterns: Readonly<
      Record<'never_record' | 'always_record' | 'skip_announcement', string | null>
    >;
    readonly controls: readonly {
      readonly control: string;
      readonly actor: string;
      readonly problem: string | null;
    }[];
  }[];
  /** The whole call, and null as long as it is not over. */
  readonly call: { readonly outcome: string | null };
  readonly deliveries: readonly { readonly target: string; readonly state: string }[];
}

/** What a station is made of. */
export interface Options {
  readonly version: 22 | 16;
  /** Changes the configuration of every test. */
  readonly configure?: (config: Config) => Config;
  /** False: Asterisk and telephones only; the test runs Mitschnitt itself. */
  readonly run?: boolean;
  /** False: where the configuration announces nothing, calls do not enter the gate. */
  readonly gate?: boolean;
  readonly files?: Readonly<Record<string, string | Buffer>>;
  /** Modules of Asterisk beside those that every test has. */
  readonly modules?: readonly string[];
  /** Makes the spool a disk of its own of this size, such as '1m': it can be filled. Only root may. */
  readonly spoolSize?: string;
}

interface Incoming {
  readonly to?: PartyName;
  /** The name that the caller shows. */
  readonly name?: string;
  readonly talkMs?: number;
  readonly keys?: readonly KeyPress[];
}

interface Outgoing {
  readonly from?: PartyName;
  readonly talkMs?: number;
}

/** How a call went at its two telephones. */
interface Ends {
  readonly caller: CallResult;
  readonly callee: CallResult;
}

/** An Asterisk with telephones, and Mitschnitt beside it delivering into a folder. */
export class Station {
  readonly asterisk: Asterisk;
  readonly parties: Parties;
  readonly mitschnitt: Mitschnitt;
  readonly folder: string;
  /** The configuration that Mitschnitt was given at the start. */
  readonly config: Config;
  readonly #net: Net;
  /** Whether Mitschnitt is to run, as far as the test does not say otherwise. */
  #runs = false;
  /** What is older belongs to another test. */
  #since = 0;

  private constructor(
    parts: Pick<Station, 'asterisk' | 'parties' | 'mitschnitt' | 'folder' | 'config'>,
    net: Net,
  ) {
    this.asterisk = parts.asterisk;
    this.parties = parts.parties;
    this.mitschnitt = parts.mitschnitt;
    this.folder = parts.folder;
    this.config = parts.config;
    this.#net = net;
  }

  static async start({
    version,
    configure = (config) => config,
    run = true,
    gate = true,
    files = {},
    modules = [],
    spoolSize,
  }: Options): Promise<Station> {
    const net = await takeNet();
    const folder = await mkdtemp(join(tmpdir(), 'mitschnitt-station-'));
    const spool = join(folder, 'spool');
    await Promise.all([mkdir(join(folder, 'archive')), writePrompts(join(folder, 'prompts', 'de'))]);
    if (spoolSize !== undefined) await mountDisk(spool, spoolSize);
    const [asterisk, parties] = await Promise.all([
      Asterisk.start({ version, net: net.prefix, spool, files }),
      Parties.start(net.prefix),
    ]);
    for (const module of modules) await asterisk.load(module);
    const wanted = configure(standardConfig(asterisk, folder));
    const config = gate ? withGate(wanted) : wanted;
    const mitschnitt = await Mitschnitt.prepare({ config });
    const station = new Station({ asterisk, parties, mitschnitt, folder, config }, net);
    station.#runs = run;
    if (run) await mitschnitt.run();
    return station;
  }

  /** Before each test of several: what another one left behind, or a former try of the same one, is ended and forgotten. */
  async clear(): Promise<void> {
    this.parties.abandonCalls();
    await eventually(async () => this.#isQuiet(), { within: settledMs, every: lookEveryMs });
    if (this.#runs) {
      if (this.mitschnitt.pid === undefined) await this.mitschnitt.run();
      const noTalk = async (): Promise<boolean> => (await this.talks()).length === 0;
      await eventually(noTalk, { within: settledMs, every: lookEveryMs });
    }
    this.#since = Date.now();
  }

  /** Whether no channel is left; whatever is left is hung up. */
  async #isQuiet(): Promise<boolean> {
    if (await this.isQuiet()) return true;
    await this.asterisk.cli('channel request hangup all');
    return false;
  }

  /** Whether no channel of Asterisk is left. */
  async isQuiet(): Promise<boolean> {
    return /^0 active channels/m.test(await this.asterisk.cli('core show channels'));
  }

  get archive(): string {
    return join(this.folder, 'archive');
  }

  get spool(): string {
    return join(this.folder, 'spool');
  }

  /** The settled lines of calls with this number, as soon as there are `count` and all files are delivered. */
  async listed(number: string, count = 1): Promise<readonly Listed[]> {
    return eventually(
      async () => {
        const lines = await this.recordings({ number });
        const told = JSON.stringify(lines, undefined, 2);
        if (lines.length !== count) throw new Error(`${lines.length} lines instead of ${count}: ${told}`);
        if (lines.some(isWaiting)) throw new Error(`not delivered: ${told}`);
        return lines;
      },
      { within: settledMs, every: lookEveryMs },
    );
  }

  /**
   * What `mitschnitt recordings --json` lists. Read from the catalogue itself: to start the command for each look would
   * keep the machine from the calls. Without what was there at the last {@link clear}.
   */
  async recordings(filter: RecordFilter = {}): Promise<readonly Listed[]> {
    const catalogue = new SqliteCatalogue({ path: join(this.folder, 'catalogue.db'), readonly: true });
    await catalogue.open();
    try {
      const records = await allOf(catalogue.records({ from: this.#since, ...filter }));
      const lines = records.map((record) => recordJson(record, timeZone));
      return JSON.parse(JSON.stringify(lines)) as readonly Listed[];
    } finally {
      await catalogue.close();
    }
  }

  /** The talks that go on now, as the running process tells the command line; see {@link recordings}. */
  async talks(): Promise<readonly LiveTalk[]> {
    return (await this.#ask('/calls')) as readonly LiveTalk[];
  }

  /** What the running process tells of itself; see {@link recordings}. */
  async status(): Promise<Status> {
    return (await this.#ask('/status')) as Status;
  }

  /** Pauses, resumes, stops or starts a recording. */
  async control(request: ControlRequest): Promise<ControlAnswer> {
    return (await this.#ask('/control', request)) as ControlAnswer;
  }

  #ask(path: string, body?: unknown): Promise<unknown> {
    return askRunning(join(this.folder, 'mitschnitt.sock'), path, body);
  }

  /** The one line of the only call with this number. */
  async listedCall(number: string): Promise<Listed> {
    const [line] = await this.listed(number);
    if (!line) throw new Error('no line');
    return line;
  }

  /** Where in a delivered file which party and which prompt is heard. */
  heardIn({ file }: Pick<Listed, 'file'>): Heard {
    if (file === null) throw new Error('there is no file');
    return heard(readWav(join(this.archive, file)));
  }

  /** All that is left in the spool. */
  async spooled(): Promise<string[]> {
    const folders = await Promise.all(
      ['active', 'transfer'].map((folder) => readdir(join(this.spool, folder))),
    );
    return folders.flat();
  }

  /** The report of this month, all lines. */
  async report(): Promise<string[]> {
    const files = await readdir(join(this.spool, 'report'));
    const texts = await Promise.all(files.map((file) => readFile(join(this.spool, 'report', file), 'utf8')));
    return texts.join('').split('\r\n');
  }

  /** The lines of the report that begin so, as soon as there are `count`: those of some calls are written together. */
  async reported(beginning: string, count = 1): Promise<string[]> {
    return eventually(async () => {
      const lines = (await this.report()).filter((line) => line.startsWith(beginning));
      return lines.length >= count ? lines : undefined;
    });
  }

  /** A call from outside that lasts `talkMs` from its answer at the member on. */
  async incoming(
    from: string,
    { to = '200', name, talkMs = 1_500, keys = [] }: Incoming = {},
  ): Promise<Ends> {
    const answered = await this.parties.party(to).answers({ talkMs });
    const placed = await this.parties
      .party('trunk')
      .calls(to, { from, ...(name === undefined ? {} : { name }), keys });
    const [caller, callee] = await Promise.all([placed.done, answered.done]);
    return { caller, callee };
  }

  /** A call of a member to the outside, which is `number`. */
  async outgoing(number: string, { from = '200', talkMs = 1_500 }: Outgoing = {}): Promise<Ends> {
    const answered = await this.parties.party('trunk').answers();
    const placed = await this.parties.party(from).calls(`0${number}`, { talkMs: talkMs + announcementMs });
    const [caller, callee] = await Promise.all([placed.done, answered.done]);
    return { caller, callee };
  }

  async stop(): Promise<void> {
    await this.mitschnitt.remove();
    await Promise.all([this.asterisk.stop(), this.parties.stop()]);
    await this.#net.release();
    await unmountDisk(this.spool);
    await rm(this.folder, { recursive: true, force: true });
  }
}

const command = promisify(execFile);

async function mountDisk(folder: string, size: string): Promise<void> {
  await mkdir(folder);
  await command('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=0777`, 'tmpfs', folder]);
}

/** Of a folder that is none, it is a failure that means nothing. */
async function unmountDisk(folder: string): Promise<void> {
  await command('umount', ['--lazy', folder]).catch(() => undefined);
}

/** When each party and each prompt is heard in a sound. */
export type Heard = Readonly<Record<PartyName | keyof typeof promptTones, readonly Interval[]>>;

export function heard(sound: Sound): Heard {
  const tones = { ...partyTones, ...promptTones };
  const found = tonesOver(sound, Object.values(tones));
  return Object.fromEntries(
    Object.entries(tones).map(([who, hz]) => [who, found.get(hz) ?? []]),
  ) as unknown as Heard;
}

/** Who is heard at all. */
export function voices(of: Heard): string[] {
  return Object.entries(of)
    .filter(([, intervals]) => intervals.length > 0)
    .map(([who]) => who)
    .sort();
}

/** Its file is not yet where it belongs. */
export function isWaiting({ deliveries }: Listed): boolean {
  return deliveries.some(({ state }) => state !== 'delivered');
}
