import type { AudioForm } from '../recording/audio-form.ts';
import type { Media } from '../recording/media.ts';

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
  /** Played to a caller before the call is answered, and charged. */
  readonly earlyMedia: boolean;
  /** An external party that is connected with somebody else hears it again. */
  readonly reannounce: boolean;
}

/** One entry of a group's `members`. */
export type Member =
  | { readonly kind: 'extension'; readonly first: string; readonly last: string }
  | { readonly kind: 'endpoint'; readonly endpoint: string }
  | { readonly kind: 'queue'; readonly queue: string };

/** Whether a direction is recorded: always, never, or when somebody asks for it during the talk. */
export type RecordMode = boolean | 'on-demand';

/** The lists of external numbers that a group treats in a way of their own, as in the configuration. */
export type NumberList = 'neverRecord' | 'alwaysRecord' | 'skipAnnouncement';

/** Which pattern of each list a number matches; absent where none does. */
export type NumberPatterns = Readonly<Partial<Record<NumberList, string | undefined>>>;

export interface Group {
  readonly name: string;
  readonly members: readonly Member[];
  readonly record: Readonly<Record<Direction, RecordMode>>;
  readonly announcement: Readonly<Record<Direction, Announcement>>;
  /** The same in other languages, for external parties whose number begins so; the longest prefix decides. */
  readonly byPrefix: readonly {
    readonly prefix: string;
    readonly announcement: Readonly<Record<Direction, Announcement>>;
  }[];
  /** Patterns of external numbers; a `*` at the end means all that begin so. */
  readonly numbers: Readonly<Record<NumberList, readonly string[]>>;
  /** A paused recording resumes by itself after this, in ms; undefined: never. */
  readonly pauseLimitMs: number | undefined;
  /** How often both parties hear that they are recorded, in whole seconds (MixMonitor's option `B`); undefined: never. */
  readonly beepEverySeconds: number | undefined;
  readonly audio: AudioForm;
  /** Names of the targets that get its recordings. */
  readonly deliverTo: readonly string[];
}

/** What a person can ask for while a member talks. */
export type Control = 'pause' | 'resume' | 'stop' | 'start';
export const controls: readonly Control[] = ['pause', 'resume', 'stop', 'start'];

/** What was asked for, by whom, and what came of it. */
export interface ControlAction {
  readonly control: Control;
  readonly at: Instant;
  /** `cli:root`, `telephone:PJSIP/200`, `pause-limit`; `asterisk` and `mitschnitt`: see call/cut.ts. */
  readonly actor: string;
  /** Why it was not done; undefined when it was. */
  readonly problem?: string | undefined;
}

/** A recording is silent, because somebody asked for it. `pausing`, `resuming`: Asterisk has not confirmed it yet. */
export interface Pause {
  readonly state: 'pausing' | 'paused' | 'resuming';
  readonly since: Instant;
  /** When it ends by itself; undefined: never. */
  readonly until: Instant | undefined;
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
  /** The disk of the spool has no room for new recordings. */
  readonly storageFull?: boolean;
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
  /** Caller id name of the party, if any. Whatever a caller sent: never trusted, only shown and searched. */
  readonly callerName?: string | undefined;
  /** The extension that this party dialled, for the `caller`; else empty. */
  readonly dialled: string;
  /** The extension or name that the dialplan gave the gate: whom this party wants. */
  readonly destination?: string | undefined;
  /** The channel that called it. */
  readonly dialledBy?: ChannelId | undefined;
  readonly bridge: BridgeId | undefined;
  /** When it left its bridge. For a moment it still counts as there: it may be on the way to another. */
  readonly leftAt: Instant | undefined;
  /** Nobody watched when it left, or hung up: it was some time before it was noticed. */
  readonly leftUnseen?: true | undefined;
  readonly hungUpAt: Instant | undefined;
  /** When it went on in another call; what stays here says that it took part. */
  readonly takenAt?: Instant | undefined;
}

/** Where a party hears the announcement: in the gate, the call being answered or not yet, or whispered into its talk. */
export type Place = 'gate' | 'early-media' | 'talk';

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
  /** `early-media`: nobody reports whether the caller's network let it through. */
  readonly place: Place;
  /** For the talks that begin from then on. */
  readonly countsFrom: Instant;
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
 * The gate as one channel stands in it, or as it is brought to one in a talk.
 * - `announcing`: the prompt was ordered and plays;
 * - `listening`: the prompt is over, the key still counts;
 * - `confirming`: the party declined and is told so;
 * - `leaving`: it was sent back to the dialplan.
 */
export interface Gate {
  readonly channel: ChannelId;
  readonly phase: 'announcing' | 'listening' | 'confirming' | 'leaving';
  readonly place: Place;
  readonly announcement: Announcement | undefined;
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
  /** Why it is `failed`; undefined when Asterisk refused the command. */
  readonly rule?: string | undefined;
  readonly pause?: Pause | undefined;
  /** As in {@link Group}. */
  readonly beepEverySeconds?: number | undefined;
  readonly audio?: AudioForm | undefined;
}

/** The states of a recording of which more is to be heard. */
export const unsettled: readonly Recording['state'][] = ['starting', 'running', 'ending'];

/** One member talking to one other party without interruption, recorded or not. */
export interface Segment {
  readonly id: RecordingId;
  readonly group: string;
  /** Targets of the group when the segment began: it may be renamed or removed before the recording is delivered. */
  readonly deliverTo?: readonly string[] | undefined;
  readonly direction: Direction;
  readonly memberChannel: ChannelId;
  /** Channel name of the member, who may go on in another call before this recording has ended. */
  readonly memberName: string;
  readonly otherChannel: ChannelId;
  /** Number of who called and of who was called, as Asterisk has them; empty when unknown. */
  readonly from: string;
  readonly to: string;
  /** Caller id name of who called, if there was one. */
  readonly fromName?: string | undefined;
  readonly startedAt: Instant;
  readonly endedAt: Instant | undefined;
  /** False when nobody watched the end: it is then taken from the file. */
  readonly endObserved: boolean;
  /**
   * How long the two may have talked before the segment began, in ms, because no process watched them. Absent: it was
   * seen how they met.
   */
  readonly unseenMs?: number;
  readonly verdict: Verdict;
  /** The entries of the group's lists of numbers that the other party's number matches. */
  readonly patterns?: NumberPatterns;
  readonly recording: Recording | undefined;
  /** In their order. */
  readonly controls?: readonly ControlAction[];
}

/** A call: the channels that came to it by one `Linkedid`, and those whose calls were joined to it. */
export interface Call {
  readonly id: string;
  readonly linkedId: string;
  readonly startedAt: Instant;
  readonly endedAt: Instant | undefined;
  readonly legs: readonly Leg[];
  readonly gate: Gate | undefined;
  /** In their order: of a party that was asked more than once the last one counts. */
  readonly consents: readonly Consent[];
  readonly segments: readonly Segment[];
  /** Set once, when the call is over and every recording is settled. */
  readonly verdict: Verdict | undefined;
}
