// What the PBX does with a call: the dialplan of our live tests, and Asterisk's own features.
import type { Asterisk, Bridge, Channel } from './asterisk.ts';
import { places, type Phone, type Place, type Target } from './story.ts';

export const numbers: Readonly<Partial<Record<Phone, string>>> = {
  A: '+41790000001',
  B: '+41790000002',
  C: '+41790000003',
};

export function isOutside(phone: Phone): boolean {
  return numbers[phone] !== undefined;
}

/** A Dial() or Queue() that rings. */
interface Dialling {
  readonly caller: Channel;
  readonly ringing: Set<Channel>;
  /** U(mitschnitt-called): who answers passes the gate. */
  readonly gated: boolean;
  readonly answered: (called: Channel) => void;
  readonly failed: () => void;
}

interface Dial {
  readonly gated?: boolean;
  readonly answered?: () => void;
  readonly failed?: () => void;
}

const ringMs = 15_000;
const busyToneMs = 10_000;
const queueRetryMs = 1_000;
const queueTries = 3;
/** Asterisk takes a Local channel out of the way as soon as it sees a frame of audio. */
const optimizationMs = 450;

export class Dialplan {
  /** Who is logged in to the queue. */
  readonly agents = new Set<Phone>(['200']);
  readonly #asterisk: Asterisk;
  readonly #dialled = new Map<Channel, Dialling>();
  readonly #conference: Bridge;
  readonly #lot: Bridge;

  constructor(asterisk: Asterisk) {
    this.#asterisk = asterisk;
    this.#conference = asterisk.newBridge('conference');
    this.#lot = asterisk.newBridge('parking');
  }

  get ringing(): readonly Channel[] {
    return [...this.#dialled.keys()].filter(({ phone }) => phone !== undefined);
  }

  get parked(): readonly Channel[] {
    return [...this.#lot.channels];
  }

  /** A party calls. */
  call(phone: Phone, to: Target): void {
    this.#run(this.#place(phone, isPlace(to) || !isOutside(to) ? to : `0${numbers[to] ?? ''}`), to);
  }

  answer(called: Channel): void {
    const dialling = this.#dialled.get(called);
    if (dialling) this.#answered(dialling, called);
  }

  decline(called: Channel): void {
    this.#asterisk.hangUp(called);
  }

  /** Blind: both leave, the other one comes to a new place in the dialplan. */
  transfer(from: Channel, to: Target): boolean {
    const other = this.#partner(from);
    if (!other?.phone) return false;
    this.#asterisk.leave(from);
    this.#asterisk.leave(other);
    this.#run(other, to);
    this.#asterisk.hangUp(from);
    return true;
  }

  park(from: Channel): boolean {
    const other = this.#partner(from);
    if (!other?.phone) return false;
    this.#asterisk.leave(from);
    this.#asterisk.leave(other);
    this.#asterisk.enter(other, this.#lot);
    this.#asterisk.hangUp(from);
    return true;
  }

  retrieve(phone: Phone): boolean {
    const [parked] = this.#lot.channels;
    if (!parked) return false;
    const channel = this.#place(phone, '701');
    this.#asterisk.leave(parked);
    this.#asterisk.connect(parked, channel);
    return true;
  }

  /** The channel that picks up takes over the call; the one that rang goes. */
  pickUp(phone: Phone, rings: Channel): boolean {
    const dialling = this.#dialled.get(rings);
    if (!dialling || dialling.gated) return false;
    const channel = this.#place(phone, '*8');
    this.#dialled.set(channel, dialling);
    dialling.ringing.add(channel);
    this.#answered(dialling, channel);
    return true;
  }

  /** Attended by feature code: the party talks to the target through a Local channel meanwhile. */
  consult(from: Channel, to: Target): boolean {
    const asterisk = this.#asterisk;
    const waiting = from.bridge;
    const other = this.#partner(from);
    if (!other?.phone || !waiting) return false;
    const [one, two] = this.#local(`Local/${to}@internal`, from);
    const consultation = asterisk.newBridge('basic');
    asterisk.enter(one, consultation);
    asterisk.leave(from);
    asterisk.enter(from, consultation);
    const resume = waiting.parted;
    let phase: 'consulting' | 'merged' | 'over' = 'consulting';
    waiting.parted = () => {
      phase = 'over';
      asterisk.hangUp(one);
      asterisk.hangUp(from);
    };
    consultation.parted = (others) => {
      if (phase !== 'consulting') return;
      waiting.parted = resume;
      const isBack = others.includes(from);
      phase = isBack ? 'over' : 'merged';
      asterisk.leave(isBack ? from : one);
      asterisk.enter(isBack ? from : one, waiting);
      if (!isBack) this.#optimizeSoon(one, two);
    };
    this.#run(two, to, {
      answered: () => {
        if (phase === 'merged') this.#optimizeSoon(one, two);
      },
    });
    return true;
  }

