import { setTimeout as pause } from 'node:timers/promises';

import { AmiConnection, type AmiSettings } from './ami.ts';
import { field, type AmiMessage } from './ami-wire.ts';
import { AriClient, type AriEvent, type AriSettings, type AriStream } from './ari.ts';
import { Attendance, type WatchMark } from './attendance.ts';
import { bridgeTimes } from './bridge-times.ts';
import { channelEvents, Channels } from './channels.ts';
import { consentsOfStrangers, consentVariable } from './consents-of-strangers.ts';
import { EventClock } from './event-clock.ts';
import { queueEvents, Queues } from './queues.ts';
import { recordedChannels } from './recorded-channels.ts';
import { Link, type Connection } from './link.ts';
import { MixMonitor } from './mixmonitor.ts';
import { factsOfStasisStart, StasisGate, translateStasis, type Silence } from './stasis.ts';
import type { ToldAccount } from './told-account.ts';
import { TestTelephones } from './telephones.ts';
import { isWhisper, Whisper } from './whisper.ts';
import type { ChannelId, RecordingId } from '../call/call.ts';
import type { CallEvent, Playback, Stay } from '../call/event.ts';
import type { RecordedChannel } from '../call/orphan.ts';
import type { Pbx, PbxListener, RecordingForm } from './pbx.ts';

/** What a configuration wants of Asterisk, whichever it is. */
export interface AsteriskWishes {
  /** Whether to follow who is logged in to the queues. */
  readonly queues: boolean;
  /** Whether anything is ever announced: otherwise calls need no gate. */
  readonly announces: boolean;
}

export interface AsteriskSettings extends AsteriskWishes {
  readonly ari: AriSettings;
  readonly ami: AmiSettings;
  readonly silence: Silence;
}

/** How long a channel may be forgotten in the gate: a command that got lost is repeated after this. */
const gateWatchMs = 5_000;
/** Of an event stream of which nothing is heard for longer, nobody knows whether it is one; it is pinged each second. */
const silenceMs = 2_000;
/** How long Asterisk may take to hear that we leave. */
const farewellMs = 500;
/** How soon an endpoint that was configured meanwhile is known. */
const endpointsEveryMs = 60_000;
/** How soon a member is known who came or went without an event: `queue reload members`, queues in a database. */
const queuesEveryMs = 60_000;

/** Told what stands between us and Asterisk, again and again; `undefined`: nothing any more. */
export type ConnectionLost = (which: 'ari' | 'ami', error: unknown) => void;

/** Asterisk by ARI (the gate) and AMI (who talks to whom, MixMonitor). */
export class Asterisk implements Pbx {
  #settings: AsteriskSettings;
  readonly #lost: ConnectionLost;
  readonly #troubled: (command: string, error: unknown) => void;
  readonly #ari: AriClient;
  readonly #gate: StasisGate;
  readonly #whisper: Whisper;
  /** Of the self-test. */
  readonly telephones: TestTelephones;
  readonly #mixMonitor: MixMonitor;
  readonly #attendance: Attendance;
  readonly #mark: WatchMark;
  readonly #account: ToldAccount | undefined;
  readonly #channels = new Channels();
  readonly #queues = new Queues();
  #seenInGate: ReadonlySet<ChannelId> = new Set();
  readonly #links: Readonly<Record<'ari' | 'ami', Link>>;
  readonly #connected = { ari: false, ami: false };
  #ami: AmiConnection | undefined;
  /** Empty while it is asked for. */
  #version: string | undefined;
  #events: AriStream | undefined;
  #listener: PbxListener | undefined;

