// Mitschnitt's process around the pure core: it does what recorder.ts, collector.ts and asterisk/asterisk.ts do, with
// the clock of the story in place of timers and promises.
import { Channels } from '../../../src/asterisk/channels.ts';
import type { AmiMessage } from '../../../src/asterisk/ami-wire.ts';
import type { AriEvent } from '../../../src/asterisk/ari.ts';
import { factsOfStasisStart, translateStasis } from '../../../src/asterisk/stasis.ts';
import type { Call, Control, Policy } from '../../../src/call/call.ts';
import type { CallEvent, ChannelFacts, Command } from '../../../src/call/event.ts';
import { concernsMember } from '../../../src/call/classification.ts';
import { Exchange, type Change } from '../../../src/call/exchange.ts';
import { isToBeSeenLeaving } from '../../../src/call/gate.ts';
import { isSameSave } from '../../../src/call/records.ts';
import { isInDoubt, missedEvents, repairsOf } from '../../../src/recovery.ts';
import type { Asterisk, Wires } from './asterisk.ts';
import type { Spool } from './spool.ts';

/** The most that an event or a command is on its way, in ms. */
export const longestWayMs = 40;
const gateWatchMs = 5_000;
const connectMs = 30;
const closeCheckMs = 100;

/** Delivers in order, each after a time of its own. */
class Stream {
  readonly #asterisk: Asterisk;
  #last = 0;
  isCut = false;

  constructor(asterisk: Asterisk) {
    this.#asterisk = asterisk;
  }

  send(deliver: () => void): void {
    const { clock, noise } = this.#asterisk;
    this.#last = Math.max(this.#last, clock.now + noise.upTo(longestWayMs));
    clock.at(this.#last, () => {
      if (!this.isCut) deliver();
    });
  }
}

type Told = {
  [Type in CallEvent['type']]: Omit<Extract<CallEvent, { type: Type }>, 'at'>;
}[CallEvent['type']];

/** What outlives a process: the catalogue, and what the test wants to know of all of them. */
export interface Archive {
  /** The newest saved state of each call that touches a member. */
  readonly saved: Map<string, Call>;
  /** The newest state of every call, saved or not. */
  readonly seen: Map<string, Call>;
  /** Everything that Mitschnitt was told, for telling it again. */
  readonly told: CallEvent[];
  readonly faults: string[];
}

/** One life of the process. */
export class Mitschnitt implements Wires {
  readonly #asterisk: Asterisk;
  readonly #spool: Spool;
  readonly #archive: Archive;
  readonly #exchange = new Exchange();
  readonly #channels = new Channels();
  readonly #newId: () => string;
  readonly #agents: () => ReadonlySet<string>;
  readonly #inherited = new Set<string>();
  readonly #collecting = new Set<string>();
  /** Channels that were told to leave the gate by themselves. */
  readonly #goesOn = new Set<string>();
  /** What is to be done for each call, strictly in turn. */
  readonly #work = new Map<string, Stream>();
  #policy: Policy;
  #amiStream: Stream | undefined;
  #ariStream: Stream | undefined;
  #amiReady = false;
  #seenInGate: readonly string[] = [];
  #isDead = false;

  constructor(parts: {
    asterisk: Asterisk;
    spool: Spool;
    archive: Archive;
    policy: Policy;
    newId: () => string;
    agents: () => ReadonlySet<string>;
  }) {
    this.#asterisk = parts.asterisk;
    this.#spool = parts.spool;
    this.#archive = parts.archive;
    this.#policy = parts.policy;
    this.#newId = parts.newId;
    this.#agents = parts.agents;
  }

