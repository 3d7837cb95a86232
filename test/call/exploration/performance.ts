import type {
  Announcement,
  Control,
  Direction,
  Group,
  Policy,
  Prompt,
  RecordMode,
} from '../../../src/call/call.ts';
import { announcement, group, policy, prompt } from '../story.ts';
import { Asterisk, promptMs, type Channel } from './asterisk.ts';
import { Clock, Noise } from './clock.ts';
import { Dialplan, isOutside } from './dialplan.ts';
import { Mitschnitt, type Archive } from './mitschnitt.ts';
import { Spool } from './spool.ts';
import {
  controlOf,
  phones,
  type Act,
  type GroupName,
  type Manner,
  type Phone,
  type Scene,
  type Story,
  type Target,
} from './story.ts';

export const declineKey = '1';
export const keyTimeoutMs = 3_000;
export const minDurationMs = 500;
/** After the last scene everybody hangs up, and everything that is under way comes to its end. */
const settleMs = 40_000;
/** A telephone has two lines. */
const linesPerPhone = 2;

/** A pause ends by itself after this. */
export const pauseLimitMs = 20_000;

/** What a party asked for with the key of its telephone. */
export interface Request {
  readonly at: number;
  readonly channel: Channel;
  readonly control: Control;
}

/** A time in which nobody watched, or not everything was seen. */
export interface Blindness {
  readonly from: number;
  to: number;
}

/** How a story went. */
export interface Performance {
  /** What of the story could be played. */
  readonly played: readonly Scene[];
  readonly story: Story;
  readonly asterisk: Asterisk;
  readonly archive: Archive;
  readonly spool: Spool;
  readonly blind: readonly Blindness[];
  readonly requests: readonly Request[];
  /** Who was in the queue, from when on. */
  readonly agents: readonly { readonly from: number; readonly in: ReadonlySet<Phone> }[];
}

/** Plays a story in simulated time. A scene that cannot be played, because nobody rings, say, is left out. */
export class Stage implements Performance {
  readonly story: Story;
  readonly asterisk: Asterisk;
  readonly archive: Archive = { saved: new Map(), seen: new Map(), told: [], faults: [] };
  readonly spool: Spool;
  readonly blind: Blindness[] = [];
  readonly requests: Request[] = [];
  readonly agents: { readonly from: number; readonly in: ReadonlySet<Phone> }[] = [];
  readonly played: Scene[] = [];
  readonly dialplan: Dialplan;
  readonly policy: Policy;
  readonly #clock = new Clock();
  #mitschnitt: Mitschnitt | undefined;
  #lastId = 0;
  #passed = 0;

