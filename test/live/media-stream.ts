import { createSocket, type Socket } from 'node:dgram';
import { decodeAlaw, encodeAlaw } from './alaw.ts';
import {
  alawPayloadType,
  formatRtp,
  keyPayload,
  keyPayloadType,
  packetMs,
  packetSamples,
  parseRtp,
  type RtpPacket,
} from './rtp.ts';
import { tone } from './tone.ts';

// A key is held for 160 ms, and its end is told three times, as RFC 4733 wants.
const keyPackets = 8;
const keyEndPackets = 3;
// Timestamps tell better than arrival when something was said: a busy machine hands packets on in bursts. But
// a sender may begin to count anew, with a marker or ahead of time, or not have counted through a pause.
const jitterSamples = 8 * 60;
const longestStallSamples = 8 * 1000;

interface Key {
  readonly key: string;
  readonly timestamp: number;
  sent: number;
}

/** One party's audio of one call: sends a tone and keys every 20 ms, keeps what it hears. */
export class MediaStream {
  readonly #socket: Socket;
  readonly #audio: Uint8Array;
  readonly #openedAt = performance.now();
  readonly #heard: { at: number; samples: Int16Array }[] = [];
  readonly #keys: string[] = [];
  #peer: { address: string; port: number } | undefined;
  #nextAt = 0;
  #sequence = 0;
  #timestamp = 0;
  #source = Math.floor(Math.random() * 0xffffffff);
  #key: Key | undefined;
  #count: { source: number; timestamp: number; at: number } | undefined;

  /** `hz` undefined: a party that says nothing, but sends silence. */
  constructor(hz: number | undefined) {
    this.#socket = createSocket('udp4');
    // One second, repeated without a click since every tone is a whole number of Hz.
    this.#audio = encodeAlaw(hz === undefined ? new Int16Array(8000) : tone(hz, 1000));
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
      if (packet?.payloadType === alawPayloadType) this.#hear(packet);
    });
    return this.#socket.address().port;
  }

  /** Sends to this address from now on. */
  start(peer: { address: string; port: number }): void {
    if (this.#peer === undefined) this.#nextAt = performance.now();
    this.#peer = peer;
  }

  /** Presses a key now, or after those that are being pressed. */
  press(key: string): void {
    this.#keys.push(key);
  }

  /** Sends what is due at this time. */
  tick(now: number): void {
    while (this.#peer !== undefined && now >= this.#nextAt) {
      this.#send();
      this.#nextAt += packetMs;
    }
  }

  /** Everything heard since `open`, 8 kHz; silence where nothing came. */
  close(): Int16Array {
    this.#peer = undefined;
    this.#socket.close();
    const length = Math.round((performance.now() - this.#openedAt) * 8);
    const heard = new Int16Array(length);
    for (const { at, samples } of this.#heard) {
      const fitting = samples.subarray(0, Math.max(0, length - at));
      heard.set(fitting, Math.min(at, length));
    }
    return heard;
  }

  #hear({ marker, source, timestamp, payload }: RtpPacket): void {
    const arrival = Math.round((performance.now() - this.#openedAt) * 8);
    const count = this.#count;
    const expected = count === undefined ? NaN : count.at + ((timestamp - count.timestamp) | 0);
    const late = arrival - expected;
    const goesOn = late > -jitterSamples && late < (marker ? jitterSamples : longestStallSamples);
    const counts = count?.source === source && goesOn;
    const at = counts ? expected : arrival;
    if (!counts) this.#count = { source, timestamp, at };
    this.#heard.push({ at: Math.max(0, at), samples: decodeAlaw(payload) });
  }

  #send(): void {
    const next = this.#key === undefined ? this.#keys.shift() : undefined;
    if (next !== undefined) this.#key = { key: next, timestamp: this.#timestamp, sent: 0 };
    if (this.#key === undefined) this.#sendAudio();
    else this.#sendKey(this.#key);
    this.#timestamp = (this.#timestamp + packetSamples) >>> 0;
  }

  #sendAudio(): void {
    const begin = this.#timestamp % this.#audio.length;
    const payload = this.#audio.subarray(begin, begin + packetSamples);
    this.#sendPacket(alawPayloadType, this.#timestamp, this.#sequence === 0, payload);
  }

  #sendKey(key: Key): void {
    key.sent += 1;
    const lasting = Math.min(key.sent, keyPackets) * packetSamples;
    const end = key.sent > keyPackets;
    this.#sendPacket(keyPayloadType, key.timestamp, key.sent === 1, keyPayload(key.key, lasting, end));
    if (key.sent === keyPackets + keyEndPackets) this.#key = undefined;
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
