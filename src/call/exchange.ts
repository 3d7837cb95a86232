import { newCall, step, type Context } from './lifecycle.ts';
import { eventsOf, movesAfter, type Move } from './moves.ts';
import { otherEnd } from './rooms.ts';
import type { Call, ChannelId, Instant, Leg, RecordingId } from './call.ts';
import type { CallEvent, ChannelFacts, Command } from './event.ts';
import type { Media } from '../recording/media.ts';

/** What an event made of a call, and what is to be done about it. */
export interface Change {
  readonly before: Call;
  readonly call: Call;
  readonly commands: readonly Command[];
}

/** The calls that are known, each with its newest state; leads every event to the calls that it concerns. */
export class Exchange {
  readonly #calls = new Map<Call['id'], Call>();
  readonly #byLinkedId = new Map<string, Call['id']>();
  readonly #byChannel = new Map<ChannelId, Call['id']>();
  readonly #byRecording = new Map<RecordingId, Call['id']>();
  /**
   * How far the clock of the machine had been set when each call began, in ms. A call keeps the time that it began with,
   * whatever is made of the clock meanwhile: what was heard before a talk stays before it, and a talk is as long as it was.
   */
  readonly #clockSetMs = new Map<Call['id'], number>();

  get calls(): readonly Call[] {
    return [...this.#calls.values()];
  }

  /** Calls that are over meet nobody any more. */
  *#goingOn(): Iterable<Call> {
    for (const call of this.#calls.values()) if (call.endedAt === undefined) yield call;
  }

  callOf(channel: ChannelId): Call | undefined {
    return this.#find(this.#byChannel.get(channel));
  }

  /** `now`: of a call that a former process left behind; its clock may have gone ahead of ours. */
  add(call: Call, now?: Instant): void {
    const latest = lastTimeIn(call);
    if (now !== undefined && latest > now) this.#clockSetMs.set(call.id, latest - now);
    // A consultation has the `Linkedid` of the call that it came from.
    const first = this.#find(this.#byLinkedId.get(call.linkedId));
    if (!first || first.verdict) this.#byLinkedId.set(call.linkedId, call.id);
    for (const { channel, takenAt } of call.legs) {
      if (takenAt === undefined) this.#byChannel.set(channel, call.id);
    }
    this.#keep(call);
  }

  /** A process may have ended after it kept the one, and before it kept the other of two calls with a common party. */
  settle(at: Instant, context: Context): readonly Change[] {
    return this.calls.flatMap((call) => {
      const isElsewhere = ({ channel, takenAt }: Leg): boolean =>
        takenAt === undefined && this.#byChannel.get(channel) !== call.id;
      const channels = call.legs.filter(isElsewhere).map(({ channel }) => channel);
      const [channel] = channels;
      if (channel === undefined) return [];
      return [this.#step(call, { at, type: 'legs-taken', channels, channel }, context)];
    });
  }

  forget({ id, linkedId, legs, segments }: Call): void {
    this.#calls.delete(id);
    this.#clockSetMs.delete(id);
    if (this.#byLinkedId.get(linkedId) === id) this.#byLinkedId.delete(linkedId);
    for (const { channel } of legs) {
      if (this.#byChannel.get(channel) === id) this.#byChannel.delete(channel);
    }
    for (const segment of segments) this.#byRecording.delete(segment.id);
  }

  /** Undefined: the event concerns no call that is known. `opens`: a channel of no known call begins one. */
  take(event: CallEvent, context: Context, opens: boolean): readonly Change[] | undefined {
    const call = this.#concerned(event, context, opens);
    if (!call) return undefined;
    const changes = [this.#step(call, event, context)];
    for (const move of movesAfter(event, this.#goingOn(), (channel) => this.callOf(channel))) {
      changes.push(...this.#move(move, event, context));
    }
    return changes;
  }

  #move(move: Move, { at, unseenSince, clockSetMs = 0 }: CallEvent, context: Context): readonly Change[] {
    const { from, channels, into = newCall(context.newId(), from.linkedId, at) } = move;
    if (!move.into) this.#begins(into, clockSetMs);
    const [here, there] = [this.#clockSetMs.get(from.id) ?? 0, this.#clockSetMs.get(into.id) ?? 0];
    const { taken, joined } = eventsOf(move, at, there - here);
    for (const channel of channels) this.#byChannel.set(channel, into.id);
    return [
      this.#step(from, { ...taken, unseenSince, clockSetMs }, context),
      // Not `into` as it was: it may have taken in others before.
      this.#step(this.#find(into.id) ?? into, { ...joined, unseenSince, clockSetMs }, context),
    ];
  }

  #begins({ id }: Call, clockSetMs: number): void {
    if (clockSetMs !== 0) this.#clockSetMs.set(id, clockSetMs);
  }

  /** A time, now that the clock has been set so far, by the time that a call keeps. */
  timeOf({ id }: Call, at: Instant, clockSetMs = 0): Instant {
    return at - clockSetMs + (this.#clockSetMs.get(id) ?? 0);
  }

  /** A channel stays with the call in which it was first seen, until it moves to another. */
  #concerned(event: CallEvent, { newId }: Context, opens: boolean): Call | undefined {
    if ('recording' in event) return this.#find(this.#byRecording.get(event.recording));
    if (event.type !== 'channel-seen') return this.callOf(event.channel);
    const { channel, linkedId } = event.facts;
    const known = this.callOf(channel) ?? this.#leadingTo(event.facts) ?? this.#begunBy(event.facts);
    if (!known && !opens) return undefined;
    const call = known ?? newCall(newId(), linkedId, event.at);
    if (!known) this.#begins(call, event.clockSetMs ?? 0);
    if (!known) this.add(call);
    this.#byChannel.set(channel, call.id);
    return call;
  }

  /** The call that has the channel's `Linkedid`. One that is over gets nobody any more who is found in a bridge. */
  #begunBy({ linkedId, bridge }: ChannelFacts): Call | undefined {
    const call = this.#find(this.#byLinkedId.get(linkedId));
    if (call?.endedAt === undefined) return call;
    return this.#heirOf(call) ?? (call.verdict && bridge !== undefined ? undefined : call);
  }

  /** The call in which a party of another goes on, whose `Linkedid` it may have brought with it. */
  #heirOf({ legs }: Call): Call | undefined {
    for (const { channel, takenAt } of legs) {
      const heir = takenAt === undefined ? undefined : this.callOf(channel);
      if (heir && heir.endedAt === undefined) return heir;
    }
    return undefined;
  }

  /** The other half of a Local channel may have gone on in another call before this one was seen. */
  #leadingTo({ name }: ChannelFacts): Call | undefined {
    if (!name.startsWith('Local/')) return undefined;
    const isThere = (half: Leg | undefined): boolean => half !== undefined && half.takenAt === undefined;
    return this.calls.find(({ legs }) => isThere(otherEnd({ name }, legs)));
  }

  #step(before: Call, event: CallEvent, context: Context): Change {
    const { at, unseenSince, clockSetMs } = event;
    const ownTime = (time: Instant): Instant => this.timeOf(before, time, clockSetMs);
    const own: CallEvent = {
      ...event,
      at: ownTime(at),
      unseenSince: unseenSince === undefined ? undefined : ownTime(unseenSince),
      ...(event.type === 'recording-closed' && { media: inTimeOf(event.media, ownTime) }),
    };
    const [call, commands] = step(before, own, context);
    this.#keep(call);
    return { before, call, commands };
  }

  #keep(call: Call): void {
    this.#calls.set(call.id, call);
    for (const { id } of call.segments) this.#byRecording.set(id, call.id);
  }

  #find(id: Call['id'] | undefined): Call | undefined {
    return id === undefined ? undefined : this.#calls.get(id);
  }
}

function inTimeOf(media: Media, ownTime: (time: Instant) => Instant): Media {
  return media.writtenAt === undefined ? media : { ...media, writtenAt: ownTime(media.writtenAt) };
}

/** The latest time that is known of a call. */
function lastTimeIn({ startedAt, endedAt, legs, consents, segments }: Call): Instant {
  const times = [
    endedAt,
    ...legs.flatMap(({ leftAt, hungUpAt, takenAt }) => [leftAt, hungUpAt, takenAt]),
    ...consents.flatMap(({ countsFrom, playedFrom, playedTo, keyAt }) => [
      countsFrom,
      playedFrom,
      playedTo,
      keyAt,
    ]),
    ...segments.flatMap((segment) => [segment.startedAt, segment.endedAt]),
  ];
  return Math.max(startedAt, ...times.map((at) => at ?? startedAt));
}
