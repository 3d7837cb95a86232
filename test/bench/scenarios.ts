// SIPp scenarios for many calls at a time. Both sides note when the INVITE left or came, with the number of the
// call, which travels in the caller's telephone number.

/** What both scenarios need to know. */
export interface Sides {
  /** The user part that is called. */
  readonly to: string;
  /** Address of Asterisk. */
  readonly asterisk: string;
  /** A-law files without header, one for each side. */
  readonly audio: { readonly caller: string; readonly called: string };
  /** From the answer to the BYE, in milliseconds; the caller hangs up. */
  readonly talkMs: number;
  /** From the 180 to the 200, in milliseconds. */
  readonly ringMs: number;
}

export const NUMBER_PREFIX = '+41790';
/** Of SIPp's own timer T1, in milliseconds. */
const REPEAT = 'retrans="500"';

const noteTime = (what: string): string =>
  '<gettimeofday assign_to="seconds,microseconds"/>' +
  `<log message="[$number] [$seconds] [$microseconds] ${what}"/>`;

const SDP = `v=0
o=bench 1 1 IN IP4 [media_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [rtpstream_audio_port] RTP/AVP 8
a=rtpmap:8 PCMA/8000
a=ptime:20
a=sendrecv`;

/** Places calls. */
export function callerScenario({ to, asterisk, audio, talkMs }: Sides): string {
  const uri = `sip:${to}@${asterisk}`;
  const request = (method: string, cseq: number, peerTag: string): string => `${method} ${uri} SIP/2.0
Via: SIP/2.0/UDP [local_ip]:[local_port];rport;branch=[branch]
From: <sip:${NUMBER_PREFIX}[call_number]@[local_ip]>;tag=[pid]-[call_number]
To: <${uri}>${peerTag}
Call-ID: [call_id]
CSeq: ${cseq} ${method}
Contact: <sip:[local_ip]:[local_port]>
Max-Forwards: 70`;
  return scenario([
    `<nop><action><assignstr assign_to="number" value="[call_number]"/>${noteTime('invited')}</action></nop>`,
    send(request('INVITE', 1, ''), { body: SDP, attributes: REPEAT }),
    '<recv response="100" optional="true"/>',
    '<recv response="180" optional="true"/>',
    '<recv response="183" optional="true"/>',
    '<recv response="200"/>',
    send(request('ACK', 1, '[peer_tag_param]')),
    `<nop><action>${noteTime('answered')}</action></nop>`,
    stream(audio.caller),
    `<pause milliseconds="${talkMs}"/>`,
    SILENCE,
    `<nop><action>${noteTime('ended')}</action></nop>`,
    send(request('BYE', 2, '[peer_tag_param]'), { attributes: REPEAT }),
    '<recv response="200"/>',
  ]);
}

/** Takes calls. */
export function calledScenario({ audio, ringMs }: Sides): string {
  const response = (status: string): string => `SIP/2.0 ${status}
[last_Via:]
[last_From:]
[last_To:];tag=[pid]-[call_number]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:[local_ip]:[local_port]>`;
  const number =
    `<ereg regexp="${NUMBER_PREFIX.replace('+', '[+]')}([0-9]+)" search_in="hdr" header="From:"` +
    ' check_it="true" assign_to="whole,number"/>';
  return scenario([
    `<recv request="INVITE"><action>${number}${noteTime('invited')}</action></recv>`,
    send(response('180 Ringing')),
    `<pause milliseconds="${ringMs}"/>`,
    send(response('200 OK'), { body: SDP, attributes: REPEAT }),
    // A telephone sends as soon as it is lifted, not when the ACK comes.
    stream(audio.called),
    `<nop><action>${noteTime('answered')}</action></nop>`,
    '<recv request="ACK"/>',
    `<recv request="BYE"><action>${noteTime('ended')}</action></recv>`,
    SILENCE,
    send(response('200 OK').replace(';tag=[pid]-[call_number]', '')),
    // SIPp refuses a variable that is never used.
    '<Reference variables="whole"/>',
  ]);
}

const ENDLESS = -1;
const ALAW = '8,PCMA/8000';
// Packets to a port that is closed would make SIPp close its own.
const SILENCE = '<nop><action><exec rtp_stream="pause"/></action></nop>';

function stream(file: string): string {
  return `<nop><action><exec rtp_stream="${file},${ENDLESS},${ALAW}"/></action></nop>`;
}

function send(head: string, { body = '', attributes = '' } = {}): string {
  const entity =
    body === '' ? 'Content-Length: 0\n\n' : `Content-Type: application/sdp\nContent-Length: [len]\n\n${body}`;
  return `<send ${attributes}><![CDATA[\n${head}\n${entity}\n]]></send>`;
}

function scenario(steps: readonly string[]): string {
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<scenario name="bench">',
    ...steps,
    '</scenario>',
    '',
  ].join('\n');
}
