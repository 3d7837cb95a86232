import { parseConsent } from './consent-text.ts';
import { controlRequested, pauseEnded } from './control.ts';
import {
  digitPressed,
  enterGate,
  gateTimeout,
  interrupted,
  leftGate,
  playbackFinished,
  playbackStarted,
  releaseAbandoned,
  wentByItself,
} from './gate.ts';
import { followReannouncement } from './reannouncement.ts';
import { recordingTold } from './recording-told.ts';
import { followTalks } from './talk.ts';
import { mixMonitorStopped } from './cut.ts';
import { decideCall } from './rules.ts';
import { isInCall, isParty } from './classification.ts';
import { keepNothing, withdraw } from './withdrawal.ts';
import { unsettled } from './call.ts';
import type { Step } from './gate.ts';
import type { Call, Gate, Leg, Policy, Recording, Segment } from './call.ts';
import type { CallEvent, ChannelFacts, Command } from './event.ts';

/** What {@link step} needs besides the call and the event. */
export interface Context {
  readonly policy: Policy;
  /** A new UUID, for a segment. */
  readonly newId: () => string;
}

export function newCall(id: string, linkedId: string, at: number): Call {
  return {
    id,
    linkedId,
    startedAt: at,
    endedAt: undefined,
    legs: [],
    gate: undefined,
    consents: [],
    segments: [],
    verdict: undefined,
  };
}

/**
 * The whole life of a call: what an event changes and what is to be done. After each event it compares who talks to
 * whom with what is being recorded, so that the order in which Asterisk reports things does not matter.
 */
export function step(call: Call, event: CallEvent, context: Context): Step {
  if (call.verdict) return afterTheEnd(call, event);
  const [applied, first] = apply(call, event, context);
  const [allowed, second] = withdraw(call, applied, context.policy);
  const [followed, third] = followTalks(allowed, event, context);
  const [told, fourth] = followReannouncement(call.gate, followed, { at: event.at, ...context });
  const [kept, fifth] = keepNothing(told);
  return [conclude(kept, event.at, context.policy), [...first, ...second, ...third, ...fourth, ...fifth]];
}

/**
 * Events of the two connections keep no common order: a party that hung up may still come into the gate, and whoever is
 * called now may be told to have been called by another call in a moment.
 */
function afterTheEnd(call: Call, event: CallEvent): Step {
  if (event.type === 'channel-seen') return [seen(call, event.facts), []];
  if (event.type === 'legs-taken') return [taken(call, event), []];
  return [call, event.type === 'gate-entered' ? [{ type: 'continue', channel: event.channel }] : []];
}

function apply(call: Call, event: CallEvent, context: Context): Step {
  if ('recording' in event) return recordingTold(call, event, context);
  switch (event.type) {
    case 'channel-seen':
      return [seen(call, event.facts), []];
    case 'channel-renamed':
      return [withLeg(call, event.channel, { name: event.name, number: '' }), []];
    case 'dialled':
      return [withLeg(call, event.channel, { dialledBy: event.by }), []];
    case 'bridge-entered':
      return [enteredBridge(call, event.channel, event.bridge), []];
    case 'bridge-left':
      return leftBridge(call, event);
    case 'move-timeout':
      return [moveEnded(call, event), []];
    case 'legs-taken':
      return [taken(call, event), []];
    case 'legs-joined':
      return joined(call, event);
    case 'hang-up-requested':
      return isBridged(call, event.channel) ? [call, []] : hungUp(call, event.channel, event.at);
    case 'hung-up':
      return hungUp(call, event.channel, event.at, !event.observed);
    case 'gate-entered':
      return enterGate(call, event, context.policy);
    case 'gate-left':
      return [gateLeft(call, event), []];
    case 'went-by-itself':
      return [wentByItself(call, event), []];
    case 'playback-started':
      return playbackStarted(call, event);
    case 'playback-finished':
      return playbackFinished(call, event);
    case 'digit':
      return digitPressed(call, event);
    case 'gate-timeout':
      return gateTimeout(call, event);
    case 'control-requested':
      return controlRequested(call, event, context);
    case 'pause-timeout':
      return pauseEnded(call, event, context);
    case 'policy-changed':
      return [call, []];
    case 'mixmonitor-stopped':
      return mixMonitorStopped(call, event);
  }
}

