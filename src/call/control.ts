import { groupOf } from './classification.ts';
import { begin, endRecording, groupOfSegment, talksOf, withSegments } from './talk.ts';
import type { Wishes } from './wishes.ts';
import type { Step } from './gate.ts';
import type { Call, ChannelId, Control, ControlAction, Outcome, Policy, Recording, Segment } from './call.ts';
import type { CallEvent, Command } from './event.ts';

type Event<Type extends CallEvent['type']> = Extract<CallEvent, { type: Type }>;

interface Context {
  readonly policy: Policy;
  readonly newId: () => string;
}

/** What a control does to the talk that is going on: the segments in its place and the commands, or why not. */
type Effect = { readonly segments: readonly Segment[]; readonly commands: readonly Command[] } | string;

/** The segment of the talk in which a member's channel is. */
function openSegmentOf(call: Call, channel: ChannelId, policy: Policy): Segment | undefined {
  const open = call.segments.filter(({ endedAt }) => endedAt === undefined);
  const own = open.find(({ memberChannel }) => memberChannel === channel);
  const leg = call.legs.find((each) => each.channel === channel);
  // A talk of two members is one segment, and each of them may ask.
  return own ?? (leg && groupOf(leg, policy) && open.find(({ otherChannel }) => otherChannel === channel));
}

/** The talks that go on now under an id: a recording's, or that of the call. */
export function openSegmentsOf(call: Call, id: string): readonly Segment[] {
  const open = call.segments.filter(({ endedAt }) => endedAt === undefined);
  return call.id === id ? open : open.filter((segment) => segment.id === id);
}

/** Pause, resume, stop and start while a member talks. Whatever came of it is kept with the segment. */
export function controlRequested(call: Call, event: Event<'control-requested'>, context: Context): Step {
  const segment = openSegmentOf(call, event.channel, context.policy);
  if (!segment) return [call, []];
  const control = event.control === 'toggle' ? toggled(segment) : event.control;
  const effect = effects[control](call, segment, event.at, context);
  const done: ControlAction = { control, at: event.at, actor: event.actor };
  if (typeof effect === 'string') {
    return [withSegments(call, segment, [withAction(segment, { ...done, problem: effect })]), []];
  }
  const [last, ...before] = effect.segments.toReversed();
  const segments = last ? [...before.toReversed(), withAction(last, done)] : [];
  return [withSegments(call, segment, segments), effect.commands];
}

function toggled({ recording }: Segment): Control {
  return recording?.pause ? 'resume' : 'pause';
}

function withAction(segment: Segment, action: ControlAction): Segment {
  return { ...segment, controls: [...(segment.controls ?? []), action] };
}

const effects: Readonly<
  Record<Control, (call: Call, segment: Segment, at: number, context: Context) => Effect>
> = { pause, resume, stop, start };

function pause(call: Call, segment: Segment, at: number, { policy }: Context): Effect {
  const { recording } = segment;
  if (recording?.state !== 'running') return notRunning(recording);
  if (recording.pause && recording.pause.state !== 'resuming') return 'the recording is paused already';
  const limitMs = groupOfSegment(call, segment, policy)?.pauseLimitMs;
  const until = limitMs === undefined ? undefined : at + limitMs;
  return muted(call, segment, { ...recording, pause: { state: 'pausing', since: at, until } }, at);
}

function resume(call: Call, segment: Segment, at: number): Effect {
  const { recording } = segment;
  if (recording?.state !== 'running') return notRunning(recording);
  if (!recording.pause) return 'the recording is not paused';
  return muted(call, segment, { ...recording, pause: { ...recording.pause, state: 'resuming' } }, at);
}

function muted(call: Call, segment: Segment, recording: Recording, at: number): Effect {
  const changed: Segment = { ...segment, recording };
  return { segments: [changed], commands: pauseCommands(call, changed, at) };
}

/** Makes Asterisk do what the state of the pause says; nothing where there is none. Can be given again. */
export function pauseCommands(call: Call, segment: Segment, at: number): readonly Command[] {
  const { id, memberChannel, recording } = segment;
  const member = call.legs.find(({ channel }) => channel === memberChannel);
  if (!member || !recording?.pause) return [];
  const { state, since, until } = recording.pause;
  const muted = state !== 'resuming';
  const mute: Command = { type: 'mute-recording', recording: id, channelName: member.name, muted };
  if (!muted || until === undefined) return [mute];
  return [mute, { type: 'set-pause-timeout', channel: memberChannel, since, ms: Math.max(0, until - at) }];
}

