// SIPp scenarios of one call each. What they have in common: every wait has an end, and a MESSAGE of the
// harness itself (see call.ts) means 'hang up now', since SIPp has no other way to be told in mid-call.

import type { CodecName } from './codecs.ts';
import { sdp } from './sdp.ts';

/** No call of a test lasts longer: the limit of every wait, in milliseconds. */
export const longestCallMs = 120_000;
// Asterisk answers every request at once; its own first repetition comes after 500 ms.
const responseMs = 4000;
// A BYE after a crossed answer comes with the ACK, or not at all.
const lateByeMs = 200;
const progressStatuses = [100, 180, 181, 182, 183];
// What Asterisk may answer to an INVITE that fails. SIPp has no pattern for it.
const failureStatuses = [400, 403, 404, 408, 410, 480, 484, 486, 487, 488, 500, 501, 502, 503, 504, 600, 603];

/** A party and the Asterisk that it talks to. */
interface Ends {
  /** Address of the party. */
  readonly own: string;
  /** Address of Asterisk. */
  readonly asterisk: string;
  /** The party's RTP port. */
  readonly mediaPort: number;
  readonly codec: CodecName | undefined;
  /** Hangs up so long after the answer, in milliseconds. */
  readonly talkMs: number | undefined;
}

/** A call that the party places. */
export interface CallerScenario extends Ends {
  /** The user part of the request URI. */
  readonly to: string;
  /** Globally unique; names the dialog. */
  readonly id: string;
}

/** A call that the party receives. */
export interface CalleeScenario extends Ends {
  /** Rings so long, in milliseconds. */
  readonly afterMs: number;
  /** What it answers then: 200, or a failure such as 486. */
  readonly status: number;
}

interface Message {
  readonly lines: readonly string[];
  readonly body?: string;
}

/** The party calls; `[from_header]` is given to SIPp by `-key`, so that no character of it means anything here. */
export function callerScenario(call: CallerScenario): string {
  const { asterisk, id, own, to } = call;
  const uri = `sip:${to}@${asterisk}`;
  const request = (name: string, cseq: number, branch: string, answered: boolean): string[] => [
    `${name} ${uri} SIP/2.0`,
    `Via: SIP/2.0/UDP [local_ip]:[local_port];rport;branch=z9hG4bK${id}${branch}`,
    `From: [from_header];tag=${id}`,
    `To: <${uri}>${answered ? '[peer_tag_param]' : ''}`,
    `Call-ID: ${id}@${own}`,
    `CSeq: ${String(cseq)} ${name}`,
    'Contact: <sip:[local_ip]:[local_port]>',
    'Max-Forwards: 70',
  ];
  // CANCEL, and the ACK of a failure, belong to the INVITE's transaction and carry its branch.
  const failureAck = { lines: request('ACK', 1, 'invite', true) };
  return scenario([
    send({ lines: request('INVITE', 1, 'invite', false), body: audio(call) }, repeated),
    ...receiveOneOf(
      [
        ...progressStatuses.map((what) => ({ what })),
        ...failureStatuses.map((what) => ({ what, next: 'failed' })),
        { what: 'MESSAGE', next: 'cancel' },
      ],
      { what: 200, withinMs: longestCallMs, otherwise: 'cancel' },
    ),
    send({ lines: request('ACK', 1, 'ack', true) }, { next: 'talk' }),
    label('failed'),
    send(failureAck, { next: 'end' }),
    label('cancel'),
    send({ lines: request('CANCEL', 1, 'invite', false) }, repeated),
    // The answer may have crossed the CANCEL: only the CSeq tells whose 200 this is, and 481 that there is
    // nothing left to cancel.
    receive({ what: 481, optional: true, next: 'hangup', withinMs: responseMs }),
    receive(
      { what: 200, withinMs: responseMs, next: 'crossed', test: 'crossed' },
      keep('CSeq', 'crossed', 'INVITE'),
    ),
    receive({ what: 487, withinMs: responseMs }),
    send(failureAck, { next: 'end' }),
    label('crossed'),
    send({ lines: request('ACK', 1, 'ack', true) }),
    ...receiveOneOf([{ what: 481, next: 'hangup' }], { what: 200, withinMs: responseMs, next: 'hangup' }),
    ...talk(call, { lines: request('BYE', 2, 'bye', true) }),
  ]);
}

