import { AriRefusal, type AriClient, type AriEvent } from './ari.ts';
import { messageOf } from '../errors.ts';
import type { ChannelId } from '../call/call.ts';
import type { CallEvent, ChannelFacts, GateSide, Playback, Stay } from '../call/event.ts';

const playbacks: readonly Playback[] = ['announcement', 'confirmation'];

/** Derived from the channel, so that a restarted process can stop a playback that it knows nothing of. */
export function playbackId(channel: ChannelId, playback: Playback): string {
  return `mitschnitt-${playback}-${channel}`;
}

/** The silence behind an announcement. */
function silenceId(channel: ChannelId): string {
  return `mitschnitt-silence-${channel}`;
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
  /** It came by StasisBroadcast(). */
  readonly claimed: boolean;
  readonly destination: string;
}

/**
 * What dialplan/mitschnitt.conf hands over: side, Linkedid and, of the caller's side, time limit and for whom the call
 * is. StasisBroadcast() splits it at the colons, Stasis() does not.
 */
function argumentsOf({ args, channel }: AriEvent): Arguments {
  const [side, linkedId = '', limit = '', ...destination] = (args ?? []).join(':').split(':');
  return side === 'called'
    ? { side, linkedId, limit: '', claimed: false, destination: '' }
    : {
        side: 'caller',
        linkedId: linkedId || (channel?.id ?? ''),
        limit: /^\d+(\.\d+)?$/.test(limit) ? limit : '',
        // Not by how many there are: Stasis() splits at a comma, and what was dialled may have one.
        claimed: args?.[0] === 'caller',
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

/** A time limit that the dialplan gave a channel. */
interface Limit {
  /** What it had before, in seconds. */
  readonly before: string;
  readonly claimed: boolean;
  isLong: boolean;
}

/** In seconds, as in dialplan/mitschnitt.conf: until the announcement is ordered, and all that comes after it. */
const longLimit = '5';

/**
 * What a channel that came while we listened was told: to wait; to go on by itself after a while, perhaps, or as a whole;
 * or to go on now, in the place of that.
 */
type Told = 'to-wait' | 'perhaps-to-go-on' | 'to-go-on' | 'to-go-on-now';

/** A channel whose way out is not taken back by then may go by itself: earlier than it can, see `leadOnMarginMs`. */
const takenBackWithinMs = 4_000;

/** A file of nothing, as Asterisk is told to play it. */
export interface Silence {
  readonly media: string;
  readonly ms: number;
}

/**
 * Commands to channels that stand in the gate.
 *
 * Asterisk does what a channel was told in turn: `continue` waits for the end of what plays, and of what is to be played
 * before it. So an announcement is followed at once by a silence, by the confirmation if there is one, and by `continue`:
 * whatever becomes of us, the channel goes on. A time limit of the channel could not do that: one that Dial() called has
 * no dialplan to go on with, and is hung up by it; and it is by the clock of the machine, which may be set meanwhile.
 */
export class StasisGate {
  readonly #ari: AriClient;
  readonly #silence: Silence;
  readonly #emit: (event: CallEvent) => void;
  readonly #setLimit: SetLimit;
  /** Channels that Asterisk sends on by itself, unless we lift their time limit: the limit that each had before. */
  readonly #limits = new Map<ChannelId, Limit>();
  readonly #told = new Map<ChannelId, Told>();

  constructor(ari: AriClient, silence: Silence, emit: (event: CallEvent) => void, setLimit: SetLimit) {
    this.#ari = ari;
    this.#silence = silence;
    this.#emit = emit;
    this.#setLimit = setLimit;
  }

  /** Told of every event of the application. */
  see(event: AriEvent): void {
    const { type, channel } = event;
    if (!channel) return;
    if (type === 'StasisStart') {
      const { limit: before, claimed } = argumentsOf(event);
      if (before !== '') this.#limits.set(channel.id, { before, claimed, isLong: claimed });
      this.#told.set(channel.id, 'to-wait');
    }
    if (type === 'StasisEnd') {
      this.#limits.delete(channel.id);
      if (this.#goesByItself(channel.id)) this.#wentByItself(channel.id);
      this.#told.delete(channel.id);
    }
  }

  /** Takes a channel that StasisBroadcast() offers. 409: another recorder was first. 404: nobody was in time. */
  async claim(channel: ChannelId, app: string): Promise<void> {
    await this.#unlessGone(
      this.#ari.request('POST', 'events/claim', { channelId: channel, application: app }),
    );
  }

  async answer(channel: ChannelId): Promise<void> {
    await this.#take(channel);
    await this.#unlessGone(this.#ari.request('POST', `channels/${encodeURIComponent(channel)}/answer`));
  }

  /** A refusal is told as the end of the playback: the call logic then lets the call go on. False: it was one. */
  async play(channel: ChannelId, playback: Playback, media: string, stay?: Stay): Promise<boolean> {
    try {
      await this.#take(channel);
      // It waits behind the silence.
      if (playback === 'confirmation' && this.#told.get(channel) === 'to-go-on') {
        await this.#stop(silenceId(channel));
        return true;
      }
      await this.#queue(channel, playbackId(channel, playback), { media });
    } catch (error) {
      this.#emit({ at: Date.now(), type: 'playback-finished', channel, playback, problem: messageOf(error) });
      return false;
    }
    if (!stay) return true;
    await this.#unlessGone(this.#letGoLater(channel, stay));
    // Not waited for: AMI may be about to be found dead, and the party is to be led on in time.
    void this.#liftLimit(channel).catch(() => undefined);
    return true;
  }

  async stopPlayback(channel: ChannelId, playback: Playback): Promise<void> {
    await this.#stop(playbackId(channel, playback));
  }

  /** False: it is gone already. */
  async continue(channel: ChannelId): Promise<boolean> {
    const told = this.#told.get(channel);
    // A channel that was here before we were may have been told to go on by whoever was before us.
    if (told !== 'to-wait') await this.#takeBack(channel);
    const isOnItsWay = told === 'to-go-on' || told === 'to-go-on-now';
    const isThere = isOnItsWay || (await this.#unlessGone(this.#continue(channel)));
    // Asterisk 16 looks each 200 ms only for a command to a channel without audio. A new limit wakes the channel. Later
    // versions need no waking, and the dialplan itself gives the channel back the limit that it had.
    if (this.#limits.get(channel)?.claimed === true) this.#limits.delete(channel);
    await this.#liftLimit(channel);
    return isThere;
  }

  /** The silence, and the confirmation behind it, which then nobody hears. */
  async #takeBack(channel: ChannelId): Promise<void> {
    const mayGo = this.#goesByItself(channel);
    if (this.#told.get(channel) === 'to-go-on') this.#told.set(channel, 'to-go-on-now');
    else if (mayGo) this.#told.delete(channel);
    let isInDoubt = !mayGo;
    const doubt = (): void => {
      if (!isInDoubt) this.#wentByItself(channel);
      isInDoubt = true;
    };
    const timer = setTimeout(doubt, takenBackWithinMs);
    const problems: unknown[] = [];
    for (const id of [playbackId(channel, 'confirmation'), silenceId(channel)]) {
      try {
        const wasThere = await this.#stop(id);
        // There need be no confirmation. The silence is there for exactly as long as the party has not gone on.
        if (!wasThere && id === silenceId(channel)) doubt();
      } catch (error) {
        doubt();
        problems.push(error);
      }
    }
    clearTimeout(timer);
    if (problems.length > 0) throw problems[0];
  }

  #goesByItself(channel: ChannelId): boolean {
    const told = this.#told.get(channel);
    return told === 'to-go-on' || told === 'perhaps-to-go-on';
  }

  #wentByItself(channel: ChannelId): void {
    this.#emit({ at: Date.now(), type: 'went-by-itself', channel });
  }

  async #letGoLater(channel: ChannelId, { silenceMs, confirmation }: Stay): Promise<void> {
    // Not yet all that is needed: whoever wants it to go on before it is has to say so.
    this.#told.set(channel, 'perhaps-to-go-on');
    const { media, ms } = this.#silence;
    await this.#queue(channel, silenceId(channel), { media, offsetms: String(Math.max(0, ms - silenceMs)) });
    if (confirmation !== undefined) {
      await this.#queue(channel, playbackId(channel, 'confirmation'), { media: confirmation });
    }
    await this.#continue(channel);
    this.#told.set(channel, 'to-go-on');
  }

  /** Plays it after all that the channel was told before. */
  async #queue(channel: ChannelId, id: string, query: Record<string, string>): Promise<void> {
    const path = `channels/${encodeURIComponent(channel)}/play/${encodeURIComponent(id)}`;
    await this.#ari.request('POST', path, query);
  }

  /** Also what has not begun yet: it then never does. */
  async #stop(id: string): Promise<boolean> {
    return this.#unlessGone(this.#ari.request('DELETE', `playbacks/${encodeURIComponent(id)}`));
  }

  async #continue(channel: ChannelId): Promise<void> {
    await this.#ari.request('POST', `channels/${encodeURIComponent(channel)}/continue`);
  }

  /** Whoever was about to be sent on, because nobody took it, gets as much time as those have that were taken. */
  async #take(channel: ChannelId): Promise<void> {
    const limit = this.#limits.get(channel);
    if (!limit || limit.isLong) return;
    limit.isLong = true;
    await this.#setLimit(channel, longLimit);
  }

  async #liftLimit(channel: ChannelId): Promise<void> {
    const limit = this.#limits.get(channel);
    if (!limit) return;
    this.#limits.delete(channel);
    await this.#setLimit(channel, limit.before);
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