function stop(call: Call, segment: Segment): Effect {
  const { recording } = segment;
  if (recording?.state !== 'running') return notRunning(recording);
  const [ending, commands] = endRecording(call, segment, recording);
  return { segments: [ending], commands };
}

/** Whoever starts a recording wants to hear something in it. */
const started: Wishes = { asked: 'start', pause: undefined };

/** The talk goes on as another segment, which is recorded. */
function start(call: Call, segment: Segment, at: number, { policy, newId }: Context): Effect {
  const { recording } = segment;
  if (recording?.state === 'starting' || recording?.state === 'running')
    return 'the talk is being recorded already';
  const talk = talksOf(call, policy).find(({ member }) => member.channel === segment.memberChannel);
  if (!talk) return 'the parties do not talk at this moment';
  const [next, commands] = begin(call, talk, { id: newId(), at, wishes: started }, policy);
  if (next.verdict.outcome !== 'recorded')
    return whyNot[next.verdict.outcome] ?? 'this talk may not be recorded';
  return { segments: [{ ...segment, endedAt: at }, next], commands };
}

const whyNot: Readonly<Partial<Record<Outcome, string>>> = {
  'direction-off': 'the group does not record calls in this direction',
  declined: 'the other party declined the recording',
  'not-agreed': 'the other party did not agree to the recording',
  'not-announced': 'the recording was not announced to the other party',
  'announcement-failed': 'the other party did not hear the announcement to its end',
  excepted: 'the number of the other party is one that is never recorded',
};

function notRunning(recording: Recording | undefined): string {
  if (recording?.state === 'starting') return 'the recording has not begun yet';
  return recording ? 'the recording is over' : 'the talk is not recorded';
}

/** A pause ends by itself, so that nobody forgets it. */
export function pauseEnded(call: Call, event: Event<'pause-timeout'>, context: Context): Step {
  const pause = openSegmentOf(call, event.channel, context.policy)?.recording?.pause;
  if (pause?.since !== event.since || pause.state === 'resuming') return [call, []];
  const { at, channel } = event;
  return controlRequested(
    call,
    { at, type: 'control-requested', channel, control: 'resume', actor: 'pause-limit' },
    context,
  );
}

/** A report of what is not wanted any more is of a command before the last, and changes nothing. */
function isAwaited({ recording }: Segment, muted: boolean): boolean {
  return recording?.state === 'running' && recording.pause?.state === (muted ? 'pausing' : 'resuming');
}

export function muteConfirmed(call: Call, { recording: id, muted }: Event<'recording-muted'>): Call {
  const segment = call.segments.find((each) => each.id === id);
  if (!segment || !isAwaited(segment, muted)) return call;
  return withSegments(call, segment, [withPause(segment, muted ? 'paused' : undefined)]);
}

/** A pause whose time is over, and that Asterisk did not end, is tried to be ended again after this. */
const resumeAgainMs = 5_000;

/** It stays as it was, and what was asked for was not done. */
export function muteRefused(call: Call, event: Event<'recording-mute-refused'>): Step {
  const segment = call.segments.find((each) => each.id === event.recording);
  if (!segment || !isAwaited(segment, event.muted)) return [call, []];
  const { controls = [] } = segment;
  const refused = controls.map((action, index) =>
    index === controls.length - 1 ? { ...action, problem: event.problem } : action,
  );
  const { since = 0, until = Infinity } = segment.recording?.pause ?? {};
  const channel = segment.memberChannel;
  const again: Command = { type: 'set-pause-timeout', channel, since, ms: resumeAgainMs };
  return [
    withSegments(call, segment, [
      { ...withPause(segment, event.muted ? undefined : 'paused'), controls: refused },
    ]),
    !event.muted && until <= event.at ? [again] : [],
  ];
}

function withPause(segment: Segment, state: 'paused' | undefined): Segment {
  const { recording } = segment;
  if (!recording?.pause) return segment;
  return { ...segment, recording: { ...recording, pause: state && { ...recording.pause, state } } };
}
