import { AriRefusal, type AriClient, type AriEvent } from './ari.ts';
import { messageOf } from '../errors.ts';
import type { ChannelId } from '../call/call.ts';
import type { CallEvent, ChannelFacts, GateSide, Playback } from '../call/event.ts';

const playbacks: readonly Playback[] = ['announcement', 'confirmation'];

/** Derived from the channel, so that a restarted process can stop a playback that it knows nothing of. */
export function playbackId(channel: ChannelId, playback: Playback): string {
  return `mitschnitt-${playback}-${channel}`;
}

function ofPlayback(id: string): { channel: ChannelId; playback: Playback } | undefined {
  for (const playback of playbacks) {
    const prefix = playbackId('', playback);
    if (id.startsWith(prefix)) return { channel: id.slice(prefix.length), playback };
  }
  return undefined;
}

interface Arguments {
  readonly side: GateSide;
  readonly linkedId: string;
  /** The time limit that the channel had before the dialplan gave it one for the gate, in seconds; '' if it did not. */
  readonly limit: string;
  readonly destination: string;
}

/**
 * What dialplan/mitschnitt.conf hands over: side, Linkedid and, of the caller's side, time limit and for whom the call
 * is. StasisBroadcast() splits it at the colons, Stasis() does not.
 */
function argumentsOf({ args, channel }: AriEvent): Arguments {
  const [side, linkedId = '', limit = '', ...destination] = (args ?? []).join(':').split(':');
  return side === 'called'
    ? { side, linkedId, limit: '', destination: '' }
    : {
        side: 'caller',
        linkedId: linkedId || (channel?.id ?? ''),
        limit: /^\d+(\.\d+)?$/.test(limit) ? limit : '',
        destination: destination.join(':'),
      };
}

/** What an event of our Stasis application means for a call; undefined: nothing. */
export function translateStasis(event: AriEvent, now: number): CallEvent | undefined {
  // How long a prompt was played must not depend on how busy we are: Asterisk tells when.
  const at = event.playback && event.timestamp !== undefined ? Date.parse(event.timestamp) || now : now;
  switch (event.type) {
    case 'StasisStart': {
      if (!event.channel) return undefined;
      const { side, destination } = argumentsOf(event);
      return { at, type: 'gate-entered', channel: event.channel.id, side, destination };
    }
    case 'ChannelHangupRequest':
      return event.channel && { at, type: 'hang-up-requested', channel: event.channel.id };
    case 'StasisEnd':
      return event.channel && { at, type: 'gate-left', channel: event.channel.id };
    case 'ChannelDtmfReceived':
      return event.channel && { at, type: 'digit', channel: event.channel.id, digit: event.digit ?? '' };
    case 'PlaybackStarted':
    case 'PlaybackFinished':
      return translatePlayback(event, at);
    default:
      return undefined;
  }
}

function translatePlayback({ type, playback }: AriEvent, at: number): CallEvent | undefined {
  const of = playback && ofPlayback(playback.id);
  if (!of) return undefined;
  if (type === 'PlaybackStarted') return { at, type: 'playback-started', ...of };
  const problem =
    playback.state === 'done' ? undefined : `Asterisk reported the playback as ${playback.state}`;
  return { at, type: 'playback-finished', ...of, problem };
}

/** The facts of a channel that AMI did not tell of yet: the two connections keep no common order. */
export function factsOfStasisStart(event: AriEvent): ChannelFacts | undefined {
  const { channel } = event;
  if (!channel) return undefined;
  const { linkedId, destination } = argumentsOf(event);
  return {
    channel: channel.id,
    name: channel.name,
    linkedId,
    number: channel.caller.number,
    dialled: destination,
    bridge: undefined,
  };
}

/** Sets the time limit of a channel, in seconds, at once: ARI would have it wait for the channel's turn. */
type SetLimit = (channel: ChannelId, seconds: string) => Promise<void>;

/** Commands to channels that stand in the gate. */
export class StasisGate {
  readonly #ari: AriClient;
  readonly #emit: (event: CallEvent) => void;
  readonly #setLimit: SetLimit;
  /** Where Asterisk sends channels on by itself, unless we lift their time limit: the limit that each had before. */
  readonly #limits = new Map<ChannelId, string>();

  constructor(ari: AriClient, emit: (event: CallEvent) => void, setLimit: SetLimit) {
    this.#ari = ari;
    this.#emit = emit;
    this.#setLimit = setLimit;
  }

  /** Told of every event of the application. */
  see(event: AriEvent): void {
    const { limit } = argumentsOf(event);
    if (event.type === 'StasisStart' && event.channel && limit !== '') {
      this.#limits.set(event.channel.id, limit);
    }
    if (event.type === 'StasisEnd' && event.channel) this.#limits.delete(event.channel.id);
  }

  /** Takes a channel that StasisBroadcast() offers. 409: another recorder was first. 404: nobody was in time. */
  async claim(channel: ChannelId, app: string): Promise<void> {
    await this.#unlessGone(
      this.#ari.request('POST', 'events/claim', { channelId: channel, application: app }),
    );
  }

  async answer(channel: ChannelId): Promise<void> {
    await this.#liftLimit(channel);
    await this.#unlessGone(this.#ari.request('POST', `channels/${encodeURIComponent(channel)}/answer`));
  }

  /** A refusal is told as the end of the playback: the call logic then lets the call go on. False: it was one. */
  async play(channel: ChannelId, playback: Playback, media: string): Promise<boolean> {
    const id = encodeURIComponent(playbackId(channel, playback));
    try {
      await this.#liftLimit(channel);
      await this.#ari.request('POST', `channels/${encodeURIComponent(channel)}/play/${id}`, { media });
      return true;
    } catch (error) {
      this.#emit({ at: Date.now(), type: 'playback-finished', channel, playback, problem: messageOf(error) });
      return false;
    }
  }

  async stopPlayback(channel: ChannelId, playback: Playback): Promise<void> {
    const id = encodeURIComponent(playbackId(channel, playback));
    await this.#unlessGone(this.#ari.request('DELETE', `playbacks/${id}`));
  }

  /** False: it is gone already. */
  async continue(channel: ChannelId): Promise<boolean> {
    const request = this.#ari.request('POST', `channels/${encodeURIComponent(channel)}/continue`);
    const isThere = await this.#unlessGone(request);
    // Asterisk 16 looks each 200 ms only for a command to a channel without audio. A new limit wakes the channel.
    await this.#liftLimit(channel);
    return isThere;
  }

  async #liftLimit(channel: ChannelId): Promise<void> {
    const value = this.#limits.get(channel);
    if (value === undefined) return;
    this.#limits.delete(channel);
    await this.#setLimit(channel, value);
  }

  /** Channels that stand in the application now. */
  async present(app: string, signal?: AbortSignal): Promise<readonly ChannelId[]> {
    try {
      const found = await this.#ari.request('GET', `applications/${encodeURIComponent(app)}`, {}, signal);
      return (found as { channel_ids?: readonly string[] }).channel_ids ?? [];
    } catch (error) {
      if (error instanceof AriRefusal && error.status === 404) return []; // Asterisk never heard of the application
      throw error;
    }
  }

  /** 404 and 409: the party hung up or the playback ended meanwhile, and an event says so. */
  async #unlessGone(request: Promise<unknown>): Promise<boolean> {
    try {
      await request;
      return true;
    } catch (error) {
      if (!(error instanceof AriRefusal && [404, 409].includes(error.status))) throw error;
      return false;
    }
  }
}
