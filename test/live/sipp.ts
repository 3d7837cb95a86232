import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { GenericContainer, type StartedTestContainer } from 'testcontainers';
import type { Behaviour, Call } from './call.ts';
import { fromHeader } from './caller-id.ts';
import type { CodecName } from './codecs.ts';
import { firstProcess, testLabels } from './containers.ts';
import { eventually } from './eventually.ts';
import { MediaAgent } from './media.ts';
import { calleeScenario, callerScenario, longestCallMs } from './scenario.ts';
import { SippCall } from './sipp-call.ts';
import { Telephone, type TelephoneOptions } from './telephone.ts';
import { partyTones } from './tone.ts';

/** The endpoints of docker/asterisk/etc/pjsip.conf. */
export type PartyName = keyof typeof partyTones;

// Each party is a loopback address of its own: by that alone Asterisk knows who calls.
const hosts: Readonly<Record<PartyName, number>> = { trunk: 2, '200': 3, '201': 4, '300': 5 };
const asteriskHost = 1;
const sipPort = 5060;

const endpointsFile = resolve(import.meta.dirname, '../../docker/asterisk/etc/pjsip.conf');

/** That file with what a test adds: more endpoints, or options of those that are there (`[200](+type=aor)`). */
export function endpointsWith(additions: string): string {
  return `${readFileSync(endpointsFile, 'utf8')}\n${additions}`;
}

/** A call that a party places. */
export interface CallPlan extends Behaviour {
  /** Caller's number, with any characters; by default the party's own name. */
  readonly from?: string;
  /** Caller's display name, with any characters but line ends. */
  readonly name?: string;
  /** The whole From header without tag, in place of `from` and `name`. */
  readonly fromHeader?: string;
  /** Tone in Hz, null for silence; by default the party's own. */
  readonly tone?: number | null;
  /** A-law by default. */
  readonly codec?: CodecName;
}

/** How a party takes the next call that it receives. */
export interface AnswerPlan extends Behaviour {
  /** Rings so long before it answers, in milliseconds; 0 by default. */
  readonly afterMs?: number;
  /** Declines with this status instead of answering, such as 486 or 603. */
  readonly status?: number;
  /** Tone in Hz, null for silence; by default the party's own. */
  readonly tone?: number | null;
  /** A-law by default. */
  readonly codec?: CodecName;
}

/** Where a telephone stands and how it is set. */
export interface Placed extends Pick<TelephoneOptions, 'codec' | 'keysBy'> {
  /** The last number of its address; by default the party's. */
  readonly host?: number;
}

/** A telephone, or the trunk, at one of Asterisk's endpoints. */
export interface Party {
  readonly name: PartyName;
  /** Its tone in Hz. */
  readonly tone: number;
  readonly address: string;
  /** Places a call; resolves at once, the call goes on by itself. */
  readonly calls: (to: string, plan?: CallPlan) => Promise<Call>;
  /** Resolves when the party is ready for its next incoming call; it takes one at a time. */
  readonly answers: (plan?: AnswerPlan) => Promise<Call>;
}

/** All parties of one network: one container, from which each call is a SIPp process. */
export class Parties {
  readonly #container: StartedTestContainer;
  readonly #program: readonly string[];
  readonly #calls = new Set<SippCall>();
  readonly #folder: string;
  readonly #net: string;
  readonly #media = new MediaAgent();
  readonly #answering = new Set<PartyName>();
  readonly #telephones: Telephone[] = [];
  #callerPort = sipPort;

  private constructor(
    container: StartedTestContainer,
    program: readonly string[],
    folder: string,
    net: string,
  ) {
    this.#container = container;
    this.#program = program;
    this.#folder = folder;
    this.#net = net;
  }

  /** `net` is the prefix of the network, such as '127.0.130.'. */
  static async start(net: string): Promise<Parties> {
    const folder = await mkdtemp(join(tmpdir(), 'mitschnitt-sipp-'));
    const container = await new GenericContainer('mitschnitt/sipp')
      .withNetworkMode('host')
      .withLabels(testLabels)
      .withEntrypoint(['sleep'])
      .withCommand(['infinity'])
      .withBindMounts([{ source: folder, target: folder, mode: 'ro' }])
      .start();
    const pid = await firstProcess(container);
    return new Parties(container, programOf(`/proc/${String(pid)}/root`), folder, net);
  }

  /** One of the parties. */
  party(name: PartyName): Party {
    return {
      name,
      tone: partyTones[name],
      address: this.#address(hosts[name]),
      calls: (to, plan = {}) => this.#call(name, to, plan),
      answers: (plan = {}) => this.#answer(name, plan),
    };
  }

