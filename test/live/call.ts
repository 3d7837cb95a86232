import type { Media } from './media.ts';
import type { MediaDirection } from './sdp.ts';
import {
  header,
  inviteStatus,
  mediaAddress,
  mediaDirection,
  method,
  tail,
  type SipMessage,
} from './sip-log.ts';
import type { Sound } from './wav.ts';

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
  /** What this party heard, from `startedAt` on. */
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
  /** Sends no audio for so long after it could, in milliseconds. */
  readonly speaksAfterMs?: number;
}

/** A call in which the harness plays one party. */
export interface Call {
  /** Resolves when the call is over; fails, with the SIP messages, if it went against the plan. */
  readonly done: Promise<CallResult>;
  /** The messages so far. */
  readonly messages: readonly SipMessage[];
  /** When the callee's phone was said to ring, in epoch milliseconds; undefined so far. */
  readonly ringingAt: number | undefined;
  /** When the call was answered, in epoch milliseconds; undefined so far. */
  readonly answeredAt: number | undefined;
  /** Presses a key now. */
  readonly press: (key: string) => void;
  /** Hangs up: BYE in a call, CANCEL by a caller and 486 by a called party before the answer. */
  readonly hangUp: () => void;
}

/** What the messages of a call tell of it; lets the audio flow and presses keys when they say so. */
export class CallTrace {
  readonly messages: SipMessage[] = [];
  readonly #media: Media;
  readonly #openedAt = Date.now();
  readonly #behaviour: Behaviour;
  readonly #call: Pick<Call, 'press' | 'hangUp'>;
  readonly #timers: NodeJS.Timeout[] = [];
  #peer: { address: string; port: number } | undefined;
  #directions: { sent?: MediaDirection; received?: MediaDirection } = {};
  #status: number | undefined;
  #ringingAt: number | undefined;
  #audioAt: number | undefined;
  #answeredAt: number | undefined;
  #ended: SipMessage | undefined;

  constructor(media: Media, behaviour: Behaviour, call: Pick<Call, 'press' | 'hangUp'>) {
    this.#media = media;
    this.#behaviour = behaviour;
    this.#call = call;
  }

  /** Of the INVITE, as soon as it is final. */
  get status(): number | undefined {
    return this.#status;
  }

  get ringingAt(): number | undefined {
    return this.#ringingAt;
  }

  get answeredAt(): number | undefined {
    return this.#answeredAt;
  }

  /** The message that ended the call. */
  get ended(): SipMessage | undefined {
    return this.#ended;
  }

  add(message: SipMessage): void {
    this.messages.push(message);
    const status = inviteStatus(message);
    const request = method(message);
    if (request === 'INVITE' && this.messages.length === 1) this.#hangUpLater();
    if (status === 180) this.#ringingAt ??= message.at;
    if (status !== undefined && status >= 200) this.#status ??= status;
    if (status === 200) this.#answeredAt ??= message.at;
    // Afterwards it is only a change of the call that is refused.
    if (status !== undefined && status > 200 && this.#answeredAt === undefined) this.#ended ??= message;
    if (request === 'BYE' || request === 'CANCEL') this.#ended ??= message;
    this.#direct(message);
  }

  /** Ends the audio; `status` is the call's where no message told it. */
  async result(status = this.#status): Promise<CallResult> {
    for (const timer of this.#timers) clearTimeout(timer);
    const heard = await this.#media.close();
    const [invite] = this.messages;
    if (invite === undefined || status === undefined) throw new Error(`no call\n${tail(this.messages)}`);
    const endedAt = this.#ended?.at ?? this.messages.at(-1)?.at ?? invite.at;
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
      heard: since(heard, invite.at - this.#openedAt),
      from: header(invite, 'From') ?? '',
      messages: this.messages,
    };
  }

  /** Sends audio again. */
  speak(): void {
    if (this.#peer) this.#media.start(this.#peer);
  }

  /** Audio flows as soon as both sides said where to, and as long as neither holds the call. */
  #direct(message: SipMessage): void {
    const direction = mediaDirection(message);
    if (direction === undefined) return;
    this.#directions = { ...this.#directions, [message.direction]: direction };
    if (message.direction === 'received') this.#peer = mediaAddress(message);
    const { sent, received } = this.#directions;
    if (sent === undefined || received === undefined || this.#peer === undefined) return;
    const flows = sent === 'sendrecv' && (received === 'sendrecv' || received === 'recvonly');
    if (!flows) {
      this.#media.pause();
      return;
    }
    const { speaksAfterMs } = this.#behaviour;
    if (speaksAfterMs === undefined || this.#audioAt !== undefined) this.#media.start(this.#peer);
    if (this.#audioAt !== undefined) return;
    this.#audioAt = message.at;
    if (speaksAfterMs !== undefined) this.#timers.push(setTimeout(() => this.speak(), speaksAfterMs));
    for (const { afterMs, key } of this.#behaviour.keys ?? []) {
      this.#timers.push(setTimeout(() => this.#call.press(key), afterMs));
    }
  }

  #hangUpLater(): void {
    const { hangUpAfterMs } = this.#behaviour;
    if (hangUpAfterMs === undefined) return;
    this.#timers.push(setTimeout(() => this.#call.hangUp(), hangUpAfterMs));
  }
}

function since({ sampleRate, channels }: Sound, ms: number): Sound {
  const begin = Math.max(0, Math.round((ms * sampleRate) / 1000));
  return { sampleRate, channels: channels.map((samples) => samples.slice(begin)) };
}
