import { createSocket } from 'node:dgram';
import { spawn, type ChildProcess } from 'node:child_process';
import type { Media } from './media.ts';
import { header, inviteStatus, mediaAddress, method, SipLog, type SipMessage } from './sip-log.ts';
import type { Sound } from './wav.ts';

const requestTerminated = 487;

/** How a call went, as this party saw it; times are epoch milliseconds. */
export interface CallResult {
  /** Final status of the INVITE: 200 when answered, 486 when declined, 487 when cancelled. */
  readonly status: number;
  readonly startedAt: number;
  readonly ringingAt: number | undefined;
  /** When this party first got (caller) or gave (callee) a 183 or 200 with SDP. */
  readonly audioAt: number | undefined;
  readonly answeredAt: number | undefined;
  readonly endedAt: number;
  readonly endedBy: 'self' | 'peer';
  /** From the answer to the end, in milliseconds; 0 if it was not answered. */
  readonly talkMs: number;
  /** What this party heard, from `startedAt` on, 8 kHz. */
  readonly heard: Sound;
  /** The From header of the INVITE, as it was on the wire. */
  readonly from: string;
  readonly messages: readonly SipMessage[];
}

/** A key press, this long after audio began to flow (answer or early media). */
export interface KeyPress {
  readonly afterMs: number;
  readonly key: string;
}

/** What the party does in the call by itself. */
export interface Behaviour {
  /** Hangs up so long after the answer, in milliseconds; without it the other one has to. */
  readonly talkMs?: number;
  /** Hangs up so long after the INVITE, answered or not, in milliseconds. */
  readonly hangUpAfterMs?: number;
  readonly keys?: readonly KeyPress[];
}

/** A call in which the harness plays one party; SIPp speaks SIP, a MediaAgent sends and hears. */
export class Call {
  /** Resolves when the call is over; fails, with the SIP messages, if it went against the scenario. */
  readonly done: Promise<CallResult>;
  readonly #media: Media;
  readonly #mediaOpenedAt = Date.now();
  readonly #behaviour: Behaviour;
  readonly #log: SipLog;
  readonly #timers: NodeJS.Timeout[] = [];
  #status: number | undefined;
  #ringingAt: number | undefined;
  #audioAt: number | undefined;
  #answeredAt: number | undefined;
  #confirmed = false;
  #ended: SipMessage | undefined;
  #wantsEnd = false;