  constructor(story: Story) {
    this.story = story;
    this.policy = policyOf(story);
    this.asterisk = new Asterisk(this.#clock, new Noise(story.noise));
    this.spool = new Spool(this.asterisk);
    this.dialplan = new Dialplan(this.asterisk);
    this.#noteAgents();
    this.#start();
    this.#clock.pass(1_000);
  }

  pass(ms: number): void {
    this.#clock.pass(ms);
    this.#passed += ms;
  }

  play(act: Act): boolean {
    if (!this.#act(act)) return false;
    this.played.push({ ...act, after: this.#passed });
    this.#passed = 0;
    return true;
  }

  /** Everybody hangs up, Mitschnitt is there and sees the end. */
  end(): void {
    this.pass(1_000);
    this.#incident('starts');
    this.#incident('reconnects');
    this.pass(1_000);
    for (const channel of this.asterisk.living) this.asterisk.hangUp(channel);
    this.pass(settleMs);
    for (const channel of this.asterisk.living) this.asterisk.hangUp(channel);
    this.pass(settleMs);
  }

  /** Tells Mitschnitt everything again. */
  repeat(): void {
    this.#mitschnitt?.repeat();
    this.pass(settleMs);
  }

  /** The lines of a telephone that do not ring, the oldest first. */
  linesOf(phone: Phone): readonly Channel[] {
    const ringing = new Set(this.dialplan.ringing);
    return this.asterisk.living.filter((channel) => channel.phone === phone && !ringing.has(channel));
  }

  ringsAt(phone: Phone): Channel | undefined {
    return this.dialplan.ringing.find((channel) => channel.phone === phone);
  }

  /** A telephone that could place a call. */
  hasFreeLine(phone: Phone): boolean {
    return isOutside(phone)
      ? this.linesOf(phone).length === 0 && !this.ringsAt(phone)
      : this.linesOf(phone).length < linesPerPhone;
  }

  #act(act: Act): boolean {
    if (act.who === 'Mitschnitt') return this.#incident(act.verb);
    const { who } = act;
    const lines = this.linesOf(who);
    const line = lines.at(-1);
    const rings = this.ringsAt(who);
    switch (act.verb) {
      case 'calls':
        return this.#call(who, act.to);
      case 'answers':
        return rings !== undefined && this.#done(() => this.dialplan.answer(rings));
      case 'declines':
        return rings !== undefined && this.#done(() => this.dialplan.decline(rings));
      case 'hangs up':
        return line !== undefined && this.#done(() => this.asterisk.hangUp(line));
      case 'hangs up first': {
        const [first] = lines;
        return first !== undefined && first !== line && this.#done(() => this.asterisk.hangUp(first));
      }
      case 'presses':
        return line?.stay !== undefined && this.#done(() => this.asterisk.press(line, act.key));
      case 'joins': {
        const [first, second] = lines;
        return first !== undefined && second !== undefined && this.dialplan.join(first, second);
      }
      case 'parks':
        return line !== undefined && !isOutside(who) && this.dialplan.park(line);
      case 'transfers to':
        return line !== undefined && this.#mayTransfer(who, act.to) && this.dialplan.transfer(line, act.to);
      case 'consults':
        return line !== undefined && this.#mayTransfer(who, act.to) && this.dialplan.consult(line, act.to);
      case 'retrieves':
        return !isOutside(who) && this.hasFreeLine(who) && this.dialplan.retrieve(who);
      case 'picks up':
        return this.#pickUp(who, act.to);
      case 'logs in':
      case 'logs out':
        return this.#log(who, act.verb === 'logs in');
      case 'holds':
      case 'unholds':
        return line !== undefined && this.asterisk.hold(line, act.verb === 'holds');
      case 'pauses':
      case 'resumes':
      case 'stops':
      case 'starts recording':
        return line !== undefined && this.#ask(line, controlOf[act.verb] ?? 'pause');
    }
  }

  /** The feature code is heard in a bridge only. */
  #ask(channel: Channel, control: Control): boolean {
    if (!channel.bridge || channel.bridge.kind === 'parking') return false;
    this.requests.push({ at: this.#clock.now, channel, control });
    this.#mitschnitt?.asked(channel.id, control);
    return true;
  }

  #done(what: () => void): true {
    what();
    return true;
  }

  #call(who: Phone, to: Target): boolean {
    const reachable =
      !isPhone(to) || (to !== who && !(isOutside(who) && isOutside(to)) && this.hasFreeLine(to));
    return reachable && this.hasFreeLine(who) && this.#done(() => this.dialplan.call(who, to));
  }

  #mayTransfer(who: Phone, to: Target): boolean {
    return !isOutside(who) && to !== who && (!isPhone(to) || this.hasFreeLine(to));
  }

  #pickUp(who: Phone, whose: Target): boolean {
    const rings = isPhone(whose) && !isOutside(whose) ? this.ringsAt(whose) : undefined;
    const may = !isOutside(who) && who !== whose && this.hasFreeLine(who);
    return may && rings !== undefined && this.dialplan.pickUp(who, rings);
  }

