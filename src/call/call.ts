/** Asterisk's `Uniqueid` of a channel. */
export type ChannelId = string;
/** Asterisk's `BridgeUniqueid`. */
export type BridgeId = string;
/** UUID of a segment and of the recording made of it; also its file name in the spool. */
export type RecordingId = string;
/** Milliseconds since 1970-01-01 UTC. */
export type Instant = number;

export type Direction = 'incoming' | 'outgoing' | 'internal';
export const directions: readonly Direction[] = ['incoming', 'outgoing', 'internal'];

/** What the external party must have heard or pressed before a call may be recorded. */
export type ConsentMode = 'none' | 'notice' | 'opt-out' | 'opt-in';

export type Outcome =
  | 'recorded'
  | 'declined'
  | 'not-agreed'
  | 'not-announced'
  | 'announcement-failed'
  | 'excepted'
  | 'direction-off'
  | 'not-answered'
  | 'too-short'
  | 'start-failed'
  | 'disk-full'
  | 'lost';

/** An outcome and the name of the rule that decided it. */
export interface Verdict {
  readonly outcome: Outcome;
  readonly rule: string;
}

/** An announcement file as Asterisk is told to play it. */
export interface Prompt {
  /** Name in the configuration: `ansage-opt-out`. */
  readonly name: string;
  readonly language: string;
  /** ARI media URI; undefined when the file is missing or unreadable, and then `problem` says why. */
  readonly media: string | undefined;
  readonly problem?: string;
  /** SHA-256 of the 8 kHz file, lower-case hex. */
  readonly sha256: string | undefined;
  readonly durationMs: number;
}

/** How a group announces in one direction. */
export interface Announcement {
  readonly mode: ConsentMode;
  /** Undefined only in mode `none`. */
  readonly prompt: Prompt | undefined;
  /** Played after the other party declined. */
  readonly confirmation: Prompt | undefined;
  /** The DTMF digit that declines (`opt-out`) or agrees (`opt-in`). */
  readonly key: string;
  /** How long after the prompt the key still counts, in ms. */
  readonly timeoutMs: number;
}

/** One entry of a group's `members`. */
export type Member =
  | { readonly kind: 'extension'; readonly first: string; readonly last: string }
  | { readonly kind: 'endpoint'; readonly endpoint: string }
  | { readonly kind: 'queue'; readonly queue: string };

export interface Group {
  readonly name: string;
  readonly members: readonly Member[];
  readonly record: Readonly<Record<Direction, boolean>>;
  readonly announcement: Readonly<Record<Direction, Announcement>>;
}

/** What the administrator decided, as far as calls are concerned. */
export interface Policy {
  /** In the order of the configuration: the first that matches decides. */
  readonly groups: readonly Group[];
  /** Endpoints (`PJSIP/trunk`) behind which external parties are. */
  readonly trunks: ReadonlySet<string>;
  /** Endpoints that the PBX reports to have, by name (`PJSIP/200`). */
  readonly endpoints: ReadonlySet<string>;
  /** The endpoints that are logged in to each queue and not paused, by the queue's name. */
  readonly queues: ReadonlyMap<string, ReadonlySet<string>>;
  /** A recording with less audio than this is none, in ms. */
  readonly minDurationMs: number;
}

/** One channel of a call. Kept after its hang-up: it still says who took part. */
export interface Leg {
  readonly channel: ChannelId;
  /** Channel name, `PJSIP/200-0000001f`. */
  readonly name: string;
  /** `caller`: the party behind it called the PBX; `called`: the PBX called it. */
  readonly role: 'caller' | 'called';
  /** Caller id number of the party, as Asterisk has it. Whatever a caller sent: never trusted. */
  readonly number: string;
  /** The extension that this party dialled, for the `caller`; else empty. */
  readonly dialled: string;
  readonly bridge: BridgeId | undefined;
  /** When it left its bridge. For a moment it still counts as there: it may be on the way to another. */
  readonly leftAt: Instant | undefined;
  readonly hungUpAt: Instant | undefined;
}

/** The evidence of what one party heard and pressed. It stays with the party, over transfers. */
export interface Consent {
  readonly group: string;
  readonly direction: Direction;
  readonly mode: ConsentMode;
  /** Channel and number of the party that was asked. */
  readonly channel: ChannelId;
  readonly number: string;
  readonly prompt: string;
  readonly language: string;
  readonly sha256: string | undefined;
  readonly playedFrom: Instant | undefined;
  readonly playedTo: Instant | undefined;
  /** The prompt was played to its end. */
  readonly complete: boolean;
  readonly key: string | undefined;
  readonly keyAt: Instant | undefined;
  readonly decision: 'declined' | 'agreed' | 'none';
  /** Why the announcement was not played to its end. */
  readonly problem: string | undefined;
}

/**
 * The gate as one channel stands in it.
 * - `announcing`: the prompt was ordered and plays;
 * - `listening`: the prompt is over, the key still counts;
 * - `confirming`: the party declined and is told so;
 * - `leaving`: it was sent back to the dialplan.
 */
export interface Gate {
  readonly channel: ChannelId;
  readonly phase: 'announcing' | 'listening' | 'confirming' | 'leaving';
  readonly announcement: Announcement | undefined;
}

/** What is known of a finished audio file. */
export interface Media {
  readonly bytes: number;
  readonly durationMs: number;
  readonly sha256: string;
  /** The WAV header had been left unfinished and was repaired. */
  readonly repaired: boolean;
}

