import { setTimeout as pause } from 'node:timers/promises';

import { Bookkeeper, type Account, type BookkeeperParts } from './bookkeeper.ts';
import { concernsMember } from './call/classification.ts';
import { bridgeOf, eventsOf, meetingsIn } from './call/exchange.ts';
import { newCall, step } from './call/lifecycle.ts';
import { isSameSave } from './call/records.ts';
import { messageOf } from './errors.ts';
import { isInDoubt, missedEvents, repairsOf } from './recovery.ts';
import type { Pbx, PbxConnections, PbxListener } from './asterisk/pbx.ts';
import type {
  BridgeId,
  Call,
  CallEvent,
  ChannelFacts,
  ChannelId,
  Command,
  Gate,
  Instant,
  Media,
  Policy,
  RecordingId,
} from './call/call.ts';
import type { CallCatalogue } from './catalogue/catalogue.ts';

/** A file that the disk or its rights kept from us is tried again after this. */
const collectAgainMs = 10_000;
/** So is a catalogue that could not be written. */
const keepAgainMs = 1_000;
/** How long a call is known after its end. The events of ARI and AMI are ms apart, seconds on a stalled machine. */
const afterlifeMs = 30_000;

/** The part of the spool that the recorder needs. */
export interface RecordingFiles {
  activeFile(recording: RecordingId): string;
  isActive(recording: RecordingId): Promise<boolean>;
  collect(recording: RecordingId, signal: AbortSignal): Promise<Media | undefined>;
  discard(recording: RecordingId): Promise<void>;
}

export interface RecorderParts extends BookkeeperParts {
  readonly pbx: Pbx;
  readonly catalogue: CallCatalogue;
  readonly files: RecordingFiles;
  readonly now: () => number;
  readonly newId: () => string;
}

/** An event that is due when a time is over. */
type Timeout =
  | { readonly type: 'gate-timeout'; readonly channel: ChannelId; readonly phase: Gate['phase'] }
  | { readonly type: 'move-timeout'; readonly channel: ChannelId };

/** A call that is being watched. Its work is done strictly in turn; its state is always the newest. */
interface Watched extends Account {
  call: Call;
  work: Promise<void>;
  /** The catalogue could not take it, and will be asked again. */
  unkept: boolean;
}

/** PBX events -> {@link step} -> PBX commands and catalogue. Knows nothing of calls itself. */
export class Recorder implements PbxListener {
  readonly #parts: RecorderParts;
  readonly #books: Bookkeeper;
  readonly #calls = new Map<string, Watched>();
  readonly #byChannel = new Map<ChannelId, Watched>();
  readonly #byRecording = new Map<RecordingId, Watched>();
  readonly #collecting = new Set<RecordingId>();
  /** Recordings of a former process: if such a file is gone, it was there once. */
  readonly #inherited = new Set<RecordingId>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #pending = new Set<Promise<void>>();
  readonly #stopping = new AbortController();
  #policy: Policy;
  #connections: PbxConnections = { ari: false, ami: false };

  constructor(policy: Policy, parts: RecorderParts) {
    this.#policy = policy;
    this.#parts = parts;
    this.#books = new Bookkeeper(parts);
  }

  /** Takes up the calls that a former process left behind, then connects. */
  async start(): Promise<void> {
    for (const call of await this.#parts.catalogue.openCalls()) {
      this.#watch(call, call);
      for (const { id } of call.segments) this.#inherited.add(id);
    }
    this.#leaveGates();
    this.#parts.pbx.start(this);
  }

