import type { AudioForm } from '../recording/audio-form.ts';
import type { Media, Obstacle } from '../recording/media.ts';
import type { BridgeId, ChannelId, Consent, Control, Gate, Instant, Leg, RecordingId } from './call.ts';

/** Which side of a call stands in the gate. */
export type GateSide = 'caller' | 'called';

/** What the PBX tells of a channel. */
export interface ChannelFacts {
  /** What was left with it when it went out of the gate. */
  readonly consent?: string | undefined;
  /** Its age, as far as it is told: it was not there before. */
  readonly createdAt?: Instant | undefined;
  /** When its bridge was made: nobody talked there before. */
  readonly bridgeMadeAt?: Instant | undefined;
  readonly channel: ChannelId;
  readonly name: string;
  readonly linkedId: string;
  readonly number: string;
  /** What it is called, as a caller: see {@link Leg.callerName}. */
  readonly callerName?: string | undefined;
  readonly dialled: string;
  readonly bridge: BridgeId | undefined;
}

/** When something was seen. */
interface Seen {
  readonly at: Instant;
  /** Set where nobody watched, because no process ran or it stood still: it happened some time from then on. */
  readonly unseenSince?: Instant | undefined;
  /**
   * How far the clock of the machine had been set by then since this process began, in ms. Absent: not at all. A call
   * keeps the time that it began with: {@link Exchange}.
   */
  readonly clockSetMs?: number | undefined;
}

/** What can happen to a call. Each carries the time at which it was seen. */
export type CallEvent = Seen &
  (
    | { readonly type: 'channel-seen'; readonly facts: ChannelFacts }
    /** Another channel took this one's place: Asterisk replaces channels in a pickup (`Rename`). */
    | { readonly type: 'channel-renamed'; readonly channel: ChannelId; readonly name: string }
    | { readonly type: 'bridge-entered'; readonly channel: ChannelId; readonly bridge: BridgeId }
    | {
        readonly type: 'bridge-left';
        readonly channel: ChannelId;
        readonly bridge: BridgeId;
        /** Another channel took its place in the bridge: it will not be back. */
        readonly replaced: boolean;
      }
    /** The time is over in which a channel that left its bridge at `since` could enter another. */
    | { readonly type: 'move-timeout'; readonly channel: ChannelId; readonly since: Instant }
    /** Another channel calls this one. */
    | { readonly type: 'dialled'; readonly channel: ChannelId; readonly by: ChannelId }
    /** Parties go on as part of another call. `met`: with parties whom they met there; whoever rang here goes with them. */
    | {
        readonly type: 'legs-taken';
        readonly channels: readonly ChannelId[];
        readonly channel: ChannelId;
        readonly met?: true | undefined;
      }
    | {
        readonly type: 'legs-joined';
        readonly legs: readonly Leg[];
        readonly consents: readonly Consent[];
        readonly gate: Gate | undefined;
        readonly channel: ChannelId;
      }
    /** The party hung up; Asterisk may still lead its channel into a bridge before it notices. */
    | { readonly type: 'hang-up-requested'; readonly channel: ChannelId }
    | { readonly type: 'hung-up'; readonly channel: ChannelId; readonly observed: boolean }
    | {
        readonly type: 'gate-entered';
        readonly channel: ChannelId;
        readonly side: GateSide;
        readonly destination: string;
      }
    | { readonly type: 'gate-left'; readonly channel: ChannelId; readonly problem?: string }
    /** Nobody knows that it was led out of the gate before it went by itself, told that it is not recorded. */
    | { readonly type: 'went-by-itself'; readonly channel: ChannelId }
    | { readonly type: 'playback-started'; readonly channel: ChannelId; readonly playback: Playback }
    | {
        readonly type: 'playback-finished';
        readonly channel: ChannelId;
        readonly playback: Playback;
        /** Why it failed; undefined when Asterisk reported it done. */
        readonly problem: string | undefined;
      }
    | { readonly type: 'digit'; readonly channel: ChannelId; readonly digit: string }
    | {
        readonly type: 'gate-timeout';
        readonly channel: ChannelId;
        readonly phase: Gate['phase'];
        /** How long after it was due, in ms, by a clock that nobody sets. Absent: in time. */
        readonly lateMs?: number | undefined;
      }
    | {
        readonly type: 'recording-started';
        readonly recording: RecordingId;
        readonly mixMonitor: string | undefined;
      }
    | { readonly type: 'recording-refused'; readonly recording: RecordingId; readonly problem: string }
    /** Asterisk has no file of a recording that it was ordered to begin: it never heard of that. */
    | { readonly type: 'recording-unheard'; readonly recording: RecordingId }
    /** Calls are treated by another policy from now on; of a channel of each call. */
    | { readonly type: 'policy-changed'; readonly channel: ChannelId }
    /** Somebody had a MixMonitor on this channel stopped; which one, and whether we did, is not told. */
    | { readonly type: 'mixmonitor-stopped'; readonly channel: ChannelId }
    /** Asterisk closed the file of a recording that is to run. */
    | { readonly type: 'recording-cut'; readonly recording: RecordingId }
    /** Somebody asks for something in the talk of the member on this channel. */
    | {
        readonly type: 'control-requested';
        readonly channel: ChannelId;
        /** `toggle`, the one key of a telephone: resume where it is paused, else pause. */
        readonly control: Control | 'toggle';
        readonly actor: string;
      }
    | { readonly type: 'recording-muted'; readonly recording: RecordingId; readonly muted: boolean }
    | {
        readonly type: 'recording-mute-refused';
        readonly recording: RecordingId;
        readonly muted: boolean;
        readonly problem: string;
      }
    /** The pause that began at `since` has lasted for as long as one may. */
    | { readonly type: 'pause-timeout'; readonly channel: ChannelId; readonly since: Instant }
    | {
        readonly type: 'recording-closed';
        readonly recording: RecordingId;
        readonly media: Media;
        /** Given when there is no audio in it. */
        readonly obstacle?: Obstacle | undefined;
      }
    | {
        readonly type: 'recording-missing';
        readonly recording: RecordingId;
        /** `failed`: Asterisk never wrote a file; `lost`: there was one, and nobody knows where it went. */
        readonly state: 'failed' | 'lost';
        readonly problem: string;
        /** Of a failed one. */
        readonly rule?: string | undefined;
      }
  );

