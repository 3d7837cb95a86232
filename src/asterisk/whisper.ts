import { AriRefusal, type AriClient, type AriEvent } from './ari.ts';
import { playbackId } from './stasis.ts';
import { messageOf } from '../errors.ts';
import type { ChannelId } from '../call/call.ts';
import type { CallEvent, Playback } from '../call/event.ts';

/** How long Asterisk may take to bring a Snoop channel into our application; it takes some ms. */
const entryLimitMs = 2_000;
const prefix = 'mitschnitt-whisper-';

/** Whether a channel of our application is one of ours, through which we whisper. */
export function isWhisper(channel: ChannelId): boolean {
  return channel.startsWith(prefix);
}

/** Plays to one party in the middle of its talk: by a Snoop channel, which adds to what that party hears. */
export class Whisper {
  readonly #ari: AriClient;
  readonly #app: string;
  readonly #emit: (event: CallEvent) => void;
  /** Our Snoop channel, by the channel of the party. */
  readonly #snoops = new Map<ChannelId, ChannelId>();
  readonly #entering = new Map<ChannelId, () => void>();
  #opened = 0;

  constructor(ari: AriClient, app: string, emit: (event: CallEvent) => void) {
    this.#ari = ari;
    this.#app = app;
    this.#emit = emit;
  }

  /**
   * A refusal is told as the end of the playback: the talk goes on, unrecorded. Each playback has a Snoop channel of its
   * own: what is played after a playback was stopped cannot be heard on the same one (seen on 16.28 and 22.10).
   */
  async play(channel: ChannelId, playback: Playback, media: string): Promise<void> {
    try {
      const last = this.#snoops.get(channel);
      // The keys of a channel that is in no application are told only on demand.
      if (last === undefined) await this.#ari.request('POST', this.#subscription, eventSource(channel));
      const snoop = await this.#open(channel);
      if (last !== undefined) await this.#hangUp(last);
      const id = encodeURIComponent(playbackId(channel, playback));
      await this.#ari.request('POST', `channels/${encodeURIComponent(snoop)}/play/${id}`, { media });
    } catch (error) {
      this.#emit({ at: Date.now(), type: 'playback-finished', channel, playback, problem: messageOf(error) });
    }
  }

  async end(channel: ChannelId): Promise<void> {
    const snoop = this.#snoops.get(channel);
    if (snoop === undefined) return;
    this.#snoops.delete(channel);
    await this.#hangUp(snoop);
    await this.#unlessGone(this.#ari.request('DELETE', this.#subscription, eventSource(channel)));
  }

  /** Ends what a former connection left behind among the channels of our application. */
  async endStranded(present: readonly ChannelId[]): Promise<void> {
    this.#snoops.clear();
    for (const channel of present) if (isWhisper(channel)) await this.#hangUp(channel);
  }

  /** Whether an event is of one of our Snoop channels, which are no calls. */
  take({ type, channel }: AriEvent): boolean {
    if (!channel || !isWhisper(channel.id)) return false;
    if (type === 'StasisStart') this.#entering.get(channel.id)?.();
    return true;
  }

  async #open(channel: ChannelId): Promise<ChannelId> {
    const snoop = `${prefix}${++this.#opened}-${Date.now()}-${channel}`;
    this.#snoops.set(channel, snoop);
    const entered = this.#entry(snoop);
    const path = `channels/${encodeURIComponent(channel)}/snoop/${encodeURIComponent(snoop)}`;
    try {
      await this.#ari.request('POST', path, { app: this.#app, spy: 'none', whisper: 'out' });
      await entered;
      return snoop;
    } catch (error) {
      this.#entering.delete(snoop);
      throw error;
    }
  }

  #entry(snoop: ChannelId): Promise<void> {
    const entry = new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#entering.delete(snoop);
        reject(new Error(`Asterisk did not bring the Snoop channel within ${entryLimitMs} ms`));
      }, entryLimitMs);
      this.#entering.set(snoop, () => {
        clearTimeout(timer);
        this.#entering.delete(snoop);
        resolve();
      });
    });
    // Nobody waits for it any more when the request was refused.
    entry.catch(() => undefined);
    return entry;
  }

  get #subscription(): string {
    return `applications/${encodeURIComponent(this.#app)}/subscription`;
  }

  async #hangUp(snoop: ChannelId): Promise<void> {
    await this.#unlessGone(this.#ari.request('DELETE', `channels/${encodeURIComponent(snoop)}`));
  }

  /** The party hung up meanwhile, or the subscription ended with its channel. */
  async #unlessGone(request: Promise<unknown>): Promise<void> {
    try {
      await request;
    } catch (error) {
      if (!(error instanceof AriRefusal && [404, 409, 422].includes(error.status))) throw error;
    }
  }
}

function eventSource(channel: ChannelId): { readonly eventSource: string } {
  return { eventSource: `channel:${channel}` };
}