  /** Lets go of everything; what runs in Asterisk runs on and is found again. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#parts.pbx.stop();
    for (const timer of this.#timers) clearTimeout(timer);
    await Promise.all(this.#pending);
  }

  get connectionState(): PbxConnections {
    return this.#connections;
  }

  /** The calls that touch a member, as they stand. */
  get liveCalls(): readonly Call[] {
    return [...this.#calls.values()]
      .map(({ call }) => call)
      .filter((call) => !call.verdict && concernsMember(call, this.#policy));
  }

  event(event: CallEvent): void {
    const watched = this.#callOf(event);
    if (!watched) {
      // Nobody is asked for a consent that cannot be used.
      if (event.type === 'gate-entered') this.#track(this.#parts.pbx.continue(event.channel));
      return;
    }
    this.#apply(watched, event);
    const bridge = bridgeOf(event);
    if (bridge !== undefined) this.#join(bridge, event.at);
  }

  channels(live: readonly ChannelFacts[]): void {
    const calls = [...this.#calls.values()];
    // Only what was in doubt before: the events below give their own commands.
    const doubtful = calls.flatMap((watched) =>
      watched.call.segments.filter(isInDoubt).map(({ id }) => ({ watched, id })),
    );
    for (const event of missedEvents(
      calls.map(({ call }) => call),
      live,
      this.#parts.now(),
    )) {
      this.event(event);
    }
    for (const { watched, id } of doubtful) this.#track(this.#repair(watched, id));
  }

  inGate(channels: readonly ChannelId[]): void {
    for (const channel of channels) {
      const gate = this.#byChannel.get(channel)?.call.gate;
      const isAwaited = gate?.channel === channel && gate.phase !== 'leaving';
      if (!isAwaited) this.#track(this.#release(channel));
    }
  }

  endpoints(names: ReadonlySet<string>): void {
    this.#policy = { ...this.#policy, endpoints: names };
  }

  queues(members: ReadonlyMap<string, ReadonlySet<string>>): void {
    this.#policy = { ...this.#policy, queues: members };
  }

  connections(state: PbxConnections): void {
    const was = this.#connections;
    this.#connections = state;
    if (was.ari && !state.ari) this.#leaveGates();
    const fields = { ari: state.ari, ami: state.ami };
    if (state.ari && state.ami) this.#parts.log.info('connected to Asterisk: ready', fields);
    else if (was.ari && was.ami) this.#parts.log.warn('connection to Asterisk lost; calls go on', fields);
  }

  #apply(watched: Watched, event: CallEvent): void {
    const [call, commands] = step(watched.call, event, { policy: this.#policy, newId: this.#parts.newId });
    this.#advance(watched, call, commands);
  }

  #join(bridge: BridgeId, at: Instant): void {
    const watched = [...this.#calls.values()];
    const of = (call: Call): Watched | undefined => watched.find((each) => each.call === call);
    for (const meeting of meetingsIn(
      bridge,
      watched.map(({ call }) => call),
    )) {
      const [from, into] = [of(meeting.from), of(meeting.into)];
      if (!from || !into) continue;
      const { taken, joined } = eventsOf(meeting, at);
      for (const channel of meeting.channels) this.#byChannel.set(channel, into);
      this.#apply(from, taken);
      this.#apply(into, joined);
    }
  }

  /** A channel stays with the call in which it was first seen, until it meets an older one. */
  #callOf(event: CallEvent): Watched | undefined {
    if ('recording' in event) return this.#byRecording.get(event.recording);
    if (event.type !== 'channel-seen') return this.#byChannel.get(event.channel);
    const { channel, linkedId } = event.facts;
    const known = this.#byChannel.get(channel) ?? this.#calls.get(linkedId);
    // Without AMI nothing would tell of the call's end.
    if (!known && !this.#connections.ami) return undefined;
    const watched = known ?? this.#watch(newCall(this.#parts.newId(), linkedId, event.at), undefined);
    this.#byChannel.set(channel, watched);
    return watched;
  }

  #watch(call: Call, saved: Call | undefined): Watched {
    const watched: Watched = { call, saved, work: Promise.resolve(), unkept: false, files: new Map() };
    this.#calls.set(call.linkedId, watched);
    for (const leg of call.legs) this.#byChannel.set(leg.channel, watched);
    for (const segment of call.segments) this.#byRecording.set(segment.id, watched);
    return watched;
  }

  /** Kept for a while: events of the other connection may still be on their way, and must not begin a call anew. */
  #forgetLater(watched: Watched): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#forget(watched);
    }, afterlifeMs);
    this.#timers.add(timer);
  }

  #forget({ call }: Watched): void {
    this.#calls.delete(call.linkedId);
    for (const leg of call.legs) this.#byChannel.delete(leg.channel);
    for (const segment of call.segments) this.#byRecording.delete(segment.id);
  }

