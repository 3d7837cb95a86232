// Asterisk as far as Mitschnitt sees it: channels, bridges, the gate and MixMonitor, with the events that versions 16
// and 22 were seen to send. Nothing here knows what Mitschnitt makes of them.
import type { AmiMessage } from '../../../src/asterisk/ami-wire.ts';
import type { AriEvent } from '../../../src/asterisk/ari.ts';
import { Acoustics } from './acoustics.ts';
import type { Clock, Noise } from './clock.ts';
import type { Phone } from './story.ts';

export interface Channel {
  readonly id: string;
  readonly name: string;
  /** Undefined: one half of a Local channel. */
  readonly phone: Phone | undefined;
  readonly origin: 'placed' | 'dialled';
  /** On whose behalf it was called. */
  readonly by: Channel | undefined;
  readonly number: string;
  readonly from: number;
  linkedId: string;
  dialled: string;
  alive: boolean;
  bridge: Bridge | undefined;
  stay: Stay | undefined;
  /** Its party put the other one on hold. */
  held: boolean;
  /** The other half of a Local channel. */
  half: Channel | undefined;
  /** What the dialplan does when it hangs up. */
  readonly whenGone: (() => void)[];
}

export interface Bridge {
  readonly id: string;
  readonly kind: 'basic' | 'conference' | 'parking';
  readonly channels: Set<Channel>;
  /** What becomes of the others when one hangs up. */
  parted: (others: readonly Channel[]) => void;
}

export interface Played {
  readonly kind: string;
  readonly media: string;
  readonly from: number;
  /** Undefined while it plays. */
  to: number | undefined;
}

/** What is to be played after what plays now. */
interface Waiting {
  readonly kind: string;
  readonly media: string;
  readonly ms: number;
}

/** A channel's stay in the gate. */
export interface Stay {
  readonly channel: Channel;
  readonly side: 'caller' | 'called';
  readonly destination: string;
  readonly from: number;
  to: number | undefined;
  continued: number;
  readonly keys: { readonly key: string; readonly at: number }[];
  readonly played: Played[];
  readonly waiting: Waiting[];
  readonly then: (alive: boolean) => void;
}

/** A MixMonitor and its file. */
export interface Monitor {
  readonly recording: string;
  readonly id: string;
  readonly channel: Channel;
  readonly from: number;
  to: number | undefined;
  closed: boolean;
  /** When it was silent; the last one may go on. */
  readonly muted: { readonly from: number; to: number | undefined }[];
}

/** What listens to Asterisk; the Stasis application exists while `ari` is true. */
export interface Wires {
  readonly ari: boolean;
  ami(message: AmiMessage): void;
  stasis(event: AriEvent): void;
}

/** Every announcement lasts so long. */
export const promptMs = 2_000;
/** Asterisk may take its time to close a file. */
const closingMs = 1_500;

export class Asterisk {
  readonly clock: Clock;
  readonly noise: Noise;
  readonly channels: Channel[] = [];
  readonly bridges: Bridge[] = [];
  readonly stays: Stay[] = [];
  readonly monitors: Monitor[] = [];
  readonly acoustics = new Acoustics();
  wires: Wires | undefined;
  #lastId = 0;

  constructor(clock: Clock, noise: Noise) {
    this.clock = clock;
    this.noise = noise;
  }

  get living(): readonly Channel[] {
    return this.channels.filter(({ alive }) => alive);
  }

  newChannel(tech: string, { phone, number = '', dialled = '', by }: NewChannel): Channel {
    const order = ++this.#lastId;
    const id = `1767225600.${String(order).padStart(5, '0')}`;
    const isHalf = tech.includes(';');
    const [base = '', half = ''] = tech.split(';');
    const channel: Channel = {
      id,
      // Both halves of a Local channel have one number.
      name: isHalf ? `${base}-${hex(half === '1' ? order : order - 1)};${half}` : `${base}-${hex(order)}`,
      phone,
      origin: by ? 'dialled' : 'placed',
      by,
      number,
      from: this.clock.now,
      linkedId: by?.linkedId ?? id,
      dialled,
      alive: true,
      bridge: undefined,
      stay: undefined,
      held: false,
      half: undefined,
      whenGone: [],
    };
    this.channels.push(channel);
    this.tell('Newchannel', channel);
    return channel;
  }

  newBridge(kind: Bridge['kind']): Bridge {
    const bridge: Bridge = {
      id: `bridge-${++this.#lastId}`,
      kind,
      channels: new Set(),
      parted: (others) => {
        // A conference and a parking lot go on without; who was in a bridge of two comes to the end of the dialplan.
        if (kind === 'basic') others.forEach((other) => this.hangUp(other));
      },
    };
    this.bridges.push(bridge);
    return bridge;
  }

