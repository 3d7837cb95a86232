import { Bookkeeper, type Account, type BookkeeperParts } from './bookkeeper.ts';
import { concernsMember, isInCall } from './call/classification.ts';
import { isTestCall } from './call/self-test.ts';
import { openSegmentsOf } from './call/control.ts';
import { Exchange, type Change } from './call/exchange.ts';
import { isToBeSeenLeaving } from './call/gate.ts';
import { consentText } from './call/consent-text.ts';
import { isSameSave } from './call/records.ts';
import { ClockSteps } from './clock-steps.ts';
import { Collector, cutWithinMs, type CollectorParts } from './collector.ts';
import { controlAnswer, type ControlAnswer, type ControlRequest } from './controls.ts';
import { messageOf } from './errors.ts';
import { GateTimes } from './gate-times.ts';
import { isToRun } from './call/cut.ts';
import { isInDoubt, missedEvents, repairsOf } from './recovery.ts';
import type { Pbx, PbxConnections, PbxListener } from './asterisk/pbx.ts';
import type { Call, ChannelId, Gate, Instant, Policy, RecordingId, Segment } from './call/call.ts';
import type { CallEvent, ChannelFacts, Command } from './call/event.ts';
import type { CallCatalogue } from './catalogue/catalogue.ts';

/** A catalogue that could not be written is tried again after this. */
const keepAgainMs = 1_000;
/** How long a call is known after its end. The events of ARI and AMI are ms apart, seconds on a stalled machine. */
const afterlifeMs = 30_000;
/** What need not be kept at once: recovery asks Asterisk who stands in the gate, and sees by its file what records. */
const foundAgain: ReadonlySet<CallEvent['type']> = new Set(['gate-left', 'recording-started']);

export interface RecorderParts extends BookkeeperParts, CollectorParts {
  readonly pbx: Pbx;
  readonly catalogue: CallCatalogue;
  readonly newId: () => string;
  /** ms since whenever, by a clock that nobody sets. */
  readonly steady: () => number;
  /** Told of each call whose state changed, and of those that a former process left behind. */
  readonly followed: (call: Call) => void;
  /** Told of each new state of a call of the self-test, and of nothing else about it. */
  readonly tested: (call: Call) => void;
}

/** An event that is due when a time is over. */
type Timeout =
  | { readonly type: 'gate-timeout'; readonly channel: ChannelId; readonly phase: Gate['phase'] }
  | { readonly type: 'move-timeout'; readonly channel: ChannelId; readonly since: Instant }
  | { readonly type: 'pause-timeout'; readonly channel: ChannelId; readonly since: Instant };

/** A call that is being watched. Its work is done strictly in turn; its state is always the newest. */
interface Watched extends Account {
  call: Call;
  work: Promise<void>;
  /** The catalogue could not take it, and will be asked again. */
  unkept: boolean;
}

