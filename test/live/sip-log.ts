import type { MediaDirection } from './sdp.ts';

/** A SIP message that a party sent or received. */
export interface SipMessage {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly direction: 'sent' | 'received';
  readonly text: string;
}

const logEntry = /(\d{4}-\d\d-\d\dT[\d:.]+)\S*\nUDP message (sent|received) \[(\d+)\] bytes ?:\n\n/;

/** Reads what SIPp writes with -trace_msg, piece by piece; what is no message goes to `noise`. */
export class SipLog {
  readonly #onMessage: (message: SipMessage) => void;
  #unread = Buffer.alloc(0);

  constructor(onMessage: (message: SipMessage) => void) {
    this.#onMessage = onMessage;
  }

  /** Takes the next piece. */
  add(piece: Buffer): void {
    this.#unread = Buffer.concat([this.#unread, piece]);
    for (;;) {
      // latin1 keeps one character per byte, so that the length in bytes counts.
      const text = this.#unread.toString('latin1');
      const entry = logEntry.exec(text);
      if (entry === null) return;
      const begin = entry.index + entry[0].length;
      const end = begin + Number(entry[3]);
      if (text.length < end) return;
      const message: SipMessage = {
        at: Date.parse(`${(entry[1] ?? '').slice(0, 23)}Z`),
        direction: entry[2] === 'sent' ? 'sent' : 'received',
        text: this.#unread.toString('utf8', begin, end),
      };
      this.#unread = this.#unread.subarray(end);
      this.#onMessage(message);
    }
  }
}

/** The last messages as text, for an error. */
export function tail(messages: readonly SipMessage[], count = 6): string {
  const shown = messages.slice(-count).map(({ at, direction, text }) => {
    return `--- ${new Date(at).toISOString()} ${direction}\n${text.replaceAll('\r', '').trim()}`;
  });
  return shown.join('\n');
}

/** The method of a request, such as 'INVITE'; undefined for a response. */
export function method({ text }: SipMessage): string | undefined {
  return /^([A-Z]+) \S+ SIP\/2\.0\r?\n/.exec(text)?.[1];
}

/** The status of a response to an INVITE; undefined for anything else. */
export function inviteStatus(message: SipMessage): number | undefined {
  const status = /^SIP\/2\.0 (\d{3}) /.exec(message.text)?.[1];
  return status !== undefined && /^\d+ INVITE$/.test(header(message, 'CSeq') ?? '')
    ? Number(status)
    : undefined;
}

/** The value of a header, as it was on the wire. */
export function header({ text }: SipMessage, name: string): string | undefined {
  return new RegExp(`^${name} *: *(.*?)\\r?$`, 'im').exec(text)?.[1];
}

/** Which way the sender wants audio to flow, if the message says so in an SDP. */
export function mediaDirection({ text }: SipMessage): MediaDirection | undefined {
  if (!/^m=audio /m.test(text)) return undefined;
  const [, direction = 'sendrecv'] = /^a=(sendrecv|sendonly|recvonly|inactive)\r?$/m.exec(text) ?? [];
  return direction as MediaDirection;
}

/** Where the sender wants audio, if the message says so in an SDP. */
export function mediaAddress({ text }: SipMessage): { address: string; port: number } | undefined {
  const address = /^c=IN IP4 (\S+)/m.exec(text)?.[1];
  const port = Number(/^m=audio (\d+) /m.exec(text)?.[1] ?? 0);
  return address === undefined || port === 0 ? undefined : { address, port };
}