  constructor(command: readonly string[], media: Media, behaviour: Behaviour) {
    this.#media = media;
    this.#behaviour = behaviour;
    this.#log = new SipLog((message) => {
      this.#follow(message);
    });
    this.done = this.#run(command);
    // Whoever awaits `done` gets the failure; a test that ended before must not die of it.
    this.done.catch(() => undefined);
  }

  /** The messages so far. */
  get messages(): readonly SipMessage[] {
    return this.#log.messages;
  }

  /** When the callee's phone was said to ring, in epoch milliseconds; undefined so far. */
  get ringingAt(): number | undefined {
    return this.#ringingAt;
  }

  /** When the call was answered, in epoch milliseconds; undefined so far. */
  get answeredAt(): number | undefined {
    return this.#answeredAt;
  }

  /** Presses a key now. */
  press(key: string): void {
    this.#media.press(key);
  }

  /** Hangs up: BYE in a call, CANCEL by a caller and 486 by a called party before the answer. */
  hangUp(): void {
    this.#wantsEnd = true;
    this.#hangUpIfPossible();
  }

  async #run(command: readonly string[]): Promise<CallResult> {
    const { code, output } = await this.#sipp(command);
    for (const timer of this.#timers) clearTimeout(timer);
    const heard = await this.#media.close();
    const [invite] = this.#log.messages;
    // SIPp gives up if the CANCEL comes in the very moment in which it was about to answer, and it is right.
    const cancelled = this.#ended?.direction === 'received' && method(this.#ended) === 'CANCEL';
    const status = this.#status ?? (cancelled ? requestTerminated : undefined);
    if ((code !== 0 && !cancelled) || invite === undefined || status === undefined) {
      const hint = output.split('\n').filter((line) => /unexpected|timeout|error|abort|unable/i.test(line));
      throw new Error(
        `the call failed, SIPp ended with ${String(code)}\n${hint.join('\n')}\n${this.#log.tail()}`,
      );
    }
    const endedAt = this.#ended?.at ?? this.#log.messages.at(-1)?.at ?? invite.at;
    return {
      status,
      startedAt: invite.at,
      ringingAt: this.#ringingAt,
      audioAt: this.#audioAt,
      answeredAt: this.#answeredAt,
      endedAt,
      endedBy: this.#ended?.direction === 'sent' ? 'self' : 'peer',
      // A caller's CANCEL may have crossed the answer.
      talkMs: this.#answeredAt === undefined ? 0 : Math.max(0, endedAt - this.#answeredAt),
      heard: since(heard, invite.at - this.#mediaOpenedAt),
      from: header(invite, 'From') ?? '',
      messages: this.#log.messages,
    };
  }

  #sipp([program = '', ...parameters]: readonly string[]): Promise<{ code: number | null; output: string }> {
    return new Promise((resolve, reject) => {
      const sipp: ChildProcess = spawn(program, parameters, { stdio: ['ignore', 'pipe', 'pipe'] });
      let output = '';
      sipp.stdout?.on('data', (piece: Buffer) => {
        output += piece.toString();
      });
      sipp.stderr?.on('data', (piece: Buffer) => {
        output += piece.toString();
        this.#log.add(piece);
      });
      sipp.once('error', reject);
      sipp.once('close', (code) => {
        resolve({ code, output });
      });
    });
  }

  #follow(message: SipMessage): void {
    const status = inviteStatus(message);
    const request = method(message);
    if (request === 'INVITE' && this.#log.messages.length === 1) this.#after(this.#behaviour.hangUpAfterMs);
    if (status === 180) this.#ringingAt ??= message.at;
    if (status !== undefined && status >= 200) this.#status ??= status;
    if (status === 200) this.#answeredAt ??= message.at;
    if (status !== undefined && status > 200) this.#ended ??= message;
    if (request === 'BYE' || request === 'CANCEL') this.#ended ??= message;
    if (request === 'ACK') this.#confirmed = true;
    if (message.direction === 'received') {
      const peer = mediaAddress(message);
      // A called party has the address from the INVITE on, but is silent until it answers.
      if (peer !== undefined && (status !== undefined || this.#answeredAt !== undefined))
        this.#audio(peer, message);
    } else if (status === 200 && this.#audioAt === undefined) {
      const offer = this.#log.messages.find((earlier) => method(earlier) === 'INVITE');
      const peer = offer === undefined ? undefined : mediaAddress(offer);
      if (peer !== undefined) this.#audio(peer, message);
    }
    this.#hangUpIfPossible();
  }

  #audio(peer: { address: string; port: number }, { at }: SipMessage): void {
    this.#media.start(peer);
    if (this.#audioAt !== undefined) return;
    this.#audioAt = at;
    for (const { afterMs, key } of this.#behaviour.keys ?? []) {
      this.#timers.push(
        setTimeout(() => {
          this.press(key);
        }, afterMs),
      );
    }
  }

  #after(ms: number | undefined): void {
    if (ms === undefined) return;
    this.#timers.push(
      setTimeout(() => {
        this.hangUp();
      }, ms),
    );
  }

  // SIPp takes the harness's MESSAGE only where the scenario waits: not between a 200 and its ACK.
  #hangUpIfPossible(): void {
    const [invite, second] = this.#log.messages;
    if (!this.#wantsEnd || invite === undefined || second === undefined || this.#ended !== undefined) return;
    if (this.#answeredAt !== undefined && !this.#confirmed) return;
    this.#wantsEnd = false;
    const own = invite.direction === 'sent' ? invite : second;
    // Own address: the Contact of what SIPp itself sent.
    const contact = /sip:(?:[^@>]*@)?([\d.]+):(\d+)/.exec(header(own, 'Contact') ?? '');
    if (contact === null) return;
    const [, address, port] = contact;
    const named = ['Via', 'From', 'To', 'Call-ID'].map((name) => `${name}: ${header(invite, name) ?? ''}`);
    const lines = [`MESSAGE sip:hang-up SIP/2.0`, ...named, 'CSeq: 1 MESSAGE', 'Content-Length: 0', '', ''];
    const socket = createSocket('udp4');
    socket.send(lines.join('\r\n'), Number(port), address, () => {
      socket.close();
    });
  }
}

function since({ sampleRate, channels }: Sound, ms: number): Sound {
  const begin = Math.max(0, Math.round((ms * sampleRate) / 1000));
  return { sampleRate, channels: channels.map((samples) => samples.slice(begin)) };
}
