import {
  controls,
  type Call,
  type ChannelId,
  type Control,
  type Instant,
  type Segment,
} from './call/call.ts';
import { destinationOf } from './call/classification.ts';
import { MitschnittError } from './errors.ts';

/** What a person asks for during a talk: from the command line, the API or the console. */
export interface ControlRequest {
  /** The recording's, or the call's where only one member talks in it. */
  readonly id: string;
  readonly control: Control;
  /** Who asks: `cli:root`. It is kept with the call. */
  readonly actor: string;
}

/** What came of it. */
export interface ControlAnswer {
  /** The talk's state now; undefined where there is no such talk. */
  readonly talk: LiveTalk | undefined;
  /** Why it was not done; undefined when it was. */
  readonly problem: string | undefined;
}

/** One talk that goes on now, or a call in which nobody talks yet. */
export interface LiveTalk {
  readonly callId: string;
  /** Id of the recording; undefined as long as no member talks. */
  readonly id: string | undefined;
  readonly group: string | undefined;
  readonly direction: string | undefined;
  readonly from: string;
  readonly to: string;
  readonly startedAt: Instant;
  readonly state: TalkState;
  /** The rule that decided whether it is recorded; undefined as long as no member talks. */
  readonly rule: string | undefined;
}

export type TalkState =
  | 'gate'
  | 'ringing'
  | 'not-recorded'
  | 'starting'
  | 'recording'
  | 'pausing'
  | 'paused'
  | 'resuming'
  | 'stopped'
  | 'failed';

/** What goes on now, for `GET /calls`. */
export function liveTalks(calls: readonly Call[]): readonly LiveTalk[] {
  return calls.flatMap((call) => {
    const open = call.segments.filter(({ endedAt }) => endedAt === undefined);
    return open.length > 0 ? open.map((segment) => liveTalk(call, segment)) : [beforeTalk(call)];
  });
}

function liveTalk(call: Call, segment: Segment): LiveTalk {
  const { id, group, direction, from, to, startedAt, verdict } = segment;
  const state = stateOf(segment);
  return { callId: call.id, id, group, direction, from, to, startedAt, state, rule: verdict.rule };
}

function beforeTalk(call: Call): LiveTalk {
  const caller = call.legs.find(({ role }) => role === 'caller');
  const [consent] = call.consents;
  return {
    callId: call.id,
    id: undefined,
    group: consent?.group,
    direction: consent?.direction,
    from: caller?.number ?? '',
    to: destinationOf(call) ?? caller?.dialled ?? '',
    startedAt: call.startedAt,
    state: call.gate ? 'gate' : 'ringing',
    rule: undefined,
  };
}

/** What came of the last thing that was asked for in the talk on a member's channel. */
export function controlAnswer(call: Call, memberChannel: ChannelId): ControlAnswer {
  const segment = call.segments.findLast((each) => each.memberChannel === memberChannel);
  const action = segment?.controls?.at(-1);
  if (!segment || !action) return { talk: undefined, problem: 'the talk was over at this very moment' };
  const talk = liveTalk(call, segment);
  return { talk, problem: action.problem ?? unconfirmed[talk.state]?.[action.control] };
}

/** States in which Asterisk did not do what it was told to. */
const unconfirmed: Readonly<Partial<Record<TalkState, Partial<Record<Control, string>>>>> = {
  recording: { pause: 'Asterisk did not pause the recording' },
  pausing: { pause: 'Asterisk has not confirmed the pause yet' },
  paused: { resume: 'Asterisk did not resume the recording' },
  resuming: { resume: 'Asterisk has not confirmed it yet' },
  starting: { start: 'Asterisk has not confirmed the recording yet' },
  failed: { start: 'Asterisk did not start the recording' },
};

function stateOf({ recording }: Segment): TalkState {
  switch (recording?.state) {
    case undefined:
      return 'not-recorded';
    case 'running':
      return recording.pause?.state ?? 'recording';
    case 'ending':
    case 'finished':
    case 'too-short':
      return 'stopped';
    case 'failed':
    case 'lost':
      return 'failed';
    case 'starting':
      return 'starting';
  }
}

/** Reads a request as it came over the control socket. Throws when it is none. */
export function controlRequestOf(body: unknown): ControlRequest {
  const { id, control, actor } = (body ?? {}) as Partial<Record<keyof ControlRequest, unknown>>;
  const known = controls.find((each) => each === control);
  if (typeof id === 'string' && known && typeof actor === 'string') return { id, control: known, actor };
  throw new MitschnittError('a request without id, control or actor', {
    code: 'control-request',
    fault: 'defect',
    retry: false,
    hint: 'Use the command line of the same version as the running process.',
  });
}
