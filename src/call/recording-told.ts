import { muteConfirmed, muteRefused, pauseCommands } from './control.ts';
import { recordingCut } from './cut.ts';
import { longestMs } from './findings.ts';
import { endRecording, withSegments } from './talk.ts';
import { fittedTo, unseenUntil } from './unseen.ts';
import { unsettled } from './call.ts';
import type { Context } from './lifecycle.ts';
import type { Step } from './gate.ts';
import type { Call, Policy, Recording, RecordingId, Segment } from './call.ts';
import type { CallEvent } from './event.ts';
import type { AudioForm } from '../recording/audio-form.ts';

/** What is told of a recording changes its segment. */
export function recordingTold(
  call: Call,
  event: Extract<CallEvent, { readonly recording: RecordingId }>,
  context: Context,
): Step {
  switch (event.type) {
    case 'recording-cut':
      return recordingCut(call, event, context);
    case 'recording-muted':
      return [muteConfirmed(call, event), []];
    case 'recording-mute-refused':
      return muteRefused(call, event);
    case 'recording-started':
      return recordingStarted(call, event);
    case 'recording-refused':
      return [recordingRefused(call, event), []];
    case 'recording-unheard':
      return recordingUnheard(call, event);
    case 'recording-closed':
      return recordingClosed(call, event, context.policy);
    case 'recording-missing':
      return [recordingMissing(call, event), []];
  }
}

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

function recordingRefused(
  call: Call,
  { recording, problem }: Extract<CallEvent, { type: 'recording-refused' }>,
): Call {
  return withRecording(call, recording, ['starting'], { state: 'failed', problem });
}

/** There is no file: the order is given again, and what is missing by then is told; or the talk is over. */
function recordingUnheard(
  call: Call,
  { recording: id }: Extract<CallEvent, { type: 'recording-unheard' }>,
): Step {
  const segment = call.segments.find((candidate) => candidate.id === id);
  if (segment?.recording?.state !== 'starting') return [call, []];
  const member = call.legs.find(({ channel }) => channel === segment.memberChannel);
  if (!member || segment.endedAt !== undefined || segment.verdict.outcome !== 'recorded') {
    const problem = 'the command to record never reached Asterisk';
    return [withRecording(call, id, ['starting'], { state: 'failed', problem }), []];
  }
  const late: Segment = { ...segment, unseenMs: segment.unseenMs ?? 0 };
  const { beepEverySeconds, audio = asBefore } = segment.recording;
  const order = { recording: id, channelName: member.name, beepEverySeconds, audio, again: true } as const;
  return [withSegments(call, segment, [late]), [{ type: 'start-recording', ...order }]];
}

/** Calls that an earlier version left behind say nothing of it. */
const asBefore: AudioForm = { stereo: false, wideband: false };

function recordingMissing(
  call: Call,
  { recording, state, problem, rule }: Extract<CallEvent, { type: 'recording-missing' }>,
): Call {
  return withRecording(call, recording, unsettled, { state, problem, rule });
}

function recordingStarted(
  call: Call,
  { recording: id, mixMonitor, at }: Extract<CallEvent, { type: 'recording-started' }>,
): Step {
  const recorded = withRecording(call, id, ['starting'], { state: 'running', mixMonitor });
  if (recorded === call) return [call, []];
  // Without an id it is a file that was found: it may have begun long ago.
  const started =
    mixMonitor === undefined
      ? recorded
      : {
          ...recorded,
          segments: recorded.segments.map((each) => (each.id === id ? unseenUntil(each, at) : each)),
        };
  const segment = started.segments.find((candidate) => candidate.id === id);
  if (!segment?.recording) return [started, []];
  // A pause that holds from the talk before.
  const isWanted = segment.endedAt === undefined && segment.verdict.outcome === 'recorded';
  if (isWanted) return [started, pauseCommands(started, segment, at)];
  // The parties parted, or one declined, while Asterisk was still about to start.
  const [ending, commands] = endRecording(started, segment, segment.recording);
  return [
    { ...started, segments: started.segments.map((each) => (each.id === id ? ending : each)) },
    commands,
  ];
}

function recordingClosed(
  call: Call,
  { recording: id, media, obstacle }: Extract<CallEvent, { type: 'recording-closed' }>,
  policy: Policy,
): Step {
  const talk = call.segments.find((segment) => segment.id === id);
  const wasLong = talk !== undefined && longestMs(talk) > policy.minDurationMs + firstAudioMs;
  const failed = obstacle && wasLong;
  // Of a talk whose end nobody saw, a file that Asterisk closed tells that it was short; one that it did not does not.
  const isWhole = talk?.endObserved === false && !media.repaired;
  const isShort = !wasLong || isWhole || media.durationMs === 0;
  const tooShort = media.durationMs < policy.minDurationMs && isShort;
  const closed = withRecording(
    call,
    id,
    unsettled,
    failed ? { state: 'failed', media, ...obstacle } : { state: tooShort ? 'too-short' : 'finished', media },
  );
  if (closed === call) return [call, []];
  const segments = closed.segments.map((segment) => (segment.id === id ? fittedTo(segment, media) : segment));
  return [{ ...closed, segments }, failed || tooShort ? [{ type: 'discard-recording', recording: id }] : []];
}

/** Of a talk that was over so soon after its beginning, no audio may have reached Asterisk. */
const firstAudioMs = 1_000;
