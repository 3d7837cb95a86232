import { Worker } from 'node:worker_threads';
import type { Sound } from './wav.ts';

/** What the media thread is told. */
export type MediaRequest =
  | {
      readonly do: 'open';
      readonly stream: number;
      readonly address: string;
      readonly hz: number | undefined;
    }
  | { readonly do: 'start'; readonly stream: number; readonly peer: { address: string; port: number } }
  | { readonly do: 'press'; readonly stream: number; readonly key: string }
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
  /** Presses a key (RFC 4733), held for 160 ms. */
  readonly press: (key: string) => void;
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
  async open(address: string, hz: number | undefined): Promise<Media> {
    this.#streams += 1;
    const stream = this.#streams;
    const reply = await this.#ask({ do: 'open', stream, address, hz });
    if (!('opened' in reply)) throw new Error('failed' in reply ? reply.failed : 'not opened');
    return {
      port: reply.opened,
      start: (peer) => {
        this.#thread.postMessage({ do: 'start', stream, peer } satisfies MediaRequest);
      },
      press: (key) => {
        this.#thread.postMessage({ do: 'press', stream, key } satisfies MediaRequest);
      },
      close: async () => {
        const last = await this.#ask({ do: 'close', stream });
        return { sampleRate: 8000, channels: ['heard' in last ? last.heard : new Int16Array()] };
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