function seen(call: Call, facts: ChannelFacts): Call {
  const known = call.legs.find((leg) => leg.channel === facts.channel);
  if (known) {
    const { name, number, callerName, dialled, bridge } = facts;
    return withLeg(call, facts.channel, {
      name,
      takenAt: undefined,
      // Only the list of channels says where they are, and recovery who is in no bridge any more.
      ...(bridge === undefined ? {} : { bridge, leftAt: undefined, leftUnseen: undefined }),
      number: number || known.number,
      ...(callerName === undefined ? {} : { callerName }),
      dialled: dialled || known.dialled,
    });
  }
  const leg: Leg = {
    channel: facts.channel,
    name: facts.name,
    role: facts.channel === facts.linkedId ? 'caller' : 'called',
    number: facts.number,
    ...(facts.callerName === undefined ? {} : { callerName: facts.callerName }),
    dialled: facts.channel === facts.linkedId ? facts.dialled : '',
    bridge: facts.bridge,
    leftAt: undefined,
    hungUpAt: undefined,
  };
  // It is unknown, but was in the gate: the catalogue was lost, or could not be written.
  const consent = facts.consent === undefined ? undefined : parseConsent(facts.consent, facts.channel);
  const consents = consent ? [...call.consents, consent] : call.consents;
  return { ...call, legs: [...call.legs, leg], consents };
}

function withLeg(call: Call, channel: string, change: Partial<Leg>): Call {
  return {
    ...call,
    legs: call.legs.map((leg) => (leg.channel === channel ? { ...leg, ...change } : leg)),
  };
}

/** Dial() bridges a called party that hung up while its subroutine ran, for a moment: nobody talks there. */
function enteredBridge(call: Call, channel: string, bridge: string): Call {
  const gone = call.legs.some((leg) => leg.channel === channel && leg.hungUpAt !== undefined);
  return gone ? call : withLeg(call, channel, { bridge, leftAt: undefined, leftUnseen: undefined });
}

/**
 * Asterisk moves a channel to another bridge by letting it leave one and enter the next, a few ms apart: when it takes
 * a pair of Local channels out of the way, say. Its talk goes on meanwhile.
 */
const moveMs = 100;

function leftBridge(
  call: Call,
  { channel, bridge, replaced, at, unseenSince }: Extract<CallEvent, { type: 'bridge-left' }>,
): Step {
  // Told of a bridge that it left before the one that we know: after a reconnection events may be older than the list.
  const there = call.legs.find((leg) => leg.channel === channel && leg.bridge === bridge);
  if (!there) return [call, []];
  const leftUnseen = unseenSince === undefined ? undefined : true;
  // Who takes the place of a Local channel is on the way, and the talk through it goes on.
  if (replaced && (isParty(there) || there.leftAt === undefined)) {
    return [withLeg(call, channel, { bridge: undefined, leftAt: there.leftAt ?? at, leftUnseen }), []];
  }
  if (there.leftAt !== undefined) return [call, []];
  return [
    withLeg(call, channel, { leftAt: at, leftUnseen }),
    [{ type: 'set-move-timeout', channel, since: at, ms: moveMs }],
  ];
}

/** It may have come back and left again meanwhile, and that move has a time of its own. */
function moveEnded(call: Call, { channel, since }: Extract<CallEvent, { type: 'move-timeout' }>): Call {
  const leg = call.legs.find((candidate) => candidate.channel === channel);
  return leg?.leftAt === undefined || leg.leftAt !== since
    ? call
    : withLeg(call, channel, { bridge: undefined });
}

