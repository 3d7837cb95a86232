import { Worker } from 'node:worker_threads';
import { codecs, type CodecName } from './codecs.ts';
import type { Sound } from './wav.ts';

/** What a party's microphone hears: a tone in Hz, or silence. */
export type Tone = number | undefined;
/** How a key reaches the other side within the audio: as events of RFC 4733, or as the tones that it makes. */
export type KeyCarrier = 'rfc4733' | 'inband';

/** What the media thread is told. */
export type MediaRequest =
  | {
      readonly do: 'open';
      readonly stream: number;
      readonly address: string;
      readonly hz: Tone;
      readonly codec: CodecName;
    }
  | { readonly do: 'start'; readonly stream: number; readonly peer: { address: string; port: number } }
  | { readonly do: 'pause'; readonly stream: number }
  | { readonly do: 'tune'; readonly stream: number; readonly hz: Tone }
  | { readonly do: 'press'; readonly stream: number; readonly key: string; readonly by: KeyCarrier }
  | { readonly do: 'close'; readonly stream: number };

/** What it answers. */
export type MediaReply =
  | { readonly stream: number; readonly opened: number }
  | { readonly stream: number; readonly heard: Int16Array }
  | { readonly stream: number; readonly failed: string };

/** One party's audio of one call. */
export interface Media {
  /** The UDP port to announce in the SDP. */
  readonly port: number;
  /** Sends the tone to this address from now on. */
  readonly start: (peer: { address: string; port: number }) => void;
  /** Sends nothing until the next `start`. */
  readonly pause: () => void;
  /** Changes the tone. */
  readonly tune: (hz: Tone) => void;
  /** Presses a key, held for 160 ms; inband needs A-law. */
  readonly press: (key: string, by?: KeyCarrier) => void;
  /** Ends, and gives what was heard since the opening. */
  readonly close: () => Promise<Sound>;
}

/** Sends and hears the audio of any number of calls, in a thread of its own. */
export class MediaAgent {
  readonly #thread = new Worker(new URL('./media-thread.ts', import.meta.url));
  readonly #waiting = new Map<number, (reply: MediaReply) => void>();
  #streams = 0;

  constructor() {
    this.#thread.unref();
    this.#thread.on('message', (reply: MediaReply) => {
      this.#waiting.get(reply.stream)?.(reply);
    });
    this.#thread.on('error', (error) => {
      for (const [stream, answer] of this.#waiting) answer({ stream, failed: String(error) });
    });
  }

  /** Opens a port on `address` for a party that will send a tone of `hz`, or silence. */
  async open(address: string, hz: Tone, codec: CodecName = 'alaw'): Promise<Media> {
    this.#streams += 1;
    const stream = this.#streams;
    const reply = await this.#ask({ do: 'open', stream, address, hz, codec });
    if (!('opened' in reply)) throw new Error('failed' in reply ? reply.failed : 'not opened');
    const tell = (request: MediaRequest): void => this.#thread.postMessage(request);
    return {
      port: reply.opened,
      start: (peer) => tell({ do: 'start', stream, peer }),
      pause: () => tell({ do: 'pause', stream }),
      tune: (tone) => tell({ do: 'tune', stream, hz: tone }),
      press: (key, by = 'rfc4733') => tell({ do: 'press', stream, key, by }),
      close: async () => {
        const last = await this.#ask({ do: 'close', stream });
        const heard = 'heard' in last ? last.heard : new Int16Array();
        return { sampleRate: codecs[codec].sampleRate, channels: [heard] };
      },
    };
  }

  /** Ends the thread. */
  async stop(): Promise<void> {
    await this.#thread.terminate();
  }

  #ask(request: MediaRequest): Promise<MediaReply> {
    return new Promise((resolve) => {
      this.#waiting.set(request.stream, (reply) => {
        this.#waiting.delete(request.stream);
        resolve(reply);
      });
      this.#thread.postMessage(request);
    });
  }
}
