import { digitPressed, enterGate, gateTimeout, leftGate, playbackFinished, playbackStarted } from './gate.ts';
import { endRecording, followTalks } from './talk.ts';
import { decideCall } from './rules.ts';
import type { Step } from './gate.ts';
import type {
  Call,
  CallEvent,
  ChannelFacts,
  Command,
  Leg,
  Media,
  Policy,
  Recording,
  RecordingId,
  Segment,
} from './call.ts';

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
    destination: undefined,
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
  if (call.verdict) return [call, afterTheEnd(event)];
  const [applied, first] = apply(call, event, context);
  const observed = event.type !== 'hung-up' || event.observed;
  const [followed, second] = followTalks(applied, { at: event.at, observed }, context);
  return [conclude(followed, event.at, context.policy), [...first, ...second]];
}

/** Events of the two connections keep no common order: a party that hung up may still come into the gate. */
function afterTheEnd(event: CallEvent): readonly Command[] {
  return event.type === 'gate-entered' ? [{ type: 'continue', channel: event.channel }] : [];
}

function apply(call: Call, event: CallEvent, { policy }: Context): Step {
  switch (event.type) {
    case 'channel-seen':
      return [seen(call, event.facts), []];
    case 'channel-renamed':
      return [withLeg(call, event.channel, { name: event.name, number: '' }), []];
    case 'bridge-entered':
      return [enteredBridge(call, event.channel, event.bridge), []];
    case 'bridge-left':
      return leftBridge(call, event);
    case 'move-timeout':
      return [moveEnded(call, event.channel), []];
    case 'legs-taken':
      return [{ ...call, legs: call.legs.filter(({ channel }) => !event.channels.includes(channel)) }, []];
    case 'legs-joined':
      return [joined(call, event), []];
    case 'hang-up-requested':
      return [isBridged(call, event.channel) ? call : hungUp(call, event.channel, event.at), []];
    case 'hung-up':
      return [hungUp(call, event.channel, event.at), []];
    case 'gate-entered':
      return enterGate(call, event, policy);
    case 'gate-left':
      return [leftGate(call, event.channel, event.problem ?? 'the announcement was interrupted'), []];
    case 'playback-started':
      return playbackStarted(call, event);
    case 'playback-finished':
      return playbackFinished(call, event);
    case 'digit':
      return digitPressed(call, event);
    case 'gate-timeout':
      return gateTimeout(call, event);
    case 'recording-started':
      return recordingStarted(call, event.recording, event.mixMonitor);
    case 'recording-refused':
      return [
        withRecording(call, event.recording, ['starting'], { state: 'failed', problem: event.problem }),
        [],
      ];
    case 'recording-closed':
      return recordingClosed(call, event.recording, event.media, policy);
    case 'recording-missing':
      return [
        withRecording(call, event.recording, unsettled, { state: event.state, problem: event.problem }),
        [],
      ];
  }
}

function seen(call: Call, facts: ChannelFacts): Call {
  const known = call.legs.find((leg) => leg.channel === facts.channel);
  if (known) {
    const { name, number, dialled, bridge } = facts;
    return withLeg(call, facts.channel, {
      name,
      ...(bridge === known.bridge ? {} : { bridge, leftAt: undefined }),
      number: number || known.number,
      dialled: dialled || known.dialled,
    });
  }
  const leg: Leg = {
    channel: facts.channel,
    name: facts.name,
    role: facts.channel === facts.linkedId ? 'caller' : 'called',
    number: facts.number,
    dialled: facts.channel === facts.linkedId ? facts.dialled : '',
    bridge: facts.bridge,
    leftAt: undefined,
    hungUpAt: undefined,
  };
  return { ...call, legs: [...call.legs, leg] };
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
  return gone ? call : withLeg(call, channel, { bridge, leftAt: undefined });
}

