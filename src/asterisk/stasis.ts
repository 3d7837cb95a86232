import { AriRefusal, type AriClient, type AriEvent } from './ari.ts';
import { messageOf } from '../errors.ts';
import type { CallEvent, ChannelFacts, ChannelId, GateSide, Playback } from '../call/call.ts';

const playbacks: readonly Playback[] = ['announcement', 'confirmation'];

/** Derived from the channel, so that a restarted process can stop a playback that it knows nothing of. */
function playbackId(channel: ChannelId, playback: Playback): string {
  return `mitschnitt-${playback}-${channel}`;
}

function ofPlayback(id: string): { channel: ChannelId; playback: Playback } | undefined {
  for (const playback of playbacks) {
    const prefix = playbackId('', playback);
    if (id.startsWith(prefix)) return { channel: id.slice(prefix.length), playback };
  }
  return undefined;
}

/** What dialplan/mitschnitt.conf hands over: side, Linkedid and, of the caller's side, for whom the call is. */
function argumentsOf({ args, channel }: AriEvent): { side: GateSide; linkedId: string; destination: string } {
  const [side, linkedId, destination] = args ?? [];
  return side === 'called'
    ? { side, linkedId: linkedId ?? '', destination: '' }
    : { side: 'caller', linkedId: linkedId ?? channel?.id ?? '', destination: destination ?? '' };
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

/** Commands to channels that stand in the gate. */
export class StasisGate {
  readonly #ari: AriClient;
  readonly #emit: (event: CallEvent) => void;

  constructor(ari: AriClient, emit: (event: CallEvent) => void) {
    this.#ari = ari;
    this.#emit = emit;
  }

  async answer(channel: ChannelId): Promise<void> {
    await this.#unlessGone(this.#ari.request('POST', `channels/${encodeURIComponent(channel)}/answer`));
  }

  /** A refusal is told as the end of the playback: the call logic then lets the call go on. */
  async play(channel: ChannelId, playback: Playback, media: string): Promise<void> {
    const id = encodeURIComponent(playbackId(channel, playback));
    try {
      await this.#ari.request('POST', `channels/${encodeURIComponent(channel)}/play/${id}`, { media });
    } catch (error) {
      this.#emit({ at: Date.now(), type: 'playback-finished', channel, playback, problem: messageOf(error) });
    }
  }

  async stopPlayback(channel: ChannelId, playback: Playback): Promise<void> {
    const id = encodeURIComponent(playbackId(channel, playback));
    await this.#unlessGone(this.#ari.request('DELETE', `playbacks/${id}`));
  }

  async continue(channel: ChannelId): Promise<void> {
    await this.#unlessGone(this.#ari.request('POST', `channels/${encodeURIComponent(channel)}/continue`));
  }

  /** Channels that stand in the application now. */
  async present(app: string): Promise<readonly ChannelId[]> {
    try {
      const found = await this.#ari.request('GET', `applications/${encodeURIComponent(app)}`);
      return (found as { channel_ids?: readonly string[] }).channel_ids ?? [];
    } catch (error) {
      if (error instanceof AriRefusal && error.status === 404) return []; // Asterisk never heard of the application
      throw error;
    }
  }

  /** 404 and 409: the party hung up or the playback ended meanwhile, and an event says so. */
  async #unlessGone(request: Promise<unknown>): Promise<void> {
    try {
      await request;
    } catch (error) {
      if (!(error instanceof AriRefusal && [404, 409].includes(error.status))) throw error;
    }
  }
}
