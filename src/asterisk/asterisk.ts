import { AmiConnection, type AmiSettings } from './ami.ts';
import type { AmiMessage } from './ami-wire.ts';
import { AriClient, type AriEvent, type AriSettings } from './ari.ts';
import { Channels } from './channels.ts';
import { Queues } from './queues.ts';
import { Link, type Connection } from './link.ts';
import { MixMonitor } from './mixmonitor.ts';
import { factsOfStasisStart, StasisGate, translateStasis } from './stasis.ts';
import type { CallEvent, ChannelId, Playback, RecordingId } from '../call/call.ts';
import type { Pbx, PbxListener } from './pbx.ts';

export interface AsteriskSettings {
  readonly ari: AriSettings;
  readonly ami: AmiSettings;
  /** Whether to follow who is logged in to the queues. */
  readonly queues: boolean;
}

/** How long a channel may be forgotten in the gate: a command that got lost is repeated after this. */
const gateWatchMs = 5_000;
/** How soon an endpoint that was configured meanwhile is known. */
const endpointsEveryMs = 60_000;

/** Told what stands between us and Asterisk. */
export type ConnectionLost = (which: 'ari' | 'ami', error: unknown) => void;

/** Asterisk by ARI (the gate) and AMI (who talks to whom, MixMonitor). */
export class Asterisk implements Pbx {
  readonly #settings: AsteriskSettings;
  readonly #troubled: (command: string, error: unknown) => void;
  readonly #ari: AriClient;
  readonly #gate: StasisGate;
  readonly #mixMonitor: MixMonitor;
  readonly #channels = new Channels();
  readonly #queues = new Queues();
  #seenInGate: ReadonlySet<ChannelId> = new Set();
  readonly #links: Readonly<Record<'ari' | 'ami', Link>>;
  readonly #connected = { ari: false, ami: false };
  #ami: AmiConnection | undefined;
  #listener: PbxListener | undefined;

  /** `troubled` is told when a command got no answer; recovery repeats it after the next connection. */
  constructor(
    settings: AsteriskSettings,
    lost: ConnectionLost,
    troubled: (command: string, error: unknown) => void,
  ) {
    this.#settings = settings;
    this.#troubled = troubled;
    this.#ari = new AriClient(settings.ari);
    const emit = (event: CallEvent): void => this.#listener?.event(event);
    this.#gate = new StasisGate(this.#ari, emit);
    this.#mixMonitor = new MixMonitor((fields) => this.#action(fields), emit);
    const link = (which: 'ari' | 'ami', open: () => Promise<Connection>): Link =>
      new Link(open, (error) => {
        this.#setConnected(which, false);
        lost(which, error);
      });
    this.#links = {
      ari: link('ari', () => this.#openAri()),
      ami: link('ami', () => this.#openAmi()),
    };
  }

  start(listener: PbxListener): void {
    this.#listener = listener;
    this.#links.ami.start();
    this.#links.ari.start();
  }

  async stop(): Promise<void> {
    await Promise.all([this.#links.ari.stop(), this.#links.ami.stop()]);
  }

  answer(channel: ChannelId): Promise<void> {
    return this.#command('answer', this.#gate.answer(channel));
  }

  play(channel: ChannelId, playback: Playback, media: string): Promise<void> {
    return this.#command('play', this.#gate.play(channel, playback, media));
  }

  stopPlayback(channel: ChannelId, playback: Playback): Promise<void> {
    return this.#command('stop playback', this.#gate.stopPlayback(channel, playback));
  }

  continue(channel: ChannelId): Promise<void> {
    return this.#command('continue', this.#gate.continue(channel));
  }

  startRecording(recording: RecordingId, channelName: string, file: string): Promise<void> {
    return this.#command('MixMonitor', this.#mixMonitor.start(recording, channelName, file));
  }

  stopRecording(recording: RecordingId, channelName: string, mixMonitor: string | undefined): Promise<void> {
    return this.#command('StopMixMonitor', this.#mixMonitor.stop(recording, channelName, mixMonitor));
  }

  async #command(name: string, command: Promise<void>): Promise<void> {
    try {
      await command;
    } catch (error) {
      this.#troubled(name, error);
    }
  }

  #action(fields: Readonly<Record<string, string>>): Promise<AmiMessage> {
    return this.#ami ? this.#ami.action(fields) : Promise.reject(new Error('AMI is not connected'));
  }

  /** Whoever stands in the gate before our socket does is a stranger to us: those are asked for first. */
  async #openAri(): Promise<Connection> {
    const stranded = await this.#gate.present(this.#settings.ari.app);
    const connection = await this.#ari.events((event) => {
      this.#stasisEvent(event);
    });
    this.#setConnected('ari', true);
    this.#listener?.inGate(stranded);
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
    this.#listener?.inGate(present.filter((channel) => before.has(channel)));
  }

  async #openAmi(): Promise<Connection> {
    const connection = new AmiConnection(this.#settings.ami, (message) => {
      if (this.#queues.take(message)) this.#listener?.queues(this.#queues.members);
      // What is told of calls before the list of channels is in the list.
      if (this.#ami !== connection) return;
      for (const event of this.#channels.translate(message, Date.now())) this.#listener?.event(event);
    });
    await connection.open(this.#settings.queues ? 'call,agent' : 'call');
    try {
      // Before the calls: who of them is a member depends on it.
      if (this.#settings.queues) await this.#command('QueueStatus', this.#followQueues(connection));
      await connection.list({ Action: 'CoreShowChannels' }, (entries) => {
        this.#ami = connection;
        this.#setConnected('ami', true);
        this.#listener?.channels(this.#channels.reset(entries));
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
    if (which === 'ami' && !connected) this.#ami = undefined;
    if (this.#connected[which] === connected) return;
    this.#connected[which] = connected;
    this.#listener?.connections({ ...this.#connected });
  }

  #stasisEvent(event: AriEvent): void {
    const at = Date.now();
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

/** Tries ARI once, for `mitschnitt check`; throws what stands in the way. */
export async function checkAri(settings: AriSettings): Promise<void> {
  await new AriClient(settings).request('GET', 'asterisk/info', { only: 'system' });
}

/** Tries AMI once: connection and login. */
export async function checkAmi(settings: AmiSettings): Promise<void> {
  const connection = new AmiConnection(settings, () => undefined);
  try {
    await connection.open('call');
  } finally {
    connection.close();
  }
}
