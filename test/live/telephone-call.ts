import { randomBytes, randomUUID } from 'node:crypto';
import { CallTrace, type Call, type CallResult } from './call.ts';
import { sdp, type MediaDirection } from './sdp.ts';
import { header, method, tail, type SipMessage } from './sip-log.ts';
import { formatMessage, formatResponse, statusOf, type Content } from './sip-message.ts';
import type { CallPlan } from './sipp.ts';
import type { Line } from './telephone-line.ts';
import type { TelephoneAnswer } from './telephone.ts';

// A request over UDP is repeated until something is answered.
const repeatMs = 500;
const responseMs = 8_000;
/** No call of a test lasts longer. */
const longestCallMs = 120_000;
const keyMs = 160;

interface Request extends Content {
  readonly headers?: readonly string[];
}

interface Asked {
  readonly method: string;
  readonly branch: string;
  repeat: NodeJS.Timeout | undefined;
  readonly limit: NodeJS.Timeout;
  readonly resolve: (response: SipMessage) => void;
}

/** One call of a {@link Telephone}: a SIP dialog, and its audio. */
export class TelephoneCall implements Call {
  readonly done: Promise<CallResult>;
  readonly #line: Line;
  readonly #plan: CallPlan & TelephoneAnswer;
  readonly #trace: CallTrace;
  readonly #asked = new Map<number, Asked>();
  readonly #acks = new Map<string, string>();
  readonly #timers: NodeJS.Timeout[] = [];
  #finish: (fault?: Error) => void = () => undefined;
  #finished = false;
  #id = `${randomUUID()}@telephone`;
  #tag = randomBytes(6).toString('hex');
  #own = '';
  #peer = '';
  #target = '';
  #sequence = 0;
  #version = 0;
  #invite: SipMessage | undefined;
  #provisional = false;
  #confirmed = false;
  #cancelled = false;
  #wantsEnd = false;
  #referred: ((status: number) => void) | undefined;

