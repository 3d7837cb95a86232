import { createSocket } from 'node:dgram';
import { spawn, type ChildProcess } from 'node:child_process';
import { CallTrace, type Behaviour, type Call, type CallResult } from './call.ts';
import type { Media } from './media.ts';
import { header, method, SipLog, tail, type SipMessage } from './sip-log.ts';

const requestTerminated = 487;

/** A call by a scenario: SIPp speaks SIP, a MediaAgent sends and hears. */
export class SippCall implements Call {
  readonly done: Promise<CallResult>;
  readonly #media: Media;
  readonly #trace: CallTrace;
  #process: ChildProcess | undefined;
  #confirmed = false;
  #wantsEnd = false;

  constructor(command: readonly string[], media: Media, behaviour: Behaviour) {
    this.#media = media;
    this.#trace = new CallTrace(media, behaviour, this);
    this.done = this.#run(command);
    // Whoever awaits `done` gets the failure; a test that ended before must not die of it.
    this.done.catch(() => undefined);
  }

  get messages(): readonly SipMessage[] {
    return this.#trace.messages;
  }

  get ringingAt(): number | undefined {
    return this.#trace.ringingAt;
  }

  get answeredAt(): number | undefined {
    return this.#trace.answeredAt;
  }

  press(key: string): void {
    this.#media.press(key);
  }

  hangUp(): void {
    this.#wantsEnd = true;
    this.#hangUpIfPossible();
  }

  /** Takes the telephone away, without a word to Asterisk. */
  abandon(): void {
    this.#process?.kill('SIGKILL');
  }

  async #run(command: readonly string[]): Promise<CallResult> {
    const { code, output } = await this.#sipp(command);
    const { ended } = this.#trace;
    // SIPp gives up if the CANCEL comes in the very moment in which it was about to answer, and it is right.
    const cancelled = ended?.direction === 'received' && method(ended) === 'CANCEL';
    const status = this.#trace.status ?? (cancelled ? requestTerminated : undefined);
    const result = this.#trace.result(status);
    if ((code !== 0 && !cancelled) || status === undefined) {
      await result.catch(() => undefined);
      const hint = output.split('\n').filter((line) => /unexpected|timeout|error|abort|unable/i.test(line));
      throw new Error(
        `the call failed, SIPp ended with ${String(code)}\n${hint.join('\n')}\n${tail(this.messages)}`,
      );
    }
    return result;
  }

  #sipp([program = '', ...parameters]: readonly string[]): Promise<{ code: number | null; output: string }> {
    const log = new SipLog((message) => {
      this.#trace.add(message);
      if (method(message) === 'ACK') this.#confirmed = true;
      this.#hangUpIfPossible();
    });
    return new Promise((resolve, reject) => {
      const sipp: ChildProcess = spawn(program, parameters, { stdio: ['ignore', 'pipe', 'pipe'] });
      this.#process = sipp;
      let output = '';
      sipp.stdout?.on('data', (piece: Buffer) => {
        output += piece.toString();
      });
      sipp.stderr?.on('data', (piece: Buffer) => {
        output += piece.toString();
        log.add(piece);
      });
      sipp.once('error', reject);
      sipp.once('close', (code) => {
        resolve({ code, output });
      });
    });
  }

  // SIPp takes the harness's MESSAGE only where the scenario waits: not between a 200 and its ACK.
  #hangUpIfPossible(): void {
    const [invite, second] = this.messages;
    if (!this.#wantsEnd || invite === undefined || second === undefined || this.#trace.ended !== undefined)
      return;
    if (this.answeredAt !== undefined && !this.#confirmed) return;
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
