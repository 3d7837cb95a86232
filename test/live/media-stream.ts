import { createSocket, type Socket } from 'node:dgram';
import type { Codec } from './codecs.ts';
import type { KeyCarrier, Tone } from './media.ts';
import {
  formatRtp,
  keyPayload,
  keyPayloadType,
  packetMs,
  packetSamples,
  parseRtp,
  type RtpPacket,
} from './rtp.ts';
import { keyTones, tone } from './tone.ts';

// A key is held for 160 ms, and its end is told three times, as RFC 4733 wants.
const keyPackets = 8;
const keyEndPackets = 3;
const packetsPerSecond = 1000 / packetMs;
// Timestamps tell better than arrival when something was said: a busy machine hands packets on in bursts. But
// a sender may begin to count anew, with a marker or ahead of time, or not have counted through a pause.
const countsPerMs = 8;
const jitterCounts = countsPerMs * 60;
const longestStallCounts = countsPerMs * 1000;

interface Key {
  readonly key: string;
  /** Its sound, if it goes as such. */
  readonly tones: Uint8Array | undefined;
  readonly timestamp: number;
  sent: number;
}

/** One party's audio of one call: sends a tone and keys every 20 ms, keeps what it hears. */
export class MediaStream {
  readonly #socket: Socket;
  readonly #codec: Codec;
  readonly #decode: (payload: Uint8Array) => Int16Array;
  #audio: Uint8Array;
  readonly #openedAt = performance.now();
  readonly #heard: { at: number; samples: Int16Array }[] = [];
  readonly #keys: Pick<Key, 'key' | 'tones'>[] = [];
  #peer: { address: string; port: number } | undefined;
  #nextAt = 0;
  #marked = true;
  #sequence = 0;
  #timestamp = 0;
  #source = Math.floor(Math.random() * 0xffffffff);
  #key: Key | undefined;
  #count: { source: number; timestamp: number; at: number } | undefined;

  /** `hz` undefined: a party that says nothing, but sends silence. */
  constructor(hz: Tone, codec: Codec) {
    this.#socket = createSocket('udp4');
    this.#codec = codec;
    this.#decode = codec.decoder();
    this.#audio = spoken(hz, codec);
  }

  /** Binds to a free even port, as RTP wants it, and answers with it. */
  async open(address: string): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#socket.once('error', reject);
      this.#socket.bind({ address, port: 0 }, resolve);
    });
    this.#socket.removeAllListeners('error');
    // A peer that is gone answers with ICMP, which is no failure of ours.
    this.#socket.on('error', () => undefined);
    this.#socket.on('message', (datagram) => {
      const packet = parseRtp(datagram);
      if (packet?.payloadType === this.#codec.payloadType) this.#hear(packet);
    });
    return this.#socket.address().port;
  }

  /** Sends to this address from now on. */
  start(peer: { address: string; port: number }): void {
    if (this.#peer === undefined) {
      const now = performance.now();
      // The clock of the audio runs on through a pause.
      const missed = this.#sequence === 0 ? 0 : Math.round((now - this.#nextAt) / packetMs);
      this.#timestamp = (this.#timestamp + missed * packetSamples) >>> 0;
      this.#nextAt = now;
      this.#marked = true;
    }
    this.#peer = peer;
  }

  /** Sends nothing until the next `start`. */
  pause(): void {
    this.#peer = undefined;
  }

  /** Changes the tone. */
  tune(hz: Tone): void {
    this.#audio = spoken(hz, this.#codec);
  }

  /** Presses a key now, or after those that are being pressed. */
  press(key: string, by: KeyCarrier): void {
    const tones = by === 'inband' ? this.#codec.encode(keyTones(key, 1000)) : undefined;
    this.#keys.push({ key, tones });
  }

  /** Sends what is due at this time. */
  tick(now: number): void {
    while (this.#peer !== undefined && now >= this.#nextAt) {
      this.#send();
      this.#nextAt += packetMs;
    }
  }

  /** Everything heard since `open`, at the codec's rate; silence where nothing came. */
  close(): Int16Array {
    this.#peer = undefined;
    this.#socket.close();
    const perMs = this.#codec.sampleRate / 1000;
    const length = Math.round((performance.now() - this.#openedAt) * perMs);
    const heard = new Int16Array(length);
    for (const { at, samples } of this.#heard) {
      const begin = Math.min((at * perMs) / countsPerMs, length);
      heard.set(samples.subarray(0, length - begin), begin);
    }
    return heard;
  }

  #hear({ marker, source, timestamp, payload }: RtpPacket): void {
    const arrival = Math.round((performance.now() - this.#openedAt) * countsPerMs);
    const count = this.#count;
    const expected = count === undefined ? NaN : count.at + ((timestamp - count.timestamp) | 0);
    const late = arrival - expected;
    const goesOn = late > -jitterCounts && late < (marker ? jitterCounts : longestStallCounts);
    const counts = count?.source === source && goesOn;
    const at = counts ? expected : arrival;
    if (!counts) this.#count = { source, timestamp, at };
    this.#heard.push({ at: Math.max(0, at), samples: this.#decode(payload) });
  }

  #send(): void {
    const next = this.#key === undefined ? this.#keys.shift() : undefined;
    if (next !== undefined) this.#key = { ...next, timestamp: this.#timestamp, sent: 0 };
    if (this.#key === undefined) this.#sendAudio(this.#audio);
    else if (this.#key.tones === undefined) this.#sendKey(this.#key);
    else this.#sendKeyTones(this.#key, this.#key.tones);
    this.#timestamp = (this.#timestamp + packetSamples) >>> 0;
  }

  /** The part of a second of audio that is due now. */
  #sendAudio(second: Uint8Array): void {
    const begin = this.#timestamp % second.length;
    const payload = second.subarray(begin, begin + packetSamples);
    this.#sendPacket(this.#codec.payloadType, this.#timestamp, this.#marked, payload);
    this.#marked = false;
  }

  #sendKey(key: Key): void {
    key.sent += 1;
    const lasting = Math.min(key.sent, keyPackets) * packetSamples;
    const end = key.sent > keyPackets;
    this.#sendPacket(keyPayloadType, key.timestamp, key.sent === 1, keyPayload(key.key, lasting, end));
    if (key.sent === keyPackets + keyEndPackets) this.#key = undefined;
  }

  #sendKeyTones(key: Key, tones: Uint8Array): void {
    key.sent += 1;
    this.#sendAudio(tones);
    if (key.sent === keyPackets) this.#key = undefined;
  }

  #sendPacket(payloadType: number, timestamp: number, marker: boolean, payload: Uint8Array): void {
    if (this.#peer === undefined) return;
    const { address, port } = this.#peer;
    const packet = {
      payloadType,
      marker,
      sequence: this.#sequence,
      timestamp,
      source: this.#source,
      payload,
    };
    this.#socket.send(formatRtp(packet), port, address);
    this.#sequence = (this.#sequence + 1) & 0xffff;
  }
}

/** One second of a tone, which can be repeated without a click since every tone is a whole number of Hz. */
function spoken(hz: Tone, { encode, sampleRate }: Codec): Uint8Array {
  if (hz === undefined) return encode(new Int16Array(sampleRate));
  // The second of two: G.722 sounds on as the code before it made it.
  return encode(tone(hz, 2000, { sampleRate })).subarray(packetsPerSecond * packetSamples);
}