/**
 * The audio of one segment.
 * - `starting`: MixMonitor was ordered;
 * - `running`: Asterisk confirmed it;
 * - `ending`: talk is over, Asterisk still has to close the file;
 * - `finished`: the file is in `transfer/`;
 * - `failed`, `too-short`, `lost`: there is none.
 */
export interface Recording {
  readonly state: 'starting' | 'running' | 'ending' | 'finished' | 'failed' | 'too-short' | 'lost';
  readonly mixMonitor: string | undefined;
  readonly media: Media | undefined;
  readonly problem: string | undefined;
}

/** One member talking to one other party without interruption, recorded or not. */
export interface Segment {
  readonly id: RecordingId;
  readonly group: string;
  readonly direction: Direction;
  readonly memberChannel: ChannelId;
  readonly otherChannel: ChannelId;
  /** Number of who called and of who was called, as Asterisk has them; empty when unknown. */
  readonly from: string;
  readonly to: string;
  readonly startedAt: Instant;
  readonly endedAt: Instant | undefined;
  /** False when nobody watched the end: it is then taken from the file. */
  readonly endObserved: boolean;
  readonly verdict: Verdict;
  readonly recording: Recording | undefined;
}

/** A call: the channels that came to it by one `Linkedid`, and those whose calls were joined to it. */
export interface Call {
  readonly id: string;
  readonly linkedId: string;
  readonly startedAt: Instant;
  readonly endedAt: Instant | undefined;
  readonly legs: readonly Leg[];
  /** The extension or name that the dialplan gave the gate, for calls that never reach a member. */
  readonly destination: string | undefined;
  readonly gate: Gate | undefined;
  /** At most one per channel. */
  readonly consents: readonly Consent[];
  readonly segments: readonly Segment[];
  /** Set once, when the call is over and every recording is settled. */
  readonly verdict: Verdict | undefined;
}

/** Which side of a call stands in the gate. */
export type GateSide = 'caller' | 'called';

/** What the PBX tells of a channel. */
export interface ChannelFacts {
  readonly channel: ChannelId;
  readonly name: string;
  readonly linkedId: string;
  readonly number: string;
  readonly dialled: string;
  readonly bridge: BridgeId | undefined;
}

/** What can happen to a call. Each carries the time at which it was seen. */
export type CallEvent = { readonly at: Instant } & (
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
  /** The time is over in which a channel that left its bridge could enter another. */
  | { readonly type: 'move-timeout'; readonly channel: ChannelId }
  /** The parties met those of an older call, and go on as part of it. */
  | { readonly type: 'legs-taken'; readonly channels: readonly ChannelId[]; readonly channel: ChannelId }
  | {
      readonly type: 'legs-joined';
      readonly legs: readonly Leg[];
      readonly consents: readonly Consent[];
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
  | { readonly type: 'playback-started'; readonly channel: ChannelId; readonly playback: Playback }
  | {
      readonly type: 'playback-finished';
      readonly channel: ChannelId;
      readonly playback: Playback;
      /** Why it failed; undefined when Asterisk reported it done. */
      readonly problem: string | undefined;
    }
  | { readonly type: 'digit'; readonly channel: ChannelId; readonly digit: string }
  | { readonly type: 'gate-timeout'; readonly channel: ChannelId; readonly phase: Gate['phase'] }
  | {
      readonly type: 'recording-started';
      readonly recording: RecordingId;
      readonly mixMonitor: string | undefined;
    }
  | { readonly type: 'recording-refused'; readonly recording: RecordingId; readonly problem: string }
  | { readonly type: 'recording-closed'; readonly recording: RecordingId; readonly media: Media }
  | {
      readonly type: 'recording-missing';
      readonly recording: RecordingId;
      /** `failed`: Asterisk never wrote a file; `lost`: there was one, and nobody knows where it went. */
      readonly state: 'failed' | 'lost';
      readonly problem: string;
    }
);

/** What is played to the party in the gate. */
export type Playback = 'announcement' | 'confirmation';

/** What the call logic wants done. Its success is seen by an event, never by the answer. */
export type Command =
  | { readonly type: 'answer'; readonly channel: ChannelId }
  | {
      readonly type: 'play';
      readonly channel: ChannelId;
      readonly playback: Playback;
      readonly media: string;
    }
  | { readonly type: 'stop-playback'; readonly channel: ChannelId; readonly playback: Playback }
  | { readonly type: 'continue'; readonly channel: ChannelId }
  | {
      readonly type: 'set-gate-timeout';
      readonly channel: ChannelId;
      readonly phase: Gate['phase'];
      readonly ms: number;
    }
  | { readonly type: 'set-move-timeout'; readonly channel: ChannelId; readonly ms: number }
  | { readonly type: 'start-recording'; readonly recording: RecordingId; readonly channelName: string }
  | {
      readonly type: 'stop-recording';
      readonly recording: RecordingId;
      readonly channelName: string;
      readonly mixMonitor: string | undefined;
    }
  /** Wait until Asterisk has closed the file, then take it out of `active/`. */
  | { readonly type: 'collect-recording'; readonly recording: RecordingId }
  /** Remove the file of a recording that is too short to be one. */
  | { readonly type: 'discard-recording'; readonly recording: RecordingId };