/**
 * Asterisk moves a channel to another bridge by letting it leave one and enter the next, a few ms apart: when it takes
 * a pair of Local channels out of the way, say. Its talk goes on meanwhile.
 */
const moveMs = 100;

function leftBridge(
  call: Call,
  { channel, bridge, replaced, at }: Extract<CallEvent, { type: 'bridge-left' }>,
): Step {
  // Told of a bridge that it left before the one that we know: after a reconnection events may be older than the list.
  const isThere = call.legs.some((leg) => leg.channel === channel && leg.bridge === bridge);
  if (!isThere || !isBridged(call, channel)) return [call, []];
  if (replaced) return [withLeg(call, channel, { bridge: undefined, leftAt: at }), []];
  return [withLeg(call, channel, { leftAt: at }), [{ type: 'set-move-timeout', channel, ms: moveMs }]];
}

function moveEnded(call: Call, channel: string): Call {
  const leg = call.legs.find((candidate) => candidate.channel === channel);
  return leg?.leftAt === undefined ? call : withLeg(call, channel, { bridge: undefined });
}

function joined(call: Call, { legs, consents }: Extract<CallEvent, { type: 'legs-joined' }>): Call {
  return {
    ...call,
    legs: [...call.legs, ...legs],
    consents: consents.length === 0 ? call.consents : [...call.consents, ...consents],
  };
}

function isBridged(call: Call, channel: string): boolean {
  return call.legs.some(
    (leg) => leg.channel === channel && leg.bridge !== undefined && leg.leftAt === undefined,
  );
}

function hungUp(call: Call, channel: string, at: number): Call {
  const left = leftGate(call, channel, 'the party hung up during the announcement');
  return withLeg(left, channel, { bridge: undefined, hungUpAt: at });
}

const unsettled: readonly Recording['state'][] = ['starting', 'running', 'ending'];

/** A report about a recording counts only in the states in which it can be true: reports may come late or twice. */
function withRecording(
  call: Call,
  id: RecordingId,
  states: readonly Recording['state'][],
  change: Partial<Recording>,
): Call {
  const segments = call.segments.map((segment) =>
    segment.id === id && segment.recording && states.includes(segment.recording.state)
      ? { ...segment, recording: { ...segment.recording, ...change } }
      : segment,
  );
  return segments.every((segment, index) => segment === call.segments[index]) ? call : { ...call, segments };
}

function recordingStarted(call: Call, id: RecordingId, mixMonitor: string | undefined): Step {
  const started = withRecording(call, id, ['starting'], { state: 'running', mixMonitor });
  if (started === call) return [call, []];
  const segment = started.segments.find((candidate) => candidate.id === id);
  if (!segment?.recording || segment.endedAt === undefined) return [started, []];
  // The parties parted while Asterisk was still about to start.
  const [ending, commands] = endRecording(started, segment, segment.recording);
  return [
    { ...started, segments: started.segments.map((each) => (each.id === id ? ending : each)) },
    commands,
  ];
}

function recordingClosed(call: Call, id: RecordingId, media: Media, policy: Policy): Step {
  const tooShort = media.durationMs < policy.minDurationMs;
  const closed = withRecording(call, id, unsettled, { state: tooShort ? 'too-short' : 'finished', media });
  if (closed === call) return [call, []];
  const segments = closed.segments.map((segment) =>
    // Nobody saw the end of the talk: the file knows it.
    segment.id === id && !segment.endObserved
      ? { ...segment, endedAt: segment.startedAt + media.durationMs }
      : segment,
  );
  return [{ ...closed, segments }, tooShort ? [{ type: 'discard-recording', recording: id }] : []];
}

function conclude(call: Call, at: number, policy: Policy): Call {
  const over = call.gate === undefined && call.legs.every((leg) => leg.hungUpAt !== undefined);
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
  return { ...segment, recording: { ...segment.recording, state: 'too-short' } };
}

function isSettled({ state }: Recording): boolean {
  return !unsettled.includes(state);
}
