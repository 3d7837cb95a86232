import { pauseCommands } from './control.ts';
import { begin, talksOf } from './talk.ts';
import type { Step } from './gate.ts';
import type { Call, ControlAction, Pause, Policy, RecordingId, Segment } from './call.ts';
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
  const ending: Segment = {
    ...segment,
    endedAt: at,
    controls: [...(segment.controls ?? []), { control: 'stop', at, actor: byOthers }],
    recording: { ...segment.recording, state: 'ending', mixMonitor: noMixMonitor },
  };
  const collect: Command = { type: 'collect-recording', recording: id };
  const talk = talksOf(call, policy).find(({ member }) => member.channel === segment.memberChannel);
  // It was recorded by then: whoever had to ask for that did.
  const begun = talk && begin(call, talk, { id: newId(), at, demanded: true }, policy);
  const segments = call.segments.flatMap((each) => {
    if (each !== segment) return [each];
    return begun ? [ending, resumed(begun[0], segment.recording?.pause, at)] : [ending];
  });
  return [{ ...call, segments }, [collect, ...(begun?.[1] ?? [])]];
}

/** Who was to hear nothing of the talk is not to hear it in the next file. */
export function stillPaused(call: Call, segment: Segment, at: number): readonly Command[] {
  return segment.recording?.state === 'running' ? pauseCommands(call, segment, at) : [];
}

const byOthers = 'asterisk';
const byUs = 'mitschnitt';
/** It is gone, and another one may have its id by now. */
const noMixMonitor = '';

function isToRun({ endedAt, recording }: Segment): boolean {
  return endedAt === undefined && recording?.state === 'running';
}

function resumed(segment: Segment, pause: Pause | undefined, at: number): Segment {
  const start: ControlAction = { control: 'start', at, actor: byUs };
  const { recording } = segment;
  const isPaused = recording && pause && pause.state !== 'resuming';
  return {
    ...segment,
    controls: [start],
    recording: isPaused ? { ...recording, pause: { ...pause, state: 'pausing' } } : recording,
  };
}