/** PBX events -> {@link Exchange} -> PBX commands and catalogue. Knows nothing of calls itself. */
export class Recorder implements PbxListener {
  readonly #parts: RecorderParts;
  readonly #books: Bookkeeper;
  readonly #exchange = new Exchange();
  readonly #watched = new Map<Call['id'], Watched>();
  readonly #collector: Collector;
  readonly #clock: ClockSteps;
  /** How long channels wait in the gate for what is done with them. */
  readonly gateTimes = new GateTimes();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #pending = new Set<Promise<void>>();
  #policy: Policy;
  #policyKnown = false;
  #connections: PbxConnections = { ari: false, ami: false };
  #foundCalls: () => void = () => undefined;
  /** Resolves when the PBX has told which calls go on, and what they need is ordered. */
  readonly attending = new Promise<void>((resolve) => (this.#foundCalls = resolve)).then(() => this.kept());

  constructor(policy: Policy, parts: RecorderParts) {
    this.#policy = policy;
    this.#parts = parts;
    this.#books = new Bookkeeper(parts);
    this.#clock = new ClockSteps(parts.now, parts.steady);
    this.#collector = new Collector(
      parts,
      (event) => {
        this.event(event);
      },
      (recording) => this.talks.some(({ segment }) => segment.id === recording && isToRun(segment)),
    );
  }

  /** Takes up the calls that a former process left behind, then connects. */
  async start(): Promise<void> {
    for (const call of await this.#parts.catalogue.openCalls()) {
      this.#exchange.add(call, this.#parts.now());
      this.#watch(call, call);
      this.#parts.followed(call);
      for (const { id } of call.segments) this.#collector.inherit(id);
    }
    const context = { policy: this.#policy, newId: this.#parts.newId };
    for (const change of this.#exchange.settle(this.#parts.now(), context))
      this.#advance(change, 'legs-taken');
    this.#leaveGates();
    this.#parts.pbx.start(this);
  }

  /** Lets go of everything; what runs in Asterisk runs on and is found again. */
  async stop(): Promise<void> {
    this.#collector.stop();
    await this.#parts.pbx.stop();
    for (const timer of this.#timers) clearTimeout(timer);
    await Promise.all(this.#pending);
  }

  get connectionState(): PbxConnections {
    return this.#connections;
  }

  /** Undefined until the PBX has told who is logged in to its queues. */
  get settledPolicy(): Policy | undefined {
    return this.#policyKnown ? this.#policy : undefined;
  }

  /** The calls that touch a member, as they stand. */
  get liveCalls(): readonly Call[] {
    return this.#membersCalls.filter((call) => !isTestCall(call));
  }

  get #membersCalls(): readonly Call[] {
    return this.#exchange.calls.filter((call) => !call.verdict && concernsMember(call, this.#policy));
  }

  /**
   * The talks of all calls that are known, those included that were over moments ago. `now`: by the time that the call
   * keeps.
   */
  get talks(): readonly { readonly call: Call; readonly segment: Segment; readonly now: Instant }[] {
    const [now, setMs] = [this.#parts.now(), this.#clock.setMs];
    return this.#exchange.calls.flatMap((call) =>
      call.segments.map((segment) => ({ call, segment, now: this.#exchange.timeOf(call, now, setMs) })),
    );
  }

  get policy(): Policy {
    return this.#policy;
  }

  /** Treats calls by another policy from now on; what the PBX and the disk told stays. */
  use(policy: Policy): void {
    const { endpoints, queues, storageFull = false } = this.#policy;
    this.#policy = { ...policy, endpoints, queues, storageFull };
    // Nothing may happen to a talk until its end: who is recorded from now on, or no more, is seen at once.
    for (const { channel } of this.#exchange.calls.flatMap(({ legs }) => legs.find(isInCall) ?? []))
      this.event({ at: this.#parts.now(), type: 'policy-changed', channel });
  }

  /** For what no known call tells: see {@link Pbx}. */
  get pbx(): Pick<Pbx, 'channelsOf' | 'stopRecording'> {
    return this.#parts.pbx;
  }

  /** Does once more what may not have reached Asterisk of a recording. */
  repair(recording: RecordingId): void {
    const owner = this.talks.find(({ segment }) => segment.id === recording);
    const watched = owner && this.#watched.get(owner.call.id);
    if (watched) this.#repair(watched, recording);
  }

  /** Resolves when all that happened so far is kept. */
  async kept(): Promise<void> {
    await Promise.all([...this.#watched.values()].map(({ work }) => work));
  }

  /** Takes up a call of which only a file is left: it goes the way of every call whose recording is ending. */
  async adopt(call: Call): Promise<void> {
    this.#exchange.add(call);
    const watched = this.#watch(call, undefined);
    this.#inTurn(watched, () => this.#keepOrLater(watched));
    await watched.work;
    for (const { id } of call.segments) this.#repair(watched, id);
  }

  /** Resolves when Asterisk has answered. What is not done is said in the answer. */
  async control({ id, control, actor }: ControlRequest): Promise<ControlAnswer> {
    const talks = this.#membersCalls.flatMap((call) =>
      openSegmentsOf(call, id).map((talk) => ({ call, talk })),
    );
    const [only] = talks;
    if (!only) return { talk: undefined, problem: 'no such talk goes on now' };
    if (talks.length > 1) {
      return { talk: undefined, problem: 'several members talk in this call: name the recording' };
    }
    const channel = only.talk.memberChannel;
    this.event({ at: this.#parts.now(), type: 'control-requested', channel, control, actor });
    await this.#watched.get(only.call.id)?.work;
    return controlAnswer(this.#exchange.callOf(channel) ?? only.call, channel);
  }

  event(event: CallEvent): void {
    if (event.type === 'gate-entered') this.gateTimes.entered(event.channel, performance.now());
    const context = { policy: this.#policy, newId: this.#parts.newId };
    // Without AMI nothing would tell of a new call's end.
    const changes = this.#exchange.take(this.#clock.stamped(event), context, this.#connections.ami);
    for (const change of changes ?? []) this.#advance(change, event.type);
    // Nobody is asked for a consent that cannot be used.
    if (!changes && event.type === 'gate-entered') this.#track(this.#leadOn(event.channel));
  }

  knows(channel: ChannelId): boolean {
    return this.#exchange.callOf(channel) !== undefined;
  }

  channels(live: readonly ChannelFacts[], unseenSince: Instant | undefined): void {
    // Only what was in doubt before: the events below give their own commands.
    const doubtful = [...this.#watched.values()].flatMap((watched) =>
      watched.call.segments.filter(isInDoubt).map(({ id }) => ({ watched, id })),
    );
    const missed = missedEvents(this.#exchange.calls, live, this.#parts.now(), unseenSince);
    for (const event of missed) this.event(event);
    for (const { watched, id } of doubtful) this.#repair(watched, id);
    const running = this.talks.filter(({ segment }) => isToRun(segment));
    for (const { segment } of running) this.#track(this.#collector.look(segment.id, 0));
    this.#foundCalls();
  }

  inGate(channels: readonly ChannelId[]): void {
    for (const channel of channels) {
      const gate = this.#exchange.callOf(channel)?.gate;
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

  /** Whether new recordings have room. What runs goes on. */
  storage(full: boolean): void {
    this.#policy = { ...this.#policy, storageFull: full };
  }

  connections(state: PbxConnections): void {
    const was = this.#connections;
    this.#connections = state;
    this.#policyKnown ||= state.ami;
    if (was.ari && !state.ari) this.#leaveGates();
    if (state.ari && state.ami) this.#parts.log.info('connected to Asterisk: ready', { ...state });
    else if (was.ari && was.ami)
      this.#parts.log.warn('connection to Asterisk lost; calls go on', { ...state });
  }

  #watch(call: Call, saved: Call | undefined): Watched {
    const watched: Watched = { call, saved, work: Promise.resolve(), unkept: false, files: new Map() };
    this.#watched.set(call.id, watched);
    return watched;
  }

  /** Kept for a while: events of the other connection may still be on their way, and must not begin a call anew. */
  #forgetLater(watched: Watched): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#watched.delete(watched.call.id);
      this.#exchange.forget(watched.call);
    }, afterlifeMs);
    this.#timers.add(timer);
  }

  /** First kept, then done: only a catalogue that cannot be written is not waited for, because calls go first. */
  #advance({ before, call, commands }: Change, by: CallEvent['type']): void {
    const watched = this.#watched.get(call.id) ?? this.#watch(before, undefined);
    watched.call = call;
    if (isTestCall(call)) this.#parts.tested(call);
    else if (before.segments !== call.segments) this.#parts.followed(call);
    const isFoundAgain = foundAgain.has(by) && !call.verdict && !isToBeSeenLeaving(before);
    const canWait = isSameSave(before, call) || isFoundAgain;
    if (canWait && commands.length === 0) return;
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
      this.#books.troubled(watched.call, error);
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

  async #leadOn(channel: ChannelId): Promise<void> {
    if (await this.#parts.pbx.continue(channel)) this.#served(channel);
  }

  #served(channel: ChannelId): void {
    this.gateTimes.served(channel, performance.now(), this.#parts.now());
  }

  async #execute(watched: Watched, command: Command): Promise<void> {
    const { pbx, files, log } = this.#parts;
    log.debug('command', { call: watched.call.id, ...command });
    switch (command.type) {
      case 'answer':
        return pbx.answer(command.channel);
      case 'play':
        if (await pbx.play(command.channel, command.playback, command.media, command.stay))
          this.#served(command.channel);
        return;
      case 'whisper':
        return pbx.whisper(command.channel, command.playback, command.media);
      case 'end-whisper':
        return pbx.endWhisper(command.channel);
      case 'stop-playback':
        return pbx.stopPlayback(command.channel, command.playback);
      case 'continue':
        // Not waited for: AMI may be about to be found dead, and the caller stands in the gate.
        this.#track(this.#leaveConsent(watched.call, command.channel));
        return this.#leadOn(command.channel);
      case 'set-gate-timeout':
        this.#wait(command.ms, { type: 'gate-timeout', channel: command.channel, phase: command.phase });
        return;
      case 'set-move-timeout':
        this.#wait(command.ms, { type: 'move-timeout', channel: command.channel, since: command.since });
        return;
      case 'start-recording':
        return pbx.startRecording(command.recording, command.channelName, {
          files: files.activeFiles(command.recording, command.audio),
          keepsWideband: command.audio.wideband,
          beepEverySeconds: command.beepEverySeconds,
          again: command.again === true,
        });
      case 'mute-recording':
        return pbx.muteRecording(command.recording, command.channelName, command.muted);
      case 'set-pause-timeout':
        this.#wait(command.ms, { type: 'pause-timeout', channel: command.channel, since: command.since });
        return;
      case 'stop-recording':
        return pbx.stopRecording(command.recording, command.channelName, command.mixMonitor);
      case 'look-at-recording':
        this.#track(this.#collector.look(command.recording, cutWithinMs));
        return;
      case 'collect-recording':
        // Not in the call's turn: Asterisk may take its time to close a file while the call goes on.
        this.#track(this.#collector.collect(command.recording));
        return;
      case 'discard-recording':
        return files.discard(command.recording);
    }
  }

  #wait(ms: number, then: Timeout): void {
    const due = this.#parts.steady() + ms;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      const lateMs = this.#parts.steady() - due;
      this.event({ at: this.#parts.now(), ...then, ...(then.type === 'gate-timeout' && { lateMs }) });
    }, ms);
    this.#timers.add(timer);
  }

  #repair(watched: Watched, recording: RecordingId): void {
    const exists = this.#parts.files.activeBytes(recording) !== undefined;
    const segment = watched.call.segments.find(({ id }) => id === recording);
    if (!segment) return;
    const now = this.#parts.now();
    const own = this.#exchange.timeOf(watched.call, now, this.#clock.setMs);
    for (const { event, command } of repairsOf(watched.call, segment, exists, now, own)) {
      if (event) this.event(event);
      else this.#inTurn(watched, () => this.#execute(watched, command));
    }
  }

  /** Nobody hears the keys any more, nor when the prompt ends. The channels are released with the next connection. */
  #leaveGates(): void {
    for (const { gate } of this.#exchange.calls) {
      if (!gate) continue;
      const problem = 'the recorder lost its connection during the announcement';
      this.event({ at: this.#parts.now(), type: 'gate-left', channel: gate.channel, problem });
    }
  }

  /** With the channel, in case the catalogue is lost. */
  async #leaveConsent({ consents }: Call, channel: ChannelId): Promise<void> {
    const consent = consents.findLast((each) => each.channel === channel);
    const text = consent && consentText(consent);
    if (text !== undefined) await this.#parts.pbx.keepConsent(channel, text);
  }

  async #release(channel: ChannelId): Promise<void> {
    await this.#parts.pbx.stopPlayback(channel, 'announcement');
    await this.#parts.pbx.stopPlayback(channel, 'confirmation');
    await this.#parts.pbx.continue(channel);
  }
}
