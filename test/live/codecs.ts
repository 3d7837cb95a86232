import { decodeAlaw, encodeAlaw } from './alaw.ts';
import { encodeG722, G722Decoder } from './g722.ts';
import { alawPayloadType, g722PayloadType } from './rtp.ts';

/** How a party's audio is carried. RTP counts 8 kHz for each of them: G.722 by an old mistake of RFC 3551. */
export interface Codec {
  readonly payloadType: number;
  /** Its name in SDP. */
  readonly rtpmap: string;
  /** Of the audio, in Hz. */
  readonly sampleRate: number;
  /** Encodes a sound from the beginning of a stream on, to 8000 bytes a second. */
  readonly encode: (samples: Int16Array) => Uint8Array;
  /** A decoder for the packets of one stream, in their order. */
  readonly decoder: () => (payload: Uint8Array) => Int16Array;
}

/** What a party can speak. */
export const codecs = {
  alaw: {
    payloadType: alawPayloadType,
    rtpmap: 'PCMA/8000',
    sampleRate: 8000,
    encode: encodeAlaw,
    decoder: () => decodeAlaw,
  },
  g722: {
    payloadType: g722PayloadType,
    rtpmap: 'G722/8000',
    sampleRate: 16_000,
    encode: encodeG722,
    decoder: () => {
      const decoder = new G722Decoder();
      return (payload) => decoder.decode(payload);
    },
  },
} as const satisfies Record<string, Codec>;

export type CodecName = keyof typeof codecs;
