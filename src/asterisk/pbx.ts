import type { ChannelId, Instant, RecordingId } from '../call/call.ts';
import type { CallEvent, ChannelFacts, Playback, Stay } from '../call/event.ts';
import type { TestCallOrder } from '../call/self-test.ts';
import type { RecordedChannel } from '../call/orphan.ts';
import type { AudioFiles } from '../recording/audio-form.ts';

/** Which of the two connections to Asterisk stand. */
export interface PbxConnections {
  /** ARI: the gate. */
  readonly ari: boolean;
  /** AMI: who talks to whom, and MixMonitor. */
  readonly ami: boolean;
}

/** What the PBX reports. */
export interface PbxListener {
  /** Something happened to a call. Events of one connection come in their order. */
  event(event: CallEvent): void;
  /**
   * The AMI connection stands (again): all channels that live now. Events follow from here on. `unseenSince`: when
   * somebody last watched them, this process or one before; undefined where nobody did.
   */
  channels(live: readonly ChannelFacts[], unseenSince: Instant | undefined): void;
  /** Whether the channel is one of a known call. Of others, `channels` tells what was left with them. */
  knows(channel: ChannelId): boolean;
  /**
   * The channels that stand in the gate, told now and then. Of those that were in it before the ARI connection stood,
   * nothing else is told.
   */
  inGate(channels: readonly ChannelId[]): void;
  /** The endpoints that the PBX has, by name (`PJSIP/200`). */
  endpoints(names: ReadonlySet<string>): void;
  /** Who is logged in to each queue and not paused: endpoints (`PJSIP/200`) by the queue's name. */
  queues(members: ReadonlyMap<string, ReadonlySet<string>>): void;
  connections(state: PbxConnections): void;
}

/** How a recording is made. */
export interface RecordingForm {
  /** Absolute paths made of our own ids only, ending in `.wav`. */
  readonly files: AudioFiles;
  /** Keep what is above 4 kHz where the channel carries it: the files' names then end in `.wav16`. */
  readonly keepsWideband: boolean;
  /** Both parties hear a beep so often; undefined: none. */
  readonly beepEverySeconds: number | undefined;
  /** It may have been ordered before: then nothing is begun where it runs. Two would spoil the file. */
  readonly again: boolean;
}

/** The telephones of the self-test, two in each of its calls. Unlike {@link Pbx} they reject: the self-test tells why. */
export interface Telephones {
  /** One calls the other, which answers; `call` becomes the `Linkedid`, and the channel of the one that calls. */
  dial(call: string, order: TestCallOrder): Promise<void>;
  /** On the one that is not the member's. */
  press(call: string, digit: string): Promise<void>;
  /** Each sends a tone from now on, in Hz. */
  speak(call: string, tones: { readonly member: number; readonly other: number }): Promise<void>;
  /** Can be repeated. */
  hangUp(call: string): Promise<void>;
}

/**
 * The telephone system (PORT). The methods give a command and settle when it was taken or could not be given; they
 * never throw. Whether it happened is told to the listener as an event. A command that got no answer is repeated by
 * recovery after the next connection, or by what `inGate` tells. Where they resolve to something, it is whether the PBX
 * did take it.
 */
export interface Pbx {
  /** Connects, and keeps connecting until `stop`. */
  start(listener: PbxListener): void;
  stop(): Promise<void>;
  answer(channel: ChannelId): Promise<void>;
  /** `stay`: how the party goes on by itself afterwards, unless it is led on before. */
  play(channel: ChannelId, playback: Playback, media: string, stay?: Stay): Promise<boolean>;
  /** Plays to one party of a talk, so that nobody else hears it; its keys are told from then on. */
  whisper(channel: ChannelId, playback: Playback, media: string): Promise<void>;
  /** Ends the playback as well. */
  endWhisper(channel: ChannelId): Promise<void>;
  stopPlayback(channel: ChannelId, playback: Playback): Promise<void>;
  /** Leaves a text with a channel, for whoever finds it there later. */
  keepConsent(channel: ChannelId, text: string): Promise<void>;
  /** Sends a channel from the gate back into the dialplan. */
  continue(channel: ChannelId): Promise<boolean>;
  /** MixMonitor on a channel. */
  startRecording(recording: RecordingId, channelName: string, form: RecordingForm): Promise<void>;
  /** Silence in the file instead of what is said, or what is said again. */
  muteRecording(recording: RecordingId, channelName: string, muted: boolean): Promise<void>;
  /** `mixMonitor` is the id that Asterisk gave; without it the one of this recording is looked up. */
  stopRecording(recording: RecordingId, channelName: string, mixMonitor: string | undefined): Promise<void>;
  /** Resolves when all was heard that the PBX had told by now; false: it does not answer. */
  caughtUp(): Promise<boolean>;
  /** The live channels on which these recordings were started. Undefined: Asterisk cannot be asked now. */
  channelsOf(
    recordings: readonly RecordingId[],
  ): Promise<ReadonlyMap<RecordingId, RecordedChannel> | undefined>;
}