  /**
   * A telephone that takes the place of a party, or stands beside it under an address of its own (`host`). It takes the
   * place of the one that stood there, as in the try of a test that failed.
   */
  async telephone(name: PartyName, { host = hosts[name], ...options }: Placed = {}): Promise<Telephone> {
    const address = this.#address(host);
    for (const before of this.#telephones) if (before.address === address) before.stop();
    const telephone = new Telephone({
      ...options,
      name,
      tone: partyTones[name],
      address,
      asterisk: this.#address(asteriskHost),
      media: this.#media,
    });
    this.#telephones.push(telephone);
    await telephone.start();
    return telephone;
  }

  /** Forgets all calls, without a BYE: those that a test left behind when it failed. */
  abandonCalls(): void {
    for (const call of this.#calls) call.abandon();
    for (const telephone of this.#telephones) telephone.abandonCalls();
  }

  /** Ends all calls, without a BYE, and removes the container. */
  async stop(): Promise<void> {
    this.abandonCalls();
    for (const telephone of this.#telephones) telephone.stop();
    await this.#container.stop({ timeout: 0 });
    await this.#media.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #call(name: PartyName, to: string, plan: CallPlan): Promise<Call> {
    const ends = await this.#ends(name, plan);
    const id = randomUUID();
    const file = await this.#write(id, callerScenario({ ...ends, to, id }));
    const from = plan.fromHeader ?? fromHeader(plan.from ?? name, plan.name);
    // Not 5060, where the party may be answering at the same time.
    this.#callerPort += 1;
    const command = [
      '-key',
      'from_header',
      from,
      '-cid_str',
      `${id}@${ends.own}`,
      '-p',
      String(this.#callerPort),
    ];
    return this.#begun(new SippCall(this.#sipp(file, ends.own, command), ends.media, plan));
  }

  async #answer(name: PartyName, plan: AnswerPlan): Promise<Call> {
    if (this.#answering.has(name)) throw new Error(`${name} is still waiting for or in its last call`);
    this.#answering.add(name);
    const ends = await this.#ends(name, plan);
    const { afterMs = 0, status = 200 } = plan;
    const file = await this.#write(randomUUID(), calleeScenario({ ...ends, afterMs, status }));
    const sipp = this.#sipp(file, ends.own, ['-p', String(sipPort)]);
    const call = this.#begun(new SippCall(sipp, ends.media, plan));
    const forget = (): void => {
      this.#answering.delete(name);
    };
    call.done.then(forget, forget);
    await Promise.race([eventually(() => isBound(ends.own, sipPort), { every: 5 }), call.done]);
    return call;
  }

  #begun(call: SippCall): SippCall {
    this.#calls.add(call);
    const forget = (): void => void this.#calls.delete(call);
    call.done.then(forget, forget);
    return call;
  }

  async #ends(name: PartyName, { codec, talkMs, tone }: CallPlan | AnswerPlan) {
    const own = this.#address(hosts[name]);
    const hz = tone === null ? undefined : (tone ?? partyTones[name]);
    const media = await this.#media.open(own, hz, codec);
    return { own, asterisk: this.#address(asteriskHost), media, mediaPort: media.port, codec, talkMs };
  }

  #sipp(file: string, own: string, more: readonly string[]): readonly string[] {
    const options = [
      ...['-sf', file, '-m', '1', '-r', '1000', '-nostdin', '-aa', '-i', own, '-bind_local', '-ci', own],
      // Messages come to us as they happen; answers go to Asterisk, never to who sent 'hang up now'.
      ...[
        '-trace_msg',
        '-message_file',
        '/dev/stderr',
        '-rsa',
        `${this.#address(asteriskHost)}:${String(sipPort)}`,
      ],
      ...['-timeout', String(longestCallMs / 1000 + 10), '-timeout_error'],
    ];
    const asterisk = `${this.#address(asteriskHost)}:${String(sipPort)}`;
    return [...this.#program, asterisk, ...options, ...more];
  }

  async #write(id: string, scenario: string): Promise<string> {
    const file = join(this.#folder, `${id}.xml`);
    await writeFile(file, scenario);
    return file;
  }

  #address(host: number): string {
    return `${this.#net}${String(host)}`;
  }
}

/**
 * SIPp of a container, with its own loader and libraries, as a process of this machine: `docker exec` takes many times
 * the processor time of the call itself.
 */
function programOf(root: string): readonly string[] {
  const loaders = ['lib64/ld-linux-x86-64.so.2', 'lib/ld-linux-aarch64.so.1'];
  const loader = loaders.map((file) => join(root, file)).find((file) => existsSync(file));
  if (loader === undefined) throw new Error(`no loader below ${root}`);
  const family = loader.includes('aarch64') ? 'aarch64' : 'x86_64';
  const libraries = join(root, 'usr/lib', `${family}-linux-gnu`);
  // It opens /dev/stderr, which has to be a pipe: what Node gives its children are sockets.
  const piped = ['bash', '-c', 'exec "$@" 2> >(exec cat >&2)', 'sipp'];
  return [...piped, loader, '--library-path', libraries, join(root, 'usr/bin/sipp')];
}

/** Whether a UDP socket on this machine is bound to an address, as Linux tells in hexadecimal. */
async function isBound(address: string, port: number): Promise<boolean> {
  const bytes = address.split('.').map((byte) => Number(byte).toString(16).padStart(2, '0'));
  const local = `${bytes.toReversed().join('')}:${port.toString(16).padStart(4, '0')}`.toUpperCase();
  return (await readFile('/proc/net/udp', 'latin1')).includes(` ${local} `);
}
