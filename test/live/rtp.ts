/** A-law in RTP (RFC 3551). */
export const alawPayloadType = 8;
/** G.722 in RTP (RFC 3551). */
export const g722PayloadType = 9;
/** Key presses in RTP (RFC 4733), as numbered in our SDP and in Asterisk's. */
export const keyPayloadType = 101;
/** One packet carries 20 ms, which is 160 samples at 8 kHz. */
export const packetMs = 20;
/** What a packet counts, and its bytes of audio. */
export const packetSamples = 160;

const headerBytes = 12;
const keyOrder = '0123456789*#ABCD';
const keyVolume = 10;

/** What of an RTP packet matters here. */
export interface RtpPacket {
  readonly payloadType: number;
  readonly marker: boolean;
  readonly sequence: number;
  /** In samples, from a random start. */
  readonly timestamp: number;
  readonly source: number;
  readonly payload: Uint8Array;
}

/** Parses a packet; undefined if it is none. */
export function parseRtp(datagram: Buffer): RtpPacket | undefined {
  const [first = 0, second = 0] = datagram;
  if (datagram.length < headerBytes || first >> 6 !== 2) return undefined;
  return {
    payloadType: second & 0x7f,
    marker: second > 0x7f,
    sequence: datagram.readUInt16BE(2),
    timestamp: datagram.readUInt32BE(4),
    source: datagram.readUInt32BE(8),
    payload: datagram.subarray(headerBytes),
  };
}

/** Formats a packet. */
export function formatRtp(packet: RtpPacket): Buffer {
  const datagram = Buffer.alloc(headerBytes + packet.payload.length);
  datagram[0] = 0x80;
  datagram[1] = packet.payloadType | (packet.marker ? 0x80 : 0);
  datagram.writeUInt16BE(packet.sequence & 0xffff, 2);
  datagram.writeUInt32BE(packet.timestamp >>> 0, 4);
  datagram.writeUInt32BE(packet.source >>> 0, 8);
  datagram.set(packet.payload, headerBytes);
  return datagram;
}

/** The payload of one packet of a key press; `samples` is how long it has lasted so far. */
export function keyPayload(key: string, samples: number, end: boolean): Uint8Array {
  const code = keyOrder.indexOf(key);
  if (key.length !== 1 || code < 0) throw new Error(`there is no key '${key}' on a telephone`);
  return Uint8Array.of(code, (end ? 0x80 : 0) | keyVolume, samples >> 8, samples & 0xff);
}