  #log(who: Phone, isIn: boolean): boolean {
    const { agents } = this.dialplan;
    if (isOutside(who) || agents.has(who) === isIn) return false;
    if (isIn) agents.add(who);
    else agents.delete(who);
    this.#noteAgents();
    this.#mitschnitt?.queues();
    return true;
  }

  #noteAgents(): void {
    this.agents.push({ from: this.#clock.now, in: new Set(this.dialplan.agents) });
  }

  #incident(what: Act['verb']): boolean {
    const mitschnitt = this.#mitschnitt;
    if (what === 'idles') return true;
    if (what === 'starts') return !mitschnitt && this.#done(() => this.#start());
    if (!mitschnitt) return false;
    if (what === 'reconnects') {
      return !mitschnitt.isReady && this.#done(() => mitschnitt.reconnect());
    }
    if (what === 'dies') {
      mitschnitt.die();
      this.#mitschnitt = undefined;
    } else {
      mitschnitt.lose(what === 'loses AMI' ? 'ami' : 'ari');
    }
    this.#blindUntilReady();
    return true;
  }

  #start(): void {
    const { asterisk, spool, archive, dialplan } = this;
    this.#mitschnitt = new Mitschnitt({
      ...{ asterisk, spool, archive },
      policy: this.policy,
      agents: () => endpointsOf(dialplan.agents),
      newId: () => `id-${++this.#lastId}`,
    });
    asterisk.wires = this.#mitschnitt;
    this.#mitschnitt.start();
  }

  #blindUntilReady(): void {
    const blindness = { from: this.#clock.now, to: Infinity };
    this.blind.push(blindness);
    const look = (): void => {
      if (this.#mitschnitt?.isReady) blindness.to = this.#clock.now;
      else this.#clock.after(10, look);
    };
    look();
  }
}

/** Plays a whole story. */
export function perform(story: Story): Stage {
  const stage = new Stage(story);
  for (const { after, ...act } of story.scenes) {
    stage.pass(after);
    stage.play(act);
  }
  stage.end();
  return stage;
}

function isPhone(target: Target): target is Phone {
  return phones.some((phone) => phone === target);
}

function endpointsOf(agents: ReadonlySet<Phone>): ReadonlySet<string> {
  return new Set([...agents].map((phone) => `PJSIP/${phone}`));
}

/** What the groups of a story do, as Mitschnitt is told; each prompt's name says of whom and why it is. */
function policyOf({ manners }: Story): Policy {
  const groupOf = (name: GroupName, members: Group['members']): Group =>
    group({
      name,
      members,
      record: byDirection((direction) => recordOf(manners[name][direction])),
      pauseLimitMs,
      announcement: byDirection((direction) => announcementOf(name, direction, manners[name][direction])),
    });
  return policy({
    groups: [
      groupOf('Verkauf', [
        { kind: 'extension', first: '200', last: '201' },
        { kind: 'queue', queue: 'support' },
      ]),
      groupOf('Service', [{ kind: 'extension', first: '210', last: '210' }]),
    ],
    endpoints: new Set(['PJSIP/trunk', 'PJSIP/200', 'PJSIP/201', 'PJSIP/210', 'PJSIP/300', 'PJSIP/301']),
    minDurationMs,
  });
}

function byDirection<Value>(of: (direction: Direction) => Value): Readonly<Record<Direction, Value>> {
  return { incoming: of('incoming'), outgoing: of('outgoing'), internal: of('internal') };
}

function recordOf(manner: Manner): RecordMode {
  return manner === 'on-demand' ? manner : manner !== 'off';
}

function announcementOf(name: GroupName, direction: Direction, manner: Manner): Announcement {
  const mode = manner === 'off' || manner === 'on-demand' ? 'none' : manner;
  const promptOf = (what: string): Prompt => ({
    ...prompt(what),
    media: `sound:${what}`,
    durationMs: promptMs,
  });
  return announcement(mode, {
    prompt: mode === 'none' ? undefined : promptOf(`${name}/${direction}/${mode}`),
    confirmation: promptOf('confirmation'),
    key: declineKey,
    timeoutMs: keyTimeoutMs,
  });
}