  /**
   * `troubled` is told when a command got no answer; recovery repeats it after the next connection. `account`: hears what
   * Asterisk tells of calls by itself.
   */
  constructor(
    settings: AsteriskSettings,
    lost: ConnectionLost,
    troubled: (command: string, error: unknown) => void,
    mark: WatchMark,
    account?: ToldAccount,
  ) {
    this.#settings = settings;
    this.#lost = lost;
    this.#troubled = troubled;
    this.#ari = new AriClient(settings.ari);
    const emit = (event: CallEvent): void => this.#listener?.event(event);
    this.#gate = new StasisGate(this.#ari, settings.silence, emit, async (channel, seconds) => {
      const limit = { Action: 'Setvar', Channel: channel, Variable: 'TIMEOUT(absolute)', Value: seconds };
      await this.#action(limit);
    });
    this.#whisper = new Whisper(this.#ari, settings.ari.app, emit);
    this.telephones = new TestTelephones(this.#ari);
    this.#mixMonitor = new MixMonitor(
      (fields) => this.#action(fields),
      emit,
      () => this.#ami?.greeting ?? '',
    );
    this.#mark = mark;
    this.#account = account;
    this.#attendance = new Attendance(
      (fields) => this.#action(fields),
      settings.ami.username,
      settings.announces ? this.#isServed : undefined,
      mark,
    );
    const link = (which: 'ari' | 'ami', open: (stopping: AbortSignal) => Promise<Connection>): Link =>
      new Link(open, (error) => {
        this.#setConnected(which, false);
        lost(which, error);
      });
    this.#links = {
      ari: link('ari', (stopping) => this.#openAri(stopping)),
      ami: link('ami', (stopping) => this.#openAmi(stopping)),
    };
  }

  start(listener: PbxListener): void {
    this.#listener = listener;
    this.#links.ami.start();
    this.#links.ari.start();
  }

  /** Goes on with other wishes, the connections standing. Resolves when Asterisk was asked for what they need. */
  async adapt({ queues, announces }: AsteriskWishes): Promise<void> {
    const followed = this.#settings.queues;
    this.#settings = { ...this.#settings, queues: queues || followed, announces };
    const ami = this.#ami;
    if (ami && queues && !followed) await this.#command('QueueStatus', this.#beginQueues(ami));
    await this.#command('open the gate', this.#attendance.adapt(announces ? this.#isServed : undefined));
  }

  /** As Asterisk names its version: asked for when somebody wants it, and known a moment later. */
  get version(): string | undefined {
    if (this.#ami && this.#version === undefined) {
      this.#version = '';
      void this.#command('CoreSettings', this.#learnVersion());
    }
    return this.#version === '' ? undefined : this.#version;
  }

  async #learnVersion(): Promise<void> {
    this.#version = field(await this.#action({ Action: 'CoreSettings' }), 'AsteriskVersion');
  }

  /** Classes of AMI's events that are read. */
  get #classes(): string {
    const classes = ['call', 'user', ...(this.#settings.queues ? ['agent'] : [])];
    return [...classes, ...(this.#account?.classes ?? [])].join();
  }

  async #beginQueues(connection: AmiConnection): Promise<void> {
    await connection.action({ Action: 'Events', EventMask: this.#classes });
    await this.#followQueues(connection);
  }

  async stop(): Promise<void> {
    if (this.#connected.ami) {
      const farewell = this.#command('close the gate', this.#attendance.end());
      await Promise.race([farewell, pause(farewellMs, undefined, { ref: false })]);
    }
    await Promise.all([this.#links.ari.stop(), this.#links.ami.stop()]);
  }

  answer(channel: ChannelId): Promise<void> {
    return this.#command('answer', this.#gate.answer(channel));
  }

  async play(channel: ChannelId, playback: Playback, media: string, stay?: Stay): Promise<boolean> {
    return (await this.#command('play', this.#gate.play(channel, playback, media, stay))) === true;
  }

  whisper(channel: ChannelId, playback: Playback, media: string): Promise<void> {
    return this.#command('whisper', this.#whisper.play(channel, playback, media));
  }

  endWhisper(channel: ChannelId): Promise<void> {
    return this.#command('end whisper', this.#whisper.end(channel));
  }

  stopPlayback(channel: ChannelId, playback: Playback): Promise<void> {
    return this.#command('stop playback', this.#gate.stopPlayback(channel, playback));
  }

  keepConsent(channel: ChannelId, text: string): Promise<void> {
    const kept = this.#action({ Action: 'Setvar', Channel: channel, Variable: consentVariable, Value: text });
    return this.#command(
      'Setvar',
      kept.then(() => undefined),
    );
  }

  async continue(channel: ChannelId): Promise<boolean> {
    return (await this.#command('continue', this.#gate.continue(channel))) === true;
  }

  startRecording(recording: RecordingId, channelName: string, form: RecordingForm): Promise<void> {
    return this.#command('MixMonitor', this.#mixMonitor.start(recording, channelName, form));
  }

  muteRecording(recording: RecordingId, channelName: string, muted: boolean): Promise<void> {
    return this.#command('MixMonitorMute', this.#mixMonitor.mute(recording, channelName, muted));
  }

  stopRecording(recording: RecordingId, channelName: string, mixMonitor: string | undefined): Promise<void> {
    return this.#command('StopMixMonitor', this.#mixMonitor.stop(recording, channelName, mixMonitor));
  }

  /** Asterisk answers in order. */
  async caughtUp(): Promise<boolean> {
    return (await this.#command('Ping', this.#action({ Action: 'Ping' }))) !== undefined;
  }

  async channelsOf(
    recordings: readonly RecordingId[],
  ): Promise<ReadonlyMap<RecordingId, RecordedChannel> | undefined> {
    const ami = this.#ami;
    if (!ami) return undefined;
    let found: ReadonlyMap<RecordingId, RecordedChannel> | undefined;
    await this.#command(
      'Status',
      recordedChannels(ami, recordings).then((channels) => {
        found = channels;
      }),
    );
    return found;
  }

  /** Undefined: it could not be given, which was told. */
  async #command<Answer>(name: string, command: Promise<Answer>): Promise<Answer | undefined> {
    try {
      return await command;
    } catch (error) {
      this.#troubled(name, error);
      return undefined;
    }
  }

  #action(fields: Readonly<Record<string, string>>): Promise<AmiMessage> {
    return this.#ami ? this.#ami.action(fields) : Promise.reject(new Error('AMI is not connected'));
  }

  /** Whoever stands in the gate before our socket does is a stranger to us: those are asked for first. */
  async #openAri(stopping: AbortSignal): Promise<Connection> {
    const stranded = await this.#gate.present(this.#settings.ari.app, stopping);
    await this.#whisper.endStranded(stranded);
    const connection = await this.#ari.events((event) => {
      this.#stasisEvent(event);
    }, stopping);
    this.#events = connection;
    this.#setConnected('ari', true);
    this.#listener?.inGate(stranded.filter((channel) => !isWhisper(channel)));
    void this.telephones.silence(stranded);
    await this.#command('list of endpoints', this.#tellEndpoints());
    const timers = [
      setInterval(() => void this.#command('look at the gate', this.#lookAtGate()), gateWatchMs),
      setInterval(() => void this.#command('list of endpoints', this.#tellEndpoints()), endpointsEveryMs),
    ];
    void connection.closed.then(() => {
      timers.forEach(clearInterval);
    });
    return connection;
  }

  /** Told are those that were there the last time, too: of others the news may still be on its way. */
  async #lookAtGate(): Promise<void> {
    const present = await this.#gate.present(this.#settings.ari.app);
    const before = this.#seenInGate;
    this.#seenInGate = new Set(present);
    this.#listener?.inGate(present.filter((channel) => before.has(channel) && this.#isParty(channel)));
  }

  readonly #isServed = (): boolean => this.#events !== undefined && this.#events.silentMs() < silenceMs;

  /** Whether a channel in our application is somebody in the gate, and none of our own. */
  #isParty(channel: ChannelId): boolean {
    return !isWhisper(channel) && !this.telephones.has(channel);
  }

  async #openAmi(stopping: AbortSignal): Promise<Connection> {
    const clock = new EventClock();
    const connection = new AmiConnection(this.#settings.ami, (message) => {
      if (this.#queues.take(message)) this.#listener?.queues(this.#queues.members);
      this.#account?.take(message, Date.now());
      // What is told of calls before the list of channels is in the list.
      if (this.#ami !== connection) return;
      if (message.has('UserEvent')) {
        void this.#command('answer the dialplan', this.#attendance.answer(message));
      }
      const now = Date.now();
      const stillSince = this.#attendance.unseenSince();
      const told = stillSince === undefined ? clock.told(message, now) : clock.read(message, now);
      // Of a talk that began while this process stood still, what counts is when it began to watch again.
      const at = stillSince === undefined ? (told ?? now) : now;
      const unseenSince = stillSince && Math.max(stillSince, told ?? stillSince);
      for (const event of this.#channels.translate(message, at)) {
        this.#listener?.event({ ...event, unseenSince });
      }
    });
    const giveUp = (): void => {
      connection.close();
    };
    stopping.addEventListener('abort', giveUp, { once: true });
    void connection.closed.then(() => {
      stopping.removeEventListener('abort', giveUp);
    });
    const classes = this.#classes;
    await connection.open(classes);
    this.#account?.begin(Date.now());
    try {
      await connection.only([...channelEvents, ...queueEvents, ...(this.#account?.events ?? [])]);
      // Before the calls: who of them is a member depends on it.
      if (this.#settings.queues) await this.#command('QueueStatus', this.#followQueues(connection));
      let bridges: readonly AmiMessage[] = [];
      await connection.list({ Action: 'BridgeList' }, (entries) => {
        bridges = entries;
      });
      const consents = await consentsOfStrangers(
        connection,
        (channel) => this.#listener?.knows(channel) !== false,
      );
      const bridgesMade = await bridgeTimes(this.#ari, connection, clock);
      await connection.list({ Action: 'CoreShowChannels' }, (entries) => {
        this.#ami = connection;
        this.#setConnected('ami', true);
        const live = this.#channels.reset(entries, { bridges, bridgesMade, consents, at: Date.now() });
        this.#listener?.channels(live, this.#mark.last());
      });
      // Other wishes came while there was nobody to tell them to.
      if (this.#classes !== classes) await this.#command('QueueStatus', this.#beginQueues(connection));
      await this.#command('open the gate', this.#attendance.begin());
      const timer = setInterval(() => {
        if (this.#settings.queues) void this.#command('QueueStatus', this.#followQueues(connection));
      }, queuesEveryMs);
      void connection.closed.then(() => {
        clearInterval(timer);
      });
    } catch (error) {
      connection.close();
      throw error;
    }
    return connection;
  }

  async #followQueues(connection: AmiConnection): Promise<void> {
    await connection.list({ Action: 'QueueStatus' }, (entries) => {
      this.#queues.reset(entries);
      this.#listener?.queues(this.#queues.members);
    });
  }

  #setConnected(which: 'ari' | 'ami', connected: boolean): void {
    if (which === 'ami' && !connected) this.#ami = this.#version = undefined;
    if (which === 'ari' && !connected) this.#events = undefined;
    if (this.#connected[which] === connected) return;
    this.#connected[which] = connected;
    if (connected) this.#lost(which, undefined);
    if (which === 'ami' && !connected) this.#attendance.pause();
    if (which === 'ari' && this.#ami) {
      void this.#command('open or close the gate', this.#attendance.tellEntry());
    }
    this.#listener?.connections({ ...this.#connected });
  }

  #stasisEvent(event: AriEvent): void {
    if (this.#whisper.take(event) || this.telephones.take(event)) return;
    const at = Date.now();
    this.#gate.see(event);
    if (event.type === 'CallBroadcast' && event.channel) {
      void this.#command('claim', this.#gate.claim(event.channel.id, this.#settings.ari.app));
    }
    if (event.type === 'StasisStart' && event.channel && !this.#channels.knows(event.channel.id)) {
      const facts = factsOfStasisStart(event);
      if (facts) this.#listener?.event({ at, type: 'channel-seen', facts });
    }
    const translated = translateStasis(event, at);
    if (translated) this.#listener?.event(translated);
  }

  async #tellEndpoints(): Promise<void> {
    const endpoints = (await this.#ari.request('GET', 'endpoints')) as readonly {
      technology: string;
      resource: string;
    }[];
    this.#listener?.endpoints(
      new Set(endpoints.map(({ technology, resource }) => `${technology}/${resource}`)),
    );
  }
}