  /** `swap`: in whose place. That one is told to leave first. */
  enter(channel: Channel, bridge: Bridge, swap?: Channel): void {
    const swapped = swap ? { SwapUniqueid: swap.id } : {};
    if (swap) {
      bridge.channels.delete(swap);
      swap.bridge = undefined;
      this.tell('BridgeLeave', swap, bridgeFields(bridge));
    }
    channel.bridge = bridge;
    bridge.channels.add(channel);
    this.tell('BridgeEnter', channel, { ...bridgeFields(bridge), ...swapped });
    const [oldest = channel.linkedId] = [...bridge.channels].map(({ linkedId }) => linkedId).sort();
    if (bridge.kind !== 'parking') for (const each of bridge.channels) each.linkedId = oldest;
    this.#listen();
  }

  leave(channel: Channel): void {
    const { bridge } = channel;
    if (!bridge) return;
    bridge.channels.delete(channel);
    channel.bridge = undefined;
    this.tell('BridgeLeave', channel, bridgeFields(bridge));
    this.#listen();
  }

  /** Dial() lets the called party enter first, mostly. */
  connect(...channels: readonly Channel[]): Bridge {
    const bridge = this.newBridge('basic');
    for (const channel of this.noise.oncePer(2) ? channels.toReversed() : channels)
      this.enter(channel, bridge);
    return bridge;
  }

  hangUp(channel: Channel): void {
    if (!channel.alive) return;
    channel.alive = false;
    this.tell('HangupRequest', channel);
    const { bridge, stay, half } = channel;
    this.leave(channel);
    const others = bridge ? [...bridge.channels] : [];
    const late = this.noise.oncePer(2);
    if (late) bridge?.parted(others);
    if (stay) this.#hangUpInGate(stay);
    for (const monitor of this.monitors) if (monitor.channel === channel) this.#end(monitor);
    this.tell('Hangup', channel);
    if (!late) bridge?.parted(others);
    if (half) this.hangUp(half);
    for (const then of channel.whenGone) then();
  }

  /** The entries of CoreShowChannels. */
  list(): readonly AmiMessage[] {
    return this.living.map((channel) =>
      message('CoreShowChannel', channel, { BridgeId: channel.bridge?.id ?? '' }),
    );
  }

  /** The entries of BridgeList. */
  listBridges(): readonly AmiMessage[] {
    return this.bridges.map((bridge) => messageOf({ Event: 'BridgeListItem', ...bridgeFields(bridge) }));
  }

  tell(event: string, channel: Channel, more: Readonly<Record<string, string>> = {}): void {
    this.wires?.ami(message(event, channel, more));
  }

  /** Stasis(): with no application the dialplan goes on at once. `then` is told whether the channel still lives. */
  enterGate(channel: Channel, side: Stay['side'], destination: string, then: (alive: boolean) => void): void {
    if (this.wires?.ari !== true) {
      then(true);
      return;
    }
    const { now } = this.clock;
    const stay: Stay = {
      ...{ channel, side, destination, from: now, to: undefined, continued: 0 },
      ...{ keys: [], played: [], waiting: [], then },
    };
    channel.stay = stay;
    this.stays.push(stay);
    const args = [`${side}:${channel.linkedId}:${side === 'caller' ? `:${destination}` : ''}`];
    this.#stasis('StasisStart', stay, { args });
  }

  /** A key counts for the gate only while the channel is in it. */
  press(channel: Channel, digit: string): void {
    const { stay } = channel;
    if (!stay) return;
    stay.keys.push({ key: digit, at: this.clock.now });
    this.#stasis('ChannelDtmfReceived', stay, { digit });
  }

  /** After all that plays there already. False: no such channel in the gate. */
  play(id: string, kind: string, media: string, ms = promptMs): boolean {
    const stay = this.#stayOf(id);
    if (!stay) return false;
    stay.waiting.push({ kind, media, ms });
    this.#playNext(stay);
    return true;
  }

  stopPlayback(id: string, kind: string): void {
    const stay = this.#stayOf(id);
    if (!stay) return;
    const waiting = stay.waiting.findIndex((each) => each.kind === kind);
    if (waiting !== -1) stay.waiting.splice(waiting, 1);
    const playing = playingIn(stay);
    if (playing?.kind === kind) this.#played(stay, playing);
  }

  /** Takes effect when nothing plays any more. */
  continue(id: string): void {
    const stay = this.#stayOf(id);
    if (!stay) return;
    stay.continued += 1;
    if (!playingIn(stay)) this.#leaveGate(stay);
  }

  /** The channels that stand in the gate. */
  present(): readonly string[] {
    return this.living.filter(({ stay }) => stay).map(({ id }) => id);
  }

  /** Undefined: no such channel. */
  startMonitor(recording: string, channelName: string): Monitor | undefined {
    const channel = this.living.find(({ name }) => name === channelName);
    if (!channel) return undefined;
    const id = `0x${recording}`;
    const monitor = { recording, id, channel, from: this.clock.now, to: undefined, closed: false, muted: [] };
    this.monitors.push(monitor);
    return monitor;
  }

