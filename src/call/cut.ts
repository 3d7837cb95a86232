import { begin, partingOf, talksOf, withSegments } from './talk.ts';
import { wishesOf, type Wishes } from './wishes.ts';
import type { Step } from './gate.ts';
import type { Call, ControlAction, Policy, RecordingId, Segment } from './call.ts';
import type { CallEvent, Command } from './event.ts';

/**
 * StopMixMonitor without an id stops the newest one of a channel, and that is ours: recordings on this channel are
 * looked at.
 */
export function mixMonitorStopped(
  call: Call,
  { channel }: Extract<CallEvent, { type: 'mixmonitor-stopped' }>,
): Step {
  const running = call.segments.filter((each) => each.memberChannel === channel && isToRun(each));
  const look = (recording: RecordingId): Command => ({ type: 'look-at-recording', recording });
  return [call, running.map(({ id }) => look(id))];
}

/** Somebody else ended a recording in the middle of its talk: the talk is recorded on, in a file of its own. */
export function recordingCut(
  call: Call,
  { recording: id, at }: Extract<CallEvent, { type: 'recording-cut' }>,
  { policy, newId }: { readonly policy: Policy; readonly newId: () => string },
): Step {
  const segment = call.segments.find((each) => each.id === id);
  if (!segment?.recording || !isToRun(segment)) return [call, []];
  // Whoever is on the way to another bridge, or out of the call, has left for now.
  const { leftAt = at } = partingOf(call, segment);
  const talk = talksOf(call, policy).find(
    ({ member, other }) =>
      member.channel === segment.memberChannel && (member.leftAt ?? other.leftAt) === undefined,
  );
  const stop: ControlAction = { control: 'stop', at, actor: byOthers };
  const ending: Segment = {
    ...segment,
    endedAt: talk ? at : leftAt,
    // Nobody wished it: what is asked for after it is that the talk be recorded.
    ...(talk && { controls: [...(segment.controls ?? []), stop] }),
    recording: { ...segment.recording, state: 'ending', mixMonitor: noMixMonitor },
  };
  const collect: Command = { type: 'collect-recording', recording: id };
  if (!talk) return [withSegments(call, segment, [ending]), [collect]];
  // It was recorded by then: whoever had to ask for that did. A pause goes on.
  const wishes: Wishes = { asked: 'start', pause: wishesOf(call.segments, talk, at).pause };
  const [next, begins] = begin(call, talk, { id: newId(), at, wishes }, policy);
  const start: ControlAction = { control: 'start', at, actor: byUs };
  return [withSegments(call, segment, [ending, { ...next, controls: [start] }]), [collect, ...begins]];
}

const byOthers = 'asterisk';
const byUs = 'mitschnitt';
/** It is gone, and another one may have its id by now. */
const noMixMonitor = '';

/** Also before Asterisk's answer to its start was read: what was told since may be read first. */
export function isToRun({ endedAt, recording }: Segment): boolean {
  return endedAt === undefined && (recording?.state === 'running' || recording?.state === 'starting');
}
