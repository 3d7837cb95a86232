import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GenericContainer, type StartedTestContainer } from 'testcontainers';

import { testLabels } from '../live/containers.ts';
import { eventually } from '../live/eventually.ts';
import { calledScenario, callerScenario, type Sides } from './scenarios.ts';
import { speech } from './tones.ts';

// Hosts of docker/asterisk/etc/pjsip.conf: the trunk calls extension 200.
const asteriskHost = 1;
const callerHost = 2;
const calledHost = 3;
const sipPort = 5060;
/** Per address, so that the two do not get in each other's way; more than two ports for each call that can be. */
const rtpPorts = { first: 30_000, last: 39_998 };
const ringMs = 100;
/** SIPp looks at its RTP sockets with select(2), which ends at 1,024; a call has two of them. */
export const mostCallsAtATime = 480;
/** Beyond the time that the calls take; who is not ready by then has lost a call. */
const graceMs = 15_000;

/** Calls that are placed one after the other at a fixed rate. */
export interface LoadPlan {
  /** What is dialled. */
  readonly to: string;
  readonly calls: number;
  /** New calls per second. */
  readonly rate: number;
  readonly talkMs: number;
}

/** A call that was connected, as its two telephones noted it. */
export interface Talk {
  readonly callerMs: number;
  readonly calledMs: number;
  /** Of the caller, epoch milliseconds; the end is NaN where it never hung up. */
  readonly answeredAt: number;
  readonly endedAt: number;
}

/** What came of them. */
export interface LoadResult {
  readonly failed: number;
  /** From the INVITE of the caller to the one at the called party, of every call that got there. */
  readonly setUpMs: readonly number[];
  /** How long each talk was for its caller, and for the called party, who notices it a little earlier and later. */
  readonly talks: ReadonlyMap<number, Talk>;
  /** Calls that were answered, and whose caller never learned of it: the PBX was gone. */
  readonly unheard: ReadonlySet<number>;
  /** What SIPp complained of, for a person to read. */
  readonly complaints: string;
}

/** How long a load takes, at most a few seconds less than it will. */
export function durationMs({ calls, rate, talkMs }: LoadPlan): number {
  return (calls / rate) * 1_000 + talkMs + ringMs;
}

/** A trunk and a telephone that can be in many calls at a time: two processes of SIPp in one container. */
export class Load {
  readonly #container: StartedTestContainer;
  readonly #folder: string;
  readonly #net: string;
  #runs = 0;

  private constructor(container: StartedTestContainer, folder: string, net: string) {
    this.#container = container;
    this.#folder = folder;
    this.#net = net;
  }

  /** `net` is the prefix of the network, such as '127.0.130.'. */
  static async start(net: string): Promise<Load> {
    const folder = await mkdtemp(join(tmpdir(), 'mitschnitt-load-'));
    const container = await new GenericContainer('mitschnitt/sipp')
      .withNetworkMode('host')
      .withLabels(testLabels)
      .withEntrypoint(['sleep'])
      .withCommand(['infinity'])
      .withBindMounts([{ source: folder, target: folder }])
      .start();
    return new Load(container, folder, net);
  }