  start(): void {
    for (const call of this.#archive.saved.values()) {
      if (call.verdict) continue;
      this.#exchange.add(call);
      for (const { id } of call.segments) this.#inherited.add(id);
    }
    const context = { policy: this.#policy, newId: this.#newId };
    for (const change of this.#exchange.settle(this.#asterisk.clock.now, context)) {
      this.#advance(change, 'legs-taken');
    }
    this.#leaveGates();
    this.reconnect();
  }

  die(): void {
    this.#isDead = true;
    this.lose('ami');
    this.lose('ari');
  }

  lose(which: 'ami' | 'ari'): void {
    if (which === 'ami') {
      if (this.#amiStream) this.#amiStream.isCut = true;
      this.#amiStream = undefined;
      this.#amiReady = false;
      return;
    }
    const was = this.#ariStream;
    if (was) was.isCut = true;
    this.#ariStream = undefined;
    if (was && !this.#isDead) this.#leaveGates();
  }

  reconnect(): void {
    this.#later(connectMs, () => {
      if (!this.#amiStream) this.#openAmi();
      if (!this.#ariStream) this.#openAri();
    });
  }

  get ari(): boolean {
    return this.#ariStream !== undefined;
  }

  get isReady(): boolean {
    return this.ari && this.#amiReady;
  }

  ami(message: AmiMessage): void {
    const stream = this.#amiStream;
    stream?.send(() => {
      if (!this.#amiReady) return;
      for (const event of this.#channels.translate(message, this.#asterisk.clock.now)) this.#told(event);
    });
  }

  stasis(event: AriEvent): void {
    this.#ariStream?.send(() => {
      const at = this.#asterisk.clock.now;
      if (event.type === 'StasisStart' && event.channel) this.#goesOn.delete(event.channel.id);
      if (event.type === 'StasisStart' && event.channel && !this.#channels.knows(event.channel.id)) {
        const facts = factsOfStasisStart(event);
        if (facts) this.#told({ at, type: 'channel-seen', facts });
      }
      const translated = translateStasis(event, at);
      if (translated) this.#told(translated);
    });
  }

  /** Who is logged in to the queue has changed. */
  queues(): void {
    const agents = this.#agents();
    this.#amiStream?.send(() => {
      this.#policy = { ...this.#policy, queues: new Map([['support', agents]]) };
    });
  }

  /** The feature code of a telephone. */
  asked(channel: string, control: Control): void {
    this.#amiStream?.send(() => {
      if (!this.#amiReady) return;
      const { now: at } = this.#asterisk.clock;
      this.#event({ at, type: 'control-requested', channel, control, actor: 'telephone' });
    });
  }