/** What is played to the party in the gate. */
export type Playback = 'announcement' | 'confirmation';

/**
 * How a party that hears the announcement in the gate gets out of it if nobody leads it on, because we stand still or
 * are gone: after a silence, and after the confirmation, which is true then.
 */
export interface Stay {
  /** The silence after the prompt, in ms. */
  readonly silenceMs: number;
  readonly confirmation: string | undefined;
}

/** What the call logic wants done. Its success is seen by an event, never by the answer. */
export type Command =
  | { readonly type: 'answer'; readonly channel: ChannelId }
  | {
      readonly type: 'play';
      readonly channel: ChannelId;
      readonly playback: Playback;
      readonly media: string;
      /** With the announcement. */
      readonly stay?: Stay;
    }
  | { readonly type: 'stop-playback'; readonly channel: ChannelId; readonly playback: Playback }
  | { readonly type: 'continue'; readonly channel: ChannelId }
  /** To this party only, in the middle of its talk. */
  | {
      readonly type: 'whisper';
      readonly channel: ChannelId;
      readonly playback: Playback;
      readonly media: string;
    }
  | { readonly type: 'end-whisper'; readonly channel: ChannelId }
  | {
      readonly type: 'set-gate-timeout';
      readonly channel: ChannelId;
      readonly phase: Gate['phase'];
      readonly ms: number;
    }
  | {
      readonly type: 'set-move-timeout';
      readonly channel: ChannelId;
      readonly since: Instant;
      readonly ms: number;
    }
  | {
      readonly type: 'start-recording';
      /** It may be under way already: the first order may have reached the PBX after all. */
      readonly again?: true;
      readonly recording: RecordingId;
      readonly channelName: string;
      readonly beepEverySeconds: number | undefined;
      readonly audio: AudioForm;
    }
  /** Silence in the file instead of what is said, or what is said again; the time axis goes on. */
  | {
      readonly type: 'mute-recording';
      readonly recording: RecordingId;
      readonly channelName: string;
      readonly muted: boolean;
    }
  | {
      readonly type: 'set-pause-timeout';
      readonly channel: ChannelId;
      readonly since: Instant;
      readonly ms: number;
    }
  | {
      readonly type: 'stop-recording';
      readonly recording: RecordingId;
      readonly channelName: string;
      readonly mixMonitor: string | undefined;
    }
  /** See whether Asterisk closes the file, which it does only at the end. */
  | { readonly type: 'look-at-recording'; readonly recording: RecordingId }
  /** Wait until Asterisk has closed the file, then take it out of `active/`. */
  | { readonly type: 'collect-recording'; readonly recording: RecordingId }
  /** Remove the file of a recording that is too short to be one. */
  | { readonly type: 'discard-recording'; readonly recording: RecordingId };