  async run(plan: LoadPlan): Promise<LoadResult> {
    this.#runs += 1;
    const folder = join(this.#folder, String(this.#runs));
    await mkdir(folder);
    const audio = { caller: join(folder, 'caller.alaw'), called: join(folder, 'called.alaw') };
    const { to, talkMs } = plan;
    const sides: Sides = { to, asterisk: this.#address(asteriskHost), audio, talkMs, ringMs };
    await Promise.all([
      writeFile(audio.caller, speech('caller', talkMs)),
      writeFile(audio.called, speech('called', talkMs)),
      writeFile(join(folder, 'caller.xml'), callerScenario(sides)),
      writeFile(join(folder, 'called.xml'), calledScenario(sides)),
    ]);
    const called = this.#sipp(folder, 'called', calledHost, plan);
    const ended = called.then((said) =>
      Promise.reject(new Error(`SIPp ended before the first call: ${said}`)),
    );
    await Promise.race([eventually(() => isBound(this.#address(calledHost), sipPort)), ended]);
    const complaints = await Promise.all([this.#sipp(folder, 'caller', callerHost, plan), called]);
    const result = {
      failed: await failedCalls(join(folder, 'caller.csv'), plan.calls),
      setUpMs: await setUpTimes(folder),
      ...(await talkTimes(folder)),
      complaints: complaints.join('').trim(),
    };
    await rm(folder, { recursive: true, force: true });
    return result;
  }

  async stop(): Promise<void> {
    await this.#container.stop({ timeout: 0 });
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Resolves when all calls are over, or their time is; gives what SIPp wrote to its error log. */
  async #sipp(folder: string, side: 'caller' | 'called', host: number, plan: LoadPlan): Promise<string> {
    const own = this.#address(host);
    const limit = Math.ceil((durationMs(plan) + graceMs) / 1_000);
    const errors = join(folder, `${side}.errors`);
    const options = [
      ...[
        '-sf',
        join(folder, `${side}.xml`),
        '-m',
        String(plan.calls),
        '-nostdin',
        '-aa',
        '-deadcall_wait',
        '0',
      ],
      ...['-i', own, '-bind_local', '-ci', own, '-mi', own, '-p', String(sipPort)],
      ...['-min_rtp_port', String(rtpPorts.first), '-max_rtp_port', String(rtpPorts.last)],
      ...['-trace_logs', '-log_file', join(folder, `${side}.log`), '-trace_err', '-error_file', errors],
      ...['-trace_stat', '-stf', join(folder, `${side}.csv`)],
      ...['-timeout', String(limit), '-timeout_error'],
      ...(side === 'caller' ? ['-r', String(plan.rate), '-l', String(mostCallsAtATime)] : []),
    ];
    const asterisk = `${this.#address(asteriskHost)}:${sipPort}`;
    const command = ['exec', this.#container.getId(), 'sipp', asterisk, ...options];
    await new Promise<void>((resolve) => {
      // Its exit code says no more than the statistics that it writes.
      execFile('docker', command, { maxBuffer: Number.POSITIVE_INFINITY }, () => {
        resolve();
      });
    });
    return readFile(errors, 'utf8').catch(() => '');
  }

  #address(host: number): string {
    return `${this.#net}${host}`;
  }
}

/** SIPp's statistics: a heading, then a line per minute and one at the end. */
async function failedCalls(file: string, planned: number): Promise<number> {
  const lines = (await readFile(file, 'utf8').catch(() => '')).trim().split('\n');
  const value = (name: string): number => {
    const column = lines[0]?.split(';').indexOf(name) ?? -1;
    return Number(lines.at(-1)?.split(';')[column] ?? Number.NaN);
  };
  const succeeded = value('SuccessfulCall(C)');
  return Number.isNaN(succeeded) ? planned : planned - succeeded;
}

async function setUpTimes(folder: string): Promise<number[]> {
  const [left, arrived] = await Promise.all([
    notedTimes(join(folder, 'caller.log'), 'invited'),
    notedTimes(join(folder, 'called.log'), 'invited'),
  ]);
  return [...left].flatMap(([call, at]) => {
    const then = arrived.get(call);
    return then === undefined ? [] : [then - at];
  });
}

async function talkTimes(folder: string): Promise<Pick<LoadResult, 'talks' | 'unheard'>> {
  const [caller, called] = await Promise.all([
    timesOf(join(folder, 'caller.log')),
    timesOf(join(folder, 'called.log')),
  ]);
  const talks = [...caller.answered].map(([call, answeredAt]): [number, Talk] => {
    const endedAt = caller.ended.get(call) ?? Number.NaN;
    const calledMs = (called.ended.get(call) ?? Number.NaN) - (called.answered.get(call) ?? Number.NaN);
    return [call, { callerMs: endedAt - answeredAt, calledMs, answeredAt, endedAt }];
  });
  const unheard = [...called.answered.keys()].filter((call) => !caller.answered.has(call));
  return { talks: new Map(talks), unheard: new Set(unheard) };
}

async function timesOf(file: string) {
  return { answered: await notedTimes(file, 'answered'), ended: await notedTimes(file, 'ended') };
}

/** Call number and time in milliseconds, as the scenarios note it. */
async function notedTimes(file: string, what: string): Promise<Map<number, number>> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const noted = [...text.matchAll(/^(\d+)\S* ([\d.]+) ([\d.]+) (\w+)$/gm)];
  return new Map(
    noted
      .filter(([, , , , which]) => which === what)
      .map(([, call, seconds, microseconds]) => [
        Number(call),
        Number(seconds) * 1_000 + Number(microseconds) / 1_000,
      ]),
  );
}

/** Whether a UDP socket on this machine is bound to an address, as Linux tells in hexadecimal. */
async function isBound(address: string, port: number): Promise<boolean> {
  const bytes = address.split('.').map((byte) => Number(byte).toString(16).padStart(2, '0'));
  const local = `${bytes.toReversed().join('')}:${port.toString(16).padStart(4, '0')}`.toUpperCase();
  return (await readFile('/proc/net/udp', 'latin1')).includes(` ${local} `);
}