  /** First kept, then done: only a catalogue that cannot be written is not waited for, because calls go first. */
  #advance(watched: Watched, call: Call, commands: readonly Command[]): void {
    const before = watched.call;
    watched.call = call;
    for (const segment of call.segments) this.#byRecording.set(segment.id, watched);
    if (isSameSave(before, call) && commands.length === 0) return;
    this.#inTurn(watched, async () => {
      await this.#keepOrLater(watched);
      for (const command of commands) await this.#execute(watched, command);
    });
  }

  /** Keeps the newest state: what was waiting to be kept before it is part of it. */
  async #keepOrLater(watched: Watched): Promise<void> {
    try {
      await this.#books.keep(watched, watched.call, this.#policy);
      watched.unkept = false;
      if (watched.call.verdict) this.#forgetLater(watched);
    } catch (error) {
      this.#parts.log.error('a call could not be kept in the catalogue yet', {
        call: watched.call.id,
        error: messageOf(error),
      });
      if (!watched.unkept) this.#keepAgain(watched);
      watched.unkept = true;
    }
  }

  #keepAgain(watched: Watched): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      watched.unkept = false;
      this.#inTurn(watched, () => this.#keepOrLater(watched));
    }, keepAgainMs);
    this.#timers.add(timer);
  }

  #inTurn(watched: Watched, task: () => Promise<void>): void {
    watched.work = watched.work.then(task).catch((error: unknown) => {
      this.#parts.log.error('a call could not be followed', {
        call: watched.call.id,
        error: messageOf(error),
      });
    });
    this.#track(watched.work);
  }

  /** Work that `stop` waits for. */
  #track(work: Promise<void>): void {
    const told = work.catch((error: unknown) => {
      this.#parts.log.error('something was left undone', { error: messageOf(error) });
    });
    this.#pending.add(told);
    void told.finally(() => this.#pending.delete(told));
  }

  async #execute(watched: Watched, command: Command): Promise<void> {
    const { pbx, files, log } = this.#parts;
    log.debug('command', { call: watched.call.id, ...command });
    switch (command.type) {
      case 'answer':
        return pbx.answer(command.channel);
      case 'play':
        return pbx.play(command.channel, command.playback, command.media);
      case 'stop-playback':
        return pbx.stopPlayback(command.channel, command.playback);
      case 'continue':
        return pbx.continue(command.channel);
      case 'set-gate-timeout':
        this.#wait(command.ms, { type: 'gate-timeout', channel: command.channel, phase: command.phase });
        return;
      case 'set-move-timeout':
        this.#wait(command.ms, { type: 'move-timeout', channel: command.channel });
        return;
      case 'start-recording':
        return pbx.startRecording(
          command.recording,
          command.channelName,
          files.activeFile(command.recording),
        );
      case 'stop-recording':
        return pbx.stopRecording(command.recording, command.channelName, command.mixMonitor);
      case 'collect-recording':
        this.#track(this.#collect(command.recording));
        return;
      case 'discard-recording':
        return files.discard(command.recording);
    }
  }

  #wait(ms: number, then: Timeout): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.event({ at: this.#parts.now(), ...then });
    }, ms);
    this.#timers.add(timer);
  }

  /** Not in the call's turn: Asterisk may take its time to close a file while the call goes on. */
  async #collect(recording: RecordingId): Promise<void> {
    if (this.#collecting.has(recording)) return;
    this.#collecting.add(recording);
    while (!this.#isStopping()) {
      try {
        this.event(await this.#taken(recording));
        break;
      } catch (error) {
        if (this.#isStopping()) break;
        this.#parts.log.error('a recording could not be taken over yet', {
          recording,
          error: messageOf(error),
        });
        await pause(collectAgainMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
      }
    }
    this.#collecting.delete(recording);
  }

  #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  async #taken(recording: RecordingId): Promise<CallEvent> {
    const { catalogue, files, now } = this.#parts;
    const media =
      (await files.collect(recording, this.#stopping.signal)) ?? (await catalogue.mediaOf(recording));
    if (media) return { at: now(), type: 'recording-closed', recording, media };
    const state = this.#inherited.has(recording) ? 'lost' : 'failed';
    const problem = state === 'lost' ? 'the file is in no folder of the spool' : 'Asterisk wrote no file';
    return { at: now(), type: 'recording-missing', recording, state, problem };
  }

  async #repair(watched: Watched, recording: RecordingId): Promise<void> {
    const exists = await this.#parts.files.isActive(recording);
    const segment = watched.call.segments.find(({ id }) => id === recording);
    if (!segment) return;
    for (const { event, command } of repairsOf(watched.call, segment, exists, this.#parts.now())) {
      if (event) this.event(event);
      else this.#inTurn(watched, () => this.#execute(watched, command));
    }
  }

  /** Nobody hears the keys any more, nor when the prompt ends. The channels are released with the next connection. */
  #leaveGates(): void {
    for (const { call } of [...this.#calls.values()]) {
      if (!call.gate || call.gate.phase === 'leaving') continue;
      const problem = 'the recorder lost its connection during the announcement';
      this.event({ at: this.#parts.now(), type: 'gate-left', channel: call.gate.channel, problem });
    }
  }

  async #release(channel: ChannelId): Promise<void> {
    await this.#parts.pbx.stopPlayback(channel, 'announcement');
    await this.#parts.pbx.stopPlayback(channel, 'confirmation');
    await this.#parts.pbx.continue(channel);
  }
}