  /** SIP: one of the other parties takes the transferring party's place beside the other one. */
  join(first: Channel, second: Channel): boolean {
    const asterisk = this.#asterisk;
    const [one, two] = [this.#partner(first), this.#partner(second)];
    if (!one?.phone || !two?.phone || first.bridge === second.bridge) return false;
    const [mover, place] = asterisk.noise.oncePer(2) ? [two, first] : [one, second];
    const bridge = place.bridge;
    if (!bridge) return false;
    asterisk.leave(mover);
    asterisk.enter(mover, bridge, place);
    asterisk.hangUp(place);
    asterisk.hangUp(place === first ? second : first);
    return true;
  }

  #place(phone: Phone, dialled: string): Channel {
    const number = numbers[phone] ?? phone;
    return this.#asterisk.newChannel(endpointOf(phone), { phone, number, dialled });
  }

  /** Who is alone in a bridge of two with this channel. */
  #partner(channel: Channel): Channel | undefined {
    const { bridge } = channel;
    if (bridge?.kind !== 'basic' || bridge.channels.size !== 2) return undefined;
    return [...bridge.channels].find((other) => other !== channel);
  }

  #run(caller: Channel, to: Target, dial: Dial = {}): void {
    if (!isPlace(to)) {
      if (isOutside(to)) this.#dial(caller, [to], { ...dial, gated: true });
      else this.#gate(caller, to, () => this.#dial(caller, [to], dial));
      return;
    }
    switch (to) {
      case 'group': {
        this.#gate(caller, '200', () => this.#dial(caller, ['200', '300'], dial));
        return;
      }
      case 'queue': {
        this.#gate(caller, 'queue:support', () => this.#queue(caller, queueTries, dial));
        return;
      }
      case 'local': {
        this.#gate(caller, '200', () => this.#dialLocal(caller, true, dial));
        return;
      }
      case 'local-stays': {
        this.#gate(caller, '200', () => this.#dialLocal(caller, false, dial));
        return;
      }
      case 'forwarded': {
        this.#gate(caller, '300', () => this.#dial(caller, ['C'], { ...dial, gated: true }));
        return;
      }
      case 'conference':
        this.#asterisk.enter(caller, this.#conference);
        dial.answered?.();
    }
  }

  #gate(caller: Channel, destination: string, then: () => void): void {
    this.#asterisk.enterGate(caller, 'caller', destination, (alive) => {
      if (alive) then();
    });
  }

  #queue(caller: Channel, tries: number, dial: Dial): void {
    if (!caller.alive) return;
    const again = (): void => {
      if (tries === 1) this.#asterisk.hangUp(caller);
      else this.#asterisk.clock.after(queueRetryMs, () => this.#queue(caller, tries - 1, dial));
    };
    if (this.agents.size === 0) again();
    else this.#dial(caller, [...this.agents], { ...dial, failed: again });
  }

  #dial(caller: Channel, phones: readonly Phone[], { gated = false, answered, failed }: Dial): void {
    const dialling = this.#begin(caller, {
      gated,
      answered: (called) => {
        this.#asterisk.connect(called, caller);
        answered?.();
      },
      failed: failed ?? (() => this.#endOf(caller)),
    });
    for (const phone of phones) {
      const channel = this.#asterisk.newChannel(endpointOf(phone), {
        phone,
        number: isOutside(phone) ? '' : phone,
        by: caller,
      });
      const dialString = isOutside(phone) ? `${numbers[phone] ?? ''}@trunk` : phone;
      this.#ring(dialling, channel, dialString);
    }
  }

  #dialLocal(caller: Channel, optimizes: boolean, { answered }: Dial): void {
    const dialling = this.#begin(caller, {
      gated: false,
      answered: (one) => {
        this.#asterisk.connect(one, caller);
        answered?.();
      },
      failed: () => this.#endOf(caller),
    });
    const [one, two] = this.#local('Local/200@inside', caller);
    this.#ring(dialling, one, '200@inside');
    this.#dial(two, ['200'], {
      answered: () => {
        this.#answered(dialling, one);
        if (optimizes) this.#optimizeSoon(one, two);
      },
    });
  }

  #local(name: string, by: Channel): readonly [Channel, Channel] {
    const one = this.#asterisk.newChannel(`${name};1`, { phone: undefined, by });
    const two = this.#asterisk.newChannel(`${name};2`, { phone: undefined, by });
    one.half = two;
    two.half = one;
    return [one, two];
  }

  /** Where a Dial() without an answer leaves a caller: gone, or, in a consultation, hearing the busy tone. */
  #endOf(caller: Channel): void {
    const isConsultation = caller.half?.bridge !== undefined;
    if (isConsultation) this.#asterisk.clock.after(busyToneMs, () => this.#asterisk.hangUp(caller));
    else this.#asterisk.hangUp(caller);
  }

  #begin(caller: Channel, how: Omit<Dialling, 'caller' | 'ringing'>): Dialling {
    const dialling: Dialling = { caller, ringing: new Set(), ...how };
    caller.whenGone.push(() => this.#cancel(dialling));
    this.#asterisk.clock.after(ringMs, () => {
      if (dialling.ringing.size > 0) this.#cancel(dialling, true);
    });
    return dialling;
  }

  #ring(dialling: Dialling, channel: Channel, dialString: string): void {
    dialling.ringing.add(channel);
    this.#dialled.set(channel, dialling);
    channel.whenGone.push(() => {
      this.#dialled.delete(channel);
      if (dialling.ringing.delete(channel) && dialling.ringing.size === 0) dialling.failed();
    });
    this.#asterisk.tell('DialBegin', dialling.caller, {
      DestChannel: channel.name,
      DestUniqueid: channel.id,
      DestLinkedid: channel.linkedId,
      DestCallerIDNum: channel.number,
      DialString: dialString,
    });
  }

  #cancel({ ringing, failed }: Dialling, timeIsOver = false): void {
    const cancelled = [...ringing];
    ringing.clear();
    for (const channel of cancelled) this.#asterisk.hangUp(channel);
    if (timeIsOver) failed();
  }

  #answered(dialling: Dialling, called: Channel): void {
    const asterisk = this.#asterisk;
    const { caller, gated, answered } = dialling;
    dialling.ringing.delete(called);
    this.#dialled.delete(called);
    this.#cancel(dialling);
    if (!gated) {
      answered(called);
      return;
    }
    let waits = true;
    caller.whenGone.push(() => {
      if (waits) asterisk.hangUp(called);
    });
    asterisk.enterGate(called, 'called', '', (alive) => {
      waits = false;
      if (!caller.alive) {
        asterisk.hangUp(called);
        return;
      }
      answered(called);
      if (alive) return;
      // Dial() does not look whether the called party still lives before it bridges.
      asterisk.leave(called);
      asterisk.leave(caller);
      asterisk.hangUp(caller);
    });
  }

  #optimizeSoon(one: Channel, two: Channel): void {
    const { clock, noise } = this.#asterisk;
    clock.after(noise.upTo(optimizationMs), () => this.#optimize(one, two));
  }

  #optimize(one: Channel, two: Channel): void {
    const [ofOne, ofTwo] = [this.#partner(one), this.#partner(two)];
    if (!ofOne || !ofTwo || !one.bridge || !two.bridge) return;
    const asterisk = this.#asterisk;
    const [mover, out, left] = asterisk.noise.oncePer(2) ? [ofOne, two, one] : [ofTwo, one, two];
    const bridge = out.bridge;
    if (!bridge) return;
    asterisk.leave(mover);
    asterisk.enter(mover, bridge, out);
    asterisk.leave(left);
    asterisk.hangUp(left);
  }
}

function isPlace(target: Target): target is Place {
  return places.some((place) => place === target);
}

function endpointOf(phone: Phone): string {
  return isOutside(phone) ? 'PJSIP/trunk' : `PJSIP/${phone}`;
}
