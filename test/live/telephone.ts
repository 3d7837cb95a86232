import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { CodecName } from './codecs.ts';
import type { MediaAgent } from './media.ts';
import { header, method, type SipMessage } from './sip-log.ts';
import { formatResponse } from './sip-message.ts';
import type { AnswerPlan, CallPlan } from './sipp.ts';
import { fromHeader } from './caller-id.ts';
import { TelephoneCall } from './telephone-call.ts';
import type { Line } from './telephone-line.ts';

const sipPort = 5060;

/** How a key is sent: as events of RFC 4733, as a SIP INFO, or as the tones that it makes. */
export type KeysBy = 'rfc4733' | 'info' | 'inband';

export interface TelephoneOptions {
  /** The user in its address. */
  readonly name: string;
  /** Its tone in Hz. */
  readonly tone: number;
  readonly address: string;
  readonly asterisk: string;
  readonly media: MediaAgent;
  /** A-law by default. */
  readonly codec?: CodecName;
  /** RFC 4733 by default. */
  readonly keysBy?: KeysBy;
}

/** How a telephone takes a call, beside what SIPp's parties can do. */
export interface TelephoneAnswer extends AnswerPlan {
  /** Sends 183 and this tone (Hz) as long as it rings. */
  readonly early?: number;
  /** Where a 302 sends the caller: an extension. */
  readonly forwardTo?: string;
}

/**
 * A SIP telephone of our own, for what a scenario of SIPp cannot: several calls at once, hold, transfer, registration.
 * It talks to one Asterisk, by UDP, and trusts it.
 */
export class Telephone {
  readonly #options: TelephoneOptions;
  readonly #socket: Socket = createSocket('udp4');
  readonly #calls = new Map<string, TelephoneCall>();
  readonly #waiting: TelephoneCall[] = [];
  /** What was answered to which request: a repeated one gets the same. */
  readonly #answered = new Map<string, string>();
  #isStopped = false;

  constructor(options: TelephoneOptions) {
    this.#options = options;
  }

  get name(): string {
    return this.#options.name;
  }

  get address(): string {
    return this.#options.address;
  }

  /** Its tone in Hz. */
  get tone(): number {
    return this.#options.tone;
  }

  async start(): Promise<void> {
    const { address, asterisk } = this.#options;
    this.#socket.bind({ address, port: sipPort, exclusive: true });
    await once(this.#socket, 'listening');
    // Asterisk may be gone, which ICMP tells.
    this.#socket.on('error', () => undefined);
    this.#socket.on('message', (datagram, from) => {
      if (from.address === asterisk) this.#receive(datagram.toString('utf8'));
    });
  }

  /** Ends without a BYE; can be done again. */
  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.abandonCalls();
    this.#socket.close();
  }

  /** Forgets all its calls, without a BYE, and what it was to do with the next ones. */
  abandonCalls(): void {
    for (const call of [...this.#calls.values(), ...this.#waiting.splice(0)]) call.abandon();
  }

  /** Places a call; resolves at once, the call goes on by itself. */
  async calls(to: string, plan: CallPlan = {}): Promise<TelephoneCall> {
    const call = await this.#newCall(plan);
    const from = plan.fromHeader ?? fromHeader(plan.from ?? this.#options.name, plan.name);
    this.#calls.set(call.place(to, from), call);
    return call;
  }

  /** The next call that it receives and that nobody waits for yet. Without such a plan it is busy. */
  async answers(plan: TelephoneAnswer = {}): Promise<TelephoneCall> {
    const call = await this.#newCall(plan, plan.early);
    this.#waiting.push(call);
    return call;
  }

  /** Makes its address one of those of an AOR of Asterisk. */
  async registers(aor: string, expires = 60): Promise<void> {
    const call = await this.#newCall({});
    const { asterisk } = this.#options;
    const id = call.prepare(`sip:${asterisk}`, `<sip:${aor}@${asterisk}>`, `<sip:${aor}@${asterisk}>`);
    this.#calls.set(id, call);
    await call.registers(expires);
  }

  async #newCall(plan: CallPlan | TelephoneAnswer, early?: number): Promise<TelephoneCall> {
    const { address, asterisk, codec, keysBy = 'rfc4733', media, name } = this.#options;
    const tone = plan.tone === null ? undefined : (plan.tone ?? this.tone);
    const used = plan.codec ?? codec;
    const line: Line = {
      ...{ name, address, asterisk, tone, keysBy, codec: used },
      media: await media.open(address, early ?? tone, used),
      send: (text) => this.#socket.send(text, sipPort, asterisk),
      answered: (request, text) => this.#answered.set(transaction(request), text),
    };
    return new TelephoneCall(line, plan);
  }

  #receive(text: string): void {
    const message: SipMessage = { at: Date.now(), direction: 'received', text };
    const request = method(message);
    if (request !== undefined && request !== 'ACK') {
      const before = this.#answered.get(transaction(message));
      if (before !== undefined) {
        this.#socket.send(before, sipPort, this.#options.asterisk);
        return;
      }
    }
    const id = header(message, 'Call-ID') ?? '';
    const call = this.#calls.get(id) ?? (request === 'INVITE' ? this.#waiting.shift() : undefined);
    if (call) {
      this.#calls.set(id, call);
      call.receive(message);
    } else if (request !== undefined && request !== 'ACK') this.#refuse(message, request);
  }

  #refuse(message: SipMessage, request: string): void {
    const status = { INVITE: 486, OPTIONS: 200, NOTIFY: 200 }[request] ?? 481;
    const text = formatResponse(message, status, { tag: 'none' });
    this.#answered.set(transaction(message), text);
    this.#socket.send(text, sipPort, this.#options.asterisk);
  }
}

/** What a request and its repetitions have in common, and a CANCEL has not with its INVITE. */
function transaction(request: SipMessage): string {
  return `${header(request, 'Via') ?? ''} ${header(request, 'CSeq') ?? ''}`;
}
