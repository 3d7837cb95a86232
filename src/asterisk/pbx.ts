import type { CallEvent, ChannelFacts, ChannelId, Playback, RecordingId } from '../call/call.ts';

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
  /** The AMI connection stands (again): all channels that live now. Events follow from here on. */
  channels(live: readonly ChannelFacts[]): void;
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

/**
 * The telephone system (PORT). The methods give a command and settle when it was taken or could not be given; they
 * never throw. Whether it happened is told to the listener as an event. A command that got no answer is repeated by
 * recovery after the next connection, or by what `inGate` tells.
 */
export interface Pbx {
  /** Connects, and keeps connecting until `stop`. */
  start(listener: PbxListener): void;
  stop(): Promise<void>;
  answer(channel: ChannelId): Promise<void>;
  play(channel: ChannelId, playback: Playback, media: string): Promise<void>;
  stopPlayback(channel: ChannelId, playback: Playback): Promise<void>;
  /** Sends a channel from the gate back into the dialplan. */
  continue(channel: ChannelId): Promise<void>;
  /** MixMonitor on a channel; `file` is an absolute path made of our own ids only. */
  startRecording(recording: RecordingId, channelName: string, file: string): Promise<void>;
  /** `mixMonitor` is the id that Asterisk gave; without it the one of this recording is looked up. */
  stopRecording(recording: RecordingId, channelName: string, mixMonitor: string | undefined): Promise<void>;
}