  constructor(line: Line, plan: CallPlan & TelephoneAnswer) {
    this.#line = line;
    this.#plan = plan;
    this.#trace = new CallTrace(line.media, plan, this);
    this.done = new Promise<void>((resolve, reject) => {
      this.#finish = (fault) => {
        this.#finished = true;
        if (fault) reject(fault);
        else resolve();
      };
    })
      .finally(() => this.#stopTimers())
      .then(() => this.#trace.result());
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
    const { keysBy, media } = this.#line;
    if (keysBy !== 'info') media.press(key, keysBy);
    else {
      const body = `Signal=${key}\r\nDuration=${keyMs}\r\n`;
      this.#inTheBackground(this.#ask('INFO', { type: 'application/dtmf-relay', body }));
    }
  }

  /** Sends no audio from now on, and tells nobody: as when a firewall drops it. */
  fallSilent(): void {
    this.#line.media.pause();
  }

  speak(): void {
    this.#trace.speak();
  }

  /** Speaks with another voice, in Hz. */
  tune(hz: number): void {
    this.#line.media.tune(hz);
  }

  hangUp(): void {
    this.#wantsEnd = true;
    this.#endIfPossible();
  }

  /** Holds the call: `sendonly` as most telephones do it, `inactive` as some do. It sends nothing meanwhile. */
  async hold(direction: Exclude<MediaDirection, 'sendrecv' | 'recvonly'> = 'sendonly'): Promise<void> {
    await this.#change(direction);
  }

  /** Takes the held call back. */
  async resume(): Promise<void> {
    await this.#change('sendrecv');
  }

  /**
   * Sends the other party to an extension, or to the other party of another call of this telephone (Replaces).
   * Resolves with the status that the transfer came to, then hangs up if that was a success and Asterisk did not.
   */
  async transfers(to: string | TelephoneCall): Promise<number> {
    const { asterisk } = this.#line;
    const target = typeof to === 'string' ? `sip:${to}@${asterisk}` : to.#replaced();
    const outcome = new Promise<number>((resolve) => (this.#referred = resolve));
    const accepted = statusOf(await this.#ask('REFER', { headers: [`Refer-To: <${target}>`] }));
    if (accepted >= 300) return accepted;
    const status = await Promise.race([outcome, this.done.then(() => 200)]);
    if (status < 300) this.hangUp();
    return status;
  }

  /** Calls; gives the Call-ID. */
  place(to: string, from: string): string {
    const uri = `sip:${to}@${this.#line.asterisk}`;
    this.prepare(uri, from, `<${uri}>`);
    this.#inTheBackground(this.#ask('INVITE', this.#audio()));
    return this.#id;
  }

  /** Names both ends of a dialog; gives the Call-ID. */
  prepare(target: string, from: string, to: string): string {
    [this.#target, this.#own, this.#peer] = [target, `${from};tag=${this.#tag}`, to];
    return this.#id;
  }

  async registers(expires: number): Promise<void> {
    const status = statusOf(await this.#ask('REGISTER', { headers: [`Expires: ${expires}`] }));
    this.#stopTimers();
    await this.#line.media.close();
    if (status !== 200) throw new Error(`registration refused\n${tail(this.messages)}`);
  }

  /** Ends without a word. */
  abandon(): void {
    this.#finish(new Error('the telephone was taken away'));
  }

  receive(message: SipMessage): void {
    this.#trace.add(message);
    const request = method(message);
    if (request === undefined) this.#responded(message);
    else this.#requested(message, request);
    this.#endIfPossible();
  }

  /** This call as a Replaces: the tags as Asterisk sees them. */
  #replaced(): string {
    const peerTag = /;tag=([^;>\s]+)/.exec(this.#peer)?.[1] ?? '';
    const replaces = encodeURIComponent(`${this.#id};to-tag=${peerTag};from-tag=${this.#tag}`);
    const [uri = ''] = /sips?:[^>;\s]+/.exec(this.#peer) ?? [];
    return `${uri}?Replaces=${replaces}`;
  }

  async #change(direction: MediaDirection): Promise<void> {
    const status = statusOf(await this.#ask('INVITE', this.#audio(direction)));
    if (status !== 200) throw new Error(`${direction} refused\n${tail(this.messages)}`);
  }

  #audio(direction: MediaDirection = 'sendrecv'): Content {
    this.#version += 1;
    const { address, codec, keysBy, media } = this.#line;
    const keyEvents = keysBy === 'rfc4733';
    const { port } = media;
    const body = sdp({ address, port, codec, direction, keyEvents, version: this.#version });
    return { type: 'application/sdp', body: `${body}\n`.replaceAll('\n', '\r\n') };
  }

  /** Sends a request; resolves with its final response. */
  #ask(asked: string, request: Request = {}): Promise<SipMessage> {
    this.#sequence += 1;
    const cseq = this.#sequence;
    const branch = randomBytes(8).toString('hex');
    const text = this.#request(asked, cseq, branch, request);
    const limitMs = asked === 'INVITE' ? longestCallMs : responseMs;
    return new Promise((resolve, reject) => {
      const limit = setTimeout(() => {
        this.#asked.delete(cseq);
        reject(new Error(`${asked} was not answered\n${tail(this.messages)}`));
      }, limitMs);
      const repeat = setInterval(() => this.#line.send(text), repeatMs);
      this.#asked.set(cseq, { method: asked, branch, repeat, limit, resolve });
      this.#send(text);
    });
  }

  #inTheBackground(work: Promise<unknown>): void {
    work.catch((error: unknown) => this.#finish(error as Error));
  }

  #request(asked: string, cseq: number, branch: string, request: Request): string {
    const { address, name } = this.#line;
    const fields = [
      `${asked} ${this.#target} SIP/2.0`,
      `Via: SIP/2.0/UDP ${address}:5060;rport;branch=z9hG4bK${branch}`,
      'Max-Forwards: 70',
      `From: ${this.#own}`,
      `To: ${this.#peer}`,
      `Call-ID: ${this.#id}`,
      `CSeq: ${cseq} ${asked}`,
      `Contact: <sip:${name}@${address}:5060>`,
      'Allow: INVITE, ACK, CANCEL, BYE, REFER, NOTIFY, INFO, OPTIONS, UPDATE',
      ...(request.headers ?? []),
    ];
    return formatMessage(fields, request);
  }

  #responded(response: SipMessage): void {
    const [cseq = '', asked = ''] = (header(response, 'CSeq') ?? '').split(' ');
    const waiting = this.#asked.get(Number(cseq));
    const status = statusOf(response);
    const repeated = this.#acks.get(`${cseq} ${asked}`);
    if (repeated !== undefined) {
      this.#line.send(repeated);
      return;
    }
    if (waiting?.method !== asked) return;
    clearInterval(waiting.repeat);
    if (status < 200) {
      this.#provisional = true;
      return;
    }
    clearTimeout(waiting.limit);
    this.#asked.delete(Number(cseq));
    if (asked === 'INVITE') this.#acknowledge(response, Number(cseq), waiting.branch);
    waiting.resolve(response);
  }

  #acknowledge(response: SipMessage, cseq: number, branch: string): void {
    const answered = statusOf(response) === 200;
    const first = !this.#confirmed;
    if (answered) {
      this.#peer = header(response, 'To') ?? this.#peer;
      this.#learnTarget(response);
      this.#confirmed = true;
    }
    const to = this.#peer;
    if (!answered) this.#peer = header(response, 'To') ?? to;
    const ack = this.#request('ACK', cseq, answered ? randomBytes(8).toString('hex') : branch, {});
    this.#peer = to;
    this.#acks.set(`${cseq} INVITE`, ack);
    this.#send(ack);
    if (!answered && first) this.#finish();
    if (answered && first) this.#talkFor();
  }

  #learnTarget(message: SipMessage): void {
    this.#target = /<([^>]+)>/.exec(header(message, 'Contact') ?? '')?.[1] ?? this.#target;
  }

  #requested(request: SipMessage, asked: string): void {
    switch (asked) {
      case 'INVITE':
        if (this.#invite === undefined && this.#own === '') this.#ring(request);
        else this.#respond(request, 200, this.#audio());
        return;
      case 'ACK':
        this.#acknowledged();
        return;
      case 'CANCEL':
        this.#respond(request, 200);
        if (this.#invite !== undefined && this.answeredAt === undefined) this.#refuse(487);
        return;
      case 'UPDATE':
        this.#respond(request, 200, /^m=audio /m.test(request.text) ? this.#audio() : {});
        return;
      case 'NOTIFY':
        this.#respond(request, 200);
        this.#notified(request);
        return;
      default:
        this.#respond(request, 200);
        if (asked === 'BYE') this.#finish();
    }
  }

  #ring(invite: SipMessage): void {
    this.#invite = invite;
    this.#id = header(invite, 'Call-ID') ?? '';
    this.#own = `${header(invite, 'To') ?? ''};tag=${this.#tag}`;
    this.#peer = header(invite, 'From') ?? '';
    this.#learnTarget(invite);
    const { afterMs = 0, early, status = 200 } = this.#plan;
    if (early === undefined) this.#respond(invite, 180);
    else this.#respond(invite, 183, this.#audio());
    this.#after(afterMs, () => (status === 200 ? this.#answer(invite) : this.#refuse(status)));
  }

  #answer(invite: SipMessage): void {
    if (this.#trace.ended) return;
    const { early } = this.#plan;
    if (early !== undefined) this.#line.media.tune(this.#line.tone);
    const text = this.#respond(invite, 200, this.#audio());
    const again = setInterval(() => {
      if (this.#confirmed) clearInterval(again);
      else this.#line.send(text);
    }, repeatMs);
    this.#timers.push(again);
  }

  /** Asterisk's ACK ends a call that was refused; until then the refusal is repeated on demand. */
  #refuse(status: number): void {
    if (this.#invite === undefined || this.#cancelled) return;
    this.#cancelled = true;
    const { forwardTo } = this.#plan;
    const contact = forwardTo === undefined ? undefined : `<sip:${forwardTo}@${this.#line.asterisk}>`;
    this.#respond(this.#invite, status, {}, contact);
  }

  #acknowledged(): void {
    if (this.#cancelled) {
      this.#finish();
      return;
    }
    const first = !this.#confirmed;
    this.#confirmed = true;
    if (first) this.#talkFor();
  }

  #notified(notify: SipMessage): void {
    const status = Number(/^SIP\/2\.0 (\d{3})/m.exec(notify.text.split('\r\n\r\n')[1] ?? '')?.[1] ?? 0);
    if (status >= 200) this.#referred?.(status);
  }

  #respond(request: SipMessage, status: number, content: Content = {}, contact?: string): string {
    const { address, name } = this.#line;
    const fields = [`Contact: ${contact ?? `<sip:${name}@${address}:5060>`}`];
    const text = formatResponse(request, status, { tag: this.#tag, fields, ...content });
    this.#line.answered(request, text);
    this.#send(text);
    return text;
  }

  #endIfPossible(): void {
    if (!this.#wantsEnd || this.#finished) return;
    if (this.#confirmed) {
      this.#wantsEnd = false;
      this.#inTheBackground(this.#ask('BYE').then(() => this.#finish()));
    } else if (this.#invite !== undefined) this.#refuse(486);
    else if (this.#provisional && !this.#cancelled) this.#cancel();
  }

  /** CANCEL belongs to the INVITE's transaction; its own 200 needs no waiting for. */
  #cancel(): void {
    this.#cancelled = true;
    const [[cseq, invite] = []] = this.#asked;
    if (cseq === undefined || invite === undefined) return;
    this.#send(this.#request('CANCEL', cseq, invite.branch, {}));
  }

  #talkFor(): void {
    const { talkMs } = this.#plan;
    if (talkMs !== undefined) this.#after(talkMs, () => this.hangUp());
  }

  #after(ms: number, then: () => void): void {
    this.#timers.push(setTimeout(then, ms));
  }

  #send(text: string): void {
    this.#trace.add({ at: Date.now(), direction: 'sent', text });
    this.#line.send(text);
  }

  #stopTimers(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    for (const { limit, repeat } of this.#asked.values()) {
      clearTimeout(limit);
      clearInterval(repeat);
    }
  }
}