  /** Tells everything once more. */
  repeat(): void {
    for (const event of [...this.#archive.told]) this.#event({ ...event, at: this.#asterisk.clock.now });
  }

  #openAmi(): void {
    const stream = new Stream(this.#asterisk);
    this.#amiStream = stream;
    const [entries, bridges] = [this.#asterisk.list(), this.#asterisk.listBridges()];
    // Before the calls: who of them is a member depends on it.
    this.queues();
    stream.send(() => {
      this.#amiReady = true;
      this.#recover(this.#channels.reset(entries, { bridges }));
    });
  }

  #openAri(): void {
    const stranded = this.#asterisk.present();
    this.#ariStream = new Stream(this.#asterisk);
    this.#inGate(stranded);
    this.#watchGate(this.#ariStream);
  }

  #watchGate(stream: Stream): void {
    this.#later(gateWatchMs, () => {
      if (stream.isCut) return;
      const present = this.#asterisk.present();
      const before = this.#seenInGate;
      this.#seenInGate = present;
      this.#inGate(present.filter((channel) => before.includes(channel)));
      this.#watchGate(stream);
    });
  }

  #told(event: CallEvent): void {
    this.#archive.told.push(event);
    this.#event(event);
    // A report that comes twice must do no harm. (A second entry into the gate is one: Asterisk lets it wait there.)
    if (event.type !== 'gate-entered' && this.#asterisk.noise.oncePer(20)) this.#event(event);
  }

  #event(event: CallEvent): void {
    const context = { policy: this.#policy, newId: this.#newId };
    const changes = this.#exchange.take(event, context, this.#amiReady);
    for (const change of changes ?? []) this.#advance(change, event.type);
    if (!changes && event.type === 'gate-entered') {
      const { channel } = event;
      this.#later(this.#way(), () => this.#leadOn(channel));
    }
  }

  #recover(live: readonly ChannelFacts[]): void {
    const doubtful = this.#exchange.calls.flatMap((call) =>
      call.segments.filter(isInDoubt).map(({ id }) => ({ call: call.id, id })),
    );
    for (const event of missedEvents(this.#exchange.calls, live, this.#asterisk.clock.now))
      this.#event(event);
    for (const { call, id } of doubtful) this.#later(this.#way(), () => this.#repair(call, id));
  }

  #repair(callId: string, recording: string): void {
    const call = this.#exchange.calls.find(({ id }) => id === callId);
    const segment = call?.segments.find(({ id }) => id === recording);
    if (!call || !segment) return;
    const exists = this.#spool.isActive(recording);
    for (const { event, command } of repairsOf(call, segment, exists, this.#asterisk.clock.now)) {
      if (event) this.#event(event);
      else this.#inTurn(callId, () => this.#execute(command));
    }
  }

  #inTurn(call: string, run: () => void): void {
    const stream = this.#work.get(call) ?? new Stream(this.#asterisk);
    this.#work.set(call, stream);
    stream.send(() => {
      if (!this.#isDead) run();
    });
  }

  #inGate(channels: readonly string[]): void {
    for (const channel of channels) {
      const gate = this.#exchange.callOf(channel)?.gate;
      if (gate?.channel === channel && gate.phase !== 'leaving') continue;
      this.#later(this.#way(), () => {
        this.#asterisk.stopPlayback(channel, 'announcement');
        this.#asterisk.stopPlayback(channel, 'confirmation');
        this.#leadOn(channel);
      });
    }
  }

  #leaveGates(): void {
    for (const { gate } of this.#exchange.calls) {
      if (!gate || gate.phase === 'leaving') continue;
      const problem = 'the recorder lost its connection during the announcement';
      this.#event({ at: this.#asterisk.clock.now, type: 'gate-left', channel: gate.channel, problem });
    }
  }

  #advance({ before, call, commands }: Change, by: CallEvent['type']): void {
    const { faults, seen, saved } = this.#archive;
    if (before.verdict && !isSameSave(before, call)) faults.push('a call changed after its verdict');
    seen.set(call.id, call);
    const isLater = by === 'gate-left' || by === 'recording-started';
    const isFoundAgain = isLater && !call.verdict && !isToBeSeenLeaving(before);
    if ((isSameSave(before, call) || isFoundAgain) && commands.length === 0) return;
    this.#inTurn(call.id, () => {
      const newest = seen.get(call.id) ?? call;
      if (saved.has(newest.id) || concernsMember(newest, this.#policy)) saved.set(newest.id, newest);
      for (const command of commands) this.#execute(command);
    });
  }

  #execute(command: Command): void {
    const asterisk = this.#asterisk;
    switch (command.type) {
      case 'play':
        if (this.ari) this.#play(command);
        break;
      case 'stop-playback':
        if (this.ari) asterisk.stopPlayback(command.channel, command.playback);
        break;
      case 'continue':
        if (this.ari) this.#leadOn(command.channel);
        break;
      case 'set-gate-timeout': {
        const { channel, phase, ms } = command;
        this.#due(ms, { type: 'gate-timeout', channel, phase });
        break;
      }
      case 'set-move-timeout': {
        const { channel, since, ms } = command;
        this.#due(ms, { type: 'move-timeout', channel, since });
        break;
      }
      case 'start-recording':
        this.#startRecording(command.recording, command.channelName);
        break;
      case 'stop-recording': {
        const { recording, mixMonitor, channelName } = command;
        if (this.#amiStream) asterisk.stopMonitor(mixMonitor ?? `0x${recording}`, channelName);
        break;
      }
      case 'collect-recording':
        this.#collect(command.recording);
        break;
      case 'discard-recording':
        this.#spool.discard(command.recording);
        break;
      case 'answer':
      case 'whisper':
      case 'end-whisper':
      case 'look-at-recording':
        break;
      case 'mute-recording':
        this.#mute(command.recording, command.muted);
        break;
      case 'set-pause-timeout': {
        const { channel, ms, since } = command;
        this.#due(ms, { type: 'pause-timeout', channel, since });
        break;
      }
    }
  }

  #due(ms: number, event: Told): void {
    this.#later(ms, () => this.#event({ at: this.#asterisk.clock.now, ...event }));
  }

  /** A refusal is told as the end of the playback. What follows an announcement is told with it: see StasisGate. */
  #play({ channel, playback, media, stay }: Extract<Command, { type: 'play' }>): void {
    const asterisk = this.#asterisk;
    if (playback === 'confirmation' && this.#goesOn.has(channel)) {
      asterisk.stopPlayback(channel, 'silence');
      return;
    }
    if (!asterisk.play(channel, playback, media)) {
      this.#due(0, { type: 'playback-finished', channel, playback, problem: 'Channel not found' });
      return;
    }
    if (!stay) return;
    asterisk.play(channel, 'silence', 'sound:silence', stay.silenceMs);
    if (stay.confirmation !== undefined) asterisk.play(channel, 'confirmation', stay.confirmation);
    asterisk.continue(channel);
    this.#goesOn.add(channel);
  }

  #leadOn(channel: string): void {
    this.#asterisk.stopPlayback(channel, 'confirmation');
    this.#asterisk.stopPlayback(channel, 'silence');
    if (!this.#goesOn.has(channel)) this.#asterisk.continue(channel);
  }

  /** The answer comes by the same connection as the events. */
  #startRecording(recording: string, channelName: string): void {
    const stream = this.#amiStream;
    if (!stream) return;
    const monitor = this.#asterisk.startMonitor(recording, channelName);
    stream.send(() => {
      const { now: at } = this.#asterisk.clock;
      const mixMonitor = monitor?.id;
      if (monitor) this.#told({ at, type: 'recording-started', recording, mixMonitor });
      else this.#told({ at, type: 'recording-refused', recording, problem: 'No such channel' });
    });
  }

  #mute(recording: string, muted: boolean): void {
    const stream = this.#amiStream;
    if (!stream) return;
    const isDone = this.#asterisk.muteMonitor(recording, muted);
    stream.send(() => {
      const { now: at } = this.#asterisk.clock;
      const problem = 'No such channel';
      if (isDone) this.#event({ at, type: 'recording-muted', recording, muted });
      else this.#event({ at, type: 'recording-mute-refused', recording, muted, problem });
    });
  }

  /** Waits until the file is closed. */
  #collect(recording: string): void {
    if (this.#collecting.has(recording)) return;
    this.#collecting.add(recording);
    const look = (): void => {
      const media = this.#spool.collect(recording);
      if (media === 'open') {
        this.#later(closeCheckMs, look);
        return;
      }
      this.#collecting.delete(recording);
      const { now: at } = this.#asterisk.clock;
      if (media) {
        this.#told({ at, type: 'recording-closed', recording, media });
        return;
      }
      const state = this.#inherited.has(recording) ? 'lost' : 'failed';
      this.#told({ at, type: 'recording-missing', recording, state, problem: 'no file' });
    };
    look();
  }

  #way(): number {
    return this.#asterisk.noise.upTo(longestWayMs);
  }

  /** Not any more once this process is dead. */
  #later(ms: number, run: () => void): void {
    this.#asterisk.clock.after(ms, () => {
      if (!this.#isDead) run();
    });
  }
}