/** The party is called. */
export function calleeScenario(call: CalleeScenario): string {
  const { afterMs, asterisk, own, status } = call;
  const tag = ';tag=[pid]';
  const bye = [
    `BYE sip:asterisk@${asterisk}:5060 SIP/2.0`,
    'Via: SIP/2.0/UDP [local_ip]:[local_port];rport;branch=[branch]',
    `From:[$to]${tag}`,
    'To:[$from]',
    'Call-ID: [call_id]',
    'CSeq: 1 BYE',
    `Contact: <sip:${own}:[local_port]>`,
    'Max-Forwards: 70',
  ];
  // The last request may be a CANCEL, but it is the INVITE that is answered.
  const answer = (line: string): string[] => response(line, { tag, cseq: 'CSeq:[$cseq]' });
  const acknowledged = (next: string): string => receive({ what: 'ACK', withinMs: responseMs, next });
  return scenario([
    receive({ what: 'INVITE' }, keep('From', 'from'), keep('To', 'to'), keep('CSeq', 'cseq')),
    send({ lines: answer('180 Ringing') }),
    ...receiveOneOf([{ what: 'MESSAGE', next: 'refuse' }], {
      what: 'CANCEL',
      withinMs: Math.max(1, afterMs),
      otherwise: 'answer',
    }),
    send({ lines: response('200 OK', { tag }) }),
    send({ lines: answer('487 Request Terminated') }, repeated),
    acknowledged('end'),
    label('refuse'),
    send({ lines: answer('486 Busy Here') }, repeated),
    acknowledged('end'),
    label('answer'),
    ...(status === 200
      ? [
          send({ lines: answer('200 OK'), body: audio(call) }, repeated),
          ...receiveOneOf([{ what: 'CANCEL', next: 'late' }], {
            what: 'ACK',
            withinMs: responseMs,
            next: 'talk',
          }),
        ]
      : [send({ lines: answer(`${String(status)} Declined`) }, repeated), acknowledged('end')]),
    // A CANCEL that crossed the answer. Perhaps SIPp was about to send it and did not, then 487 is the answer,
    // else Asterisk ignores the 487 and sends a BYE.
    label('late'),
    send({ lines: response('200 OK', { tag }) }),
    send({ lines: answer('487 Request Terminated') }),
    receive({ what: 'ACK', withinMs: responseMs }),
    receive({ what: 'BYE', withinMs: lateByeMs, otherwise: 'end' }),
    send({ lines: response('200 OK') }, { next: 'end' }),
    ...talk(call, { lines: bye }),
  ]);
}

// From the answer on both sides are alike: wait for the other to hang up, be told to, or tire of it.
function talk(ends: Ends, bye: Message): string[] {
  return [
    label('talk'),
    ...receiveOneOf(
      [
        { what: 'INVITE', next: 'reinvite' },
        { what: 'MESSAGE', next: 'hangup' },
      ],
      { what: 'BYE', withinMs: ends.talkMs ?? longestCallMs, otherwise: 'hangup' },
    ),
    send({ lines: response('200 OK') }, { next: 'end' }),
    label('reinvite'),
    send({ lines: response('200 OK'), body: audio(ends) }, repeated),
    receive({ what: 'ACK', withinMs: responseMs, next: 'talk' }),
    label('hangup'),
    send(bye, repeated),
    // Both may hang up at the same moment.
    ...receiveOneOf(
      [
        { what: 'BYE', next: 'crossing' },
        { what: 481, next: 'end' },
      ],
      { what: 200, next: 'end', withinMs: responseMs },
    ),
    label('crossing'),
    send({ lines: response('200 OK') }),
    ...receiveOneOf([{ what: 481, next: 'end' }], { what: 200, withinMs: responseMs }),
    label('end'),
  ];
}

function scenario(steps: readonly string[]): string {
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<scenario name="call">',
    ...steps,
    '</scenario>',
    '',
  ].join('\n');
}

const repeated = { retrans: 500 };

function send({ lines, body }: Message, attributes: { retrans?: number; next?: string } = {}): string {
  const entity =
    body === undefined
      ? ['Content-Length: 0', '', '']
      : ['Content-Type: application/sdp', 'Content-Length: [len]', '', body];
  const given = Object.entries(attributes).map(([name, value]) => ` ${name}="${String(value)}"`);
  return `<send${given.join('')}><![CDATA[\n${[...lines, ...entity].join('\n')}\n]]></send>`;
}

interface Awaited {
  /** A response (a number) or a request. */
  readonly what: number | string;
  /** Where to go on; by default with the next step. */
  readonly next?: string;
  /** Goes to `next` only if this variable is set. */
  readonly test?: string;
  readonly optional?: boolean;
  readonly withinMs?: number;
  /** Where to go on when the time is over; by default the call fails. */
  readonly otherwise?: string;
}

function receive({ what, next, test, optional, withinMs, otherwise }: Awaited, ...actions: string[]): string {
  const attributes = Object.entries({ next, test, optional, timeout: withinMs, ontimeout: otherwise })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}="${String(value)}"`);
  const head = `recv ${typeof what === 'number' ? 'response' : 'request'}="${String(what)}"${attributes.join('')}`;
  return actions.length === 0 ? `<${head}/>` : `<${head}><action>${actions.join('')}</action></recv>`;
}

/** Keeps a header, or the part of it that matches, in a variable; without a match the variable stays unset. */
function keep(name: string, variable: string, pattern = '.*'): string {
  return `<ereg regexp="${pattern}" search_in="hdr" header="${name}:" assign_to="${variable}"/>`;
}

/** Waits for `last`, or any of the others; without `next` those are noted and the wait goes on. */
function receiveOneOf(others: readonly Awaited[], last: Awaited): string[] {
  const { withinMs, otherwise } = last;
  const limit = { ...(withinMs && { withinMs }), ...(otherwise !== undefined && { otherwise }) };
  // SIPp heeds the time limit of the step where the wait begins, which is the first optional one.
  return [...others.map((other) => receive({ ...other, ...limit, optional: true })), receive(last)];
}

function label(name: string): string {
  return `<label id="${name}"/>`;
}

/** A response to the request that was received last. */
function response(line: string, { tag = '', cseq = '[last_CSeq:]' } = {}): string[] {
  return [
    `SIP/2.0 ${line}`,
    '[last_Via:]',
    '[last_From:]',
    `[last_To:]${tag}`,
    '[last_Call-ID:]',
    cseq,
    'Contact: <sip:[local_ip]:[local_port]>',
  ];
}

function audio({ own, mediaPort, codec }: Ends): string {
  return sdp({ address: own, port: mediaPort, codec });
}