/** Who talked or rang here stays as somebody who took part; who was only on the way to a call does not. */
function taken(call: Call, { channels, met, at }: Extract<CallEvent, { type: 'legs-taken' }>): Call {
  const gone = (channel: string): boolean => channels.includes(channel);
  return {
    ...call,
    gate: call.gate && gone(call.gate.channel) ? undefined : call.gate,
    legs: call.legs
      .filter((leg) => !gone(leg.channel) || leg.bridge !== undefined || met)
      .map((leg) => (gone(leg.channel) ? { ...leg, bridge: undefined, takenAt: at } : leg)),
  };
}

/** Who comes back is what it was before. */
function joined(call: Call, { legs, consents, gate }: Extract<CallEvent, { type: 'legs-joined' }>): Step {
  const back = legs.filter(({ channel }) => call.legs.some((leg) => leg.channel === channel));
  const returned = (leg: Leg): Leg => {
    const now = back.find(({ channel }) => channel === leg.channel);
    return now ? { ...now, role: leg.role } : leg;
  };
  const known = call.consents;
  const merged: Call = {
    ...call,
    gate: call.gate ?? gate,
    legs: [...call.legs.map(returned), ...legs.filter((leg) => !back.includes(leg))],
    consents:
      consents.length === 0 ? known : [...known.filter((each) => !consents.includes(each)), ...consents],
  };
  if (!call.gate || !gate) return [merged, []];
  // One party is asked at a time.
  return [
    interrupted(merged, gate, 'its call became part of another, in which somebody is asked'),
    lettingGo(gate),
  ];
}

/** Who is asked in its talk stays there; who stands in the gate goes on in the dialplan, and not after the prompt only. */
function lettingGo({ channel, place }: Gate): readonly Command[] {
  if (place === 'talk') return [{ type: 'end-whisper', channel }];
  return [
    { type: 'stop-playback', channel, playback: 'announcement' },
    { type: 'stop-playback', channel, playback: 'confirmation' },
    { type: 'continue', channel },
  ];
}

/** With a problem it is told by us, and not by Asterisk. */
function gateLeft(call: Call, { channel, problem }: Extract<CallEvent, { type: 'gate-left' }>): Call {
  return leftGate(call, channel, problem ?? 'the announcement was interrupted', problem !== undefined);
}

function isBridged(call: Call, channel: string): boolean {
  return call.legs.some(
    (leg) => leg.channel === channel && leg.bridge !== undefined && leg.leftAt === undefined,
  );
}

function hungUp(call: Call, channel: string, at: number, unseen = false): Step {
  const left = leftGate(call, channel, 'the party hung up during the announcement');
  const leftUnseen = unseen ? { leftUnseen: true as const } : {};
  return releaseAbandoned(withLeg(left, channel, { bridge: undefined, hungUpAt: at, ...leftUnseen }));
}

function conclude(call: Call, at: number, policy: Policy): Call {
  const over = call.gate === undefined && !call.legs.some(isInCall);
  if (!over) return call;
  const ended: Call = { ...call, endedAt: call.endedAt ?? at };
  const settled = ended.segments.every(({ recording }) => !recording || isSettled(recording));
  if (!settled) return ended;
  const judged: Call = { ...ended, segments: ended.segments.map((each) => excused(each, policy)) };
  return { ...judged, verdict: decideCall(judged) };
}

/** Parties who parted at once may be gone before Asterisk can record them: nothing failed there. */
function excused(segment: Segment, { minDurationMs }: Policy): Segment {
  const talkMs = (segment.endedAt ?? segment.startedAt) - segment.startedAt;
  if (segment.recording?.state !== 'failed' || talkMs >= minDurationMs) return segment;
  return { ...segment, recording: { ...segment.recording, state: 'too-short', rule: undefined } };
}

function isSettled({ state }: Recording): boolean {
  return !unsettled.includes(state);
}