  stopMonitor(id: string, channelName: string): void {
    const monitor = this.monitors.find((each) => each.id === id && each.channel.name === channelName);
    if (monitor) this.#end(monitor);
  }

  /** False: no such MixMonitor. */
  muteMonitor(recording: string, on: boolean): boolean {
    const monitor = this.monitors.find((each) => each.recording === recording && each.to === undefined);
    if (!monitor?.channel.alive) return false;
    const last = monitor.muted.at(-1);
    const isMuted = last !== undefined && last.to === undefined;
    if (on && !isMuted) monitor.muted.push({ from: this.clock.now, to: undefined });
    if (!on && isMuted) last.to = this.clock.now;
    return true;
  }

  /** By a re-INVITE: the other party hears music, and nobody leaves the bridge. */
  hold(channel: Channel, on: boolean): boolean {
    if (channel.held === on || channel.bridge?.kind !== 'basic') return false;
    channel.held = on;
    this.tell(on ? 'Hold' : 'Unhold', channel);
    return true;
  }

  #end(monitor: Monitor): void {
    if (monitor.to !== undefined) return;
    monitor.to = this.clock.now;
    this.clock.after(this.noise.upTo(closingMs), () => {
      monitor.closed = true;
    });
  }

  #listen(): void {
    this.acoustics.listen(this.living, this.clock.now);
  }

  #stayOf(id: string): Stay | undefined {
    return this.channels.find((channel) => channel.id === id)?.stay;
  }

  #playNext(stay: Stay): void {
    const next = playingIn(stay) ? undefined : stay.waiting.shift();
    if (!next) return;
    const { kind, media } = next;
    const played: Played = { kind, media, from: this.clock.now, to: undefined };
    stay.played.push(played);
    this.#tellPlayback('PlaybackStarted', stay, played, 'playing');
    this.clock.after(next.ms, () => this.#played(stay, played));
  }

  #played(stay: Stay, played: Played): void {
    if (played.to !== undefined) return;
    played.to = this.clock.now;
    this.#tellPlayback('PlaybackFinished', stay, played, 'done');
    this.#playNext(stay);
    if (stay.continued > 0 && !playingIn(stay)) this.#leaveGate(stay);
  }

  #leaveGate(stay: Stay): void {
    if (stay.to !== undefined) return;
    stay.to = this.clock.now;
    stay.channel.stay = undefined;
    this.#stasis('StasisEnd', stay, {});
    stay.then(true);
  }

  #hangUpInGate(stay: Stay): void {
    this.#stasis('ChannelHangupRequest', stay, {});
    stay.waiting.length = 0;
    const playing = playingIn(stay);
    if (playing) {
      playing.to = this.clock.now;
      this.#tellPlayback('PlaybackFinished', stay, playing, 'done');
    }
    stay.to = this.clock.now;
    stay.channel.stay = undefined;
    this.#stasis('StasisEnd', stay, {});
    stay.then(false);
  }

  #tellPlayback(type: string, stay: Stay, { kind }: Played, state: string): void {
    const playback = { id: `mitschnitt-${kind}-${stay.channel.id}`, state };
    this.wires?.stasis({ type, timestamp: new Date(this.clock.now).toISOString(), playback });
  }

  #stasis(type: string, { channel }: Stay, more: Partial<AriEvent>): void {
    const { id, name, number } = channel;
    this.wires?.stasis({ type, channel: { id, name, caller: { number } }, ...more });
  }
}

interface NewChannel {
  readonly phone: Phone | undefined;
  readonly number?: string;
  readonly dialled?: string;
  /** The channel on whose behalf it is called; undefined: its party calls. */
  readonly by?: Channel;
}

function playingIn(stay: Stay): Played | undefined {
  return stay.played.find(({ to }) => to === undefined);
}

function hex(number: number): string {
  return number.toString(16).padStart(8, '0');
}

function bridgeFields({ id, kind }: Bridge): Readonly<Record<string, string>> {
  const technology = { basic: 'simple_bridge', conference: 'softmix', parking: 'holding_bridge' }[kind];
  const type = { basic: 'basic', conference: 'base', parking: 'parking' }[kind];
  return { BridgeUniqueid: id, BridgeType: type, BridgeTechnology: technology };
}

function message(event: string, channel: Channel, more: Readonly<Record<string, string>>): AmiMessage {
  return messageOf({
    Event: event,
    Channel: channel.name,
    Uniqueid: channel.id,
    Linkedid: channel.linkedId,
    CallerIDNum: channel.number,
    Exten: channel.dialled || 's',
    ...more,
  });
}

function messageOf(fields: Readonly<Record<string, string>>): AmiMessage {
  return new Map(Object.entries(fields).map(([key, value]) => [key, [value]]));
}
