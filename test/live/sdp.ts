import { codecs, type CodecName } from './codecs.ts';

/** Which way audio is to flow, seen from who says so. */
export type MediaDirection = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/** What a party announces of its audio. */
export interface Announced {
  readonly address: string;
  readonly port: number;
  readonly codec?: CodecName | undefined;
  /** Whether keys are sent as events of RFC 4733; they are by default. */
  readonly keyEvents?: boolean;
  readonly direction?: MediaDirection;
  /** Counts up when what is announced changes. */
  readonly version?: number;
}

/** An SDP, its lines ended by `\n`: it is for SIPp, or becomes `\r\n`. */
export function sdp(announced: Announced): string {
  const { address, port, codec = 'alaw', direction = 'sendrecv', keyEvents = true, version = 1 } = announced;
  const { payloadType, rtpmap } = codecs[codec];
  const lines = [
    'v=0',
    `o=party 1 ${version} IN IP4 ${address}`,
    's=-',
    `c=IN IP4 ${address}`,
    't=0 0',
    `m=audio ${port} RTP/AVP ${payloadType}${keyEvents ? ' 101' : ''}`,
    `a=rtpmap:${payloadType} ${rtpmap}`,
    ...(keyEvents ? ['a=rtpmap:101 telephone-event/8000', 'a=fmtp:101 0-15'] : []),
    'a=ptime:20',
    `a=${direction}`,
  ];
  return lines.join('\n');
}
