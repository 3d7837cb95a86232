import { field, type AmiMessage } from './ami-wire.ts';
import { controls, type BridgeId, type ChannelId, type Instant } from '../call/call.ts';
import type { CallEvent, ChannelFacts } from '../call/event.ts';
import { endpointOf } from '../call/classification.ts';

/** The events that {@link Channels.translate} reads: Asterisk is asked for no others. */
export const channelEvents = [
  ...['Newchannel', 'DialBegin', 'Rename', 'BridgeEnter', 'BridgeLeave', 'HangupRequest', 'Hangup'],
  ...['UserEvent', 'MixMonitorStop'],
];

/** What is known of the channels that live beside their list. */
export interface Surroundings {
  /** Entries of BridgeList. */
  readonly bridges?: readonly AmiMessage[];
  readonly bridgesMade?: ReadonlyMap<BridgeId, Instant>;
  /** Consents that were left with channels. */
  readonly consents?: ReadonlyMap<ChannelId, string>;
  readonly at?: Instant;
}

/**
 * What AMI's events of class `call` say of calls. Knows each live channel's facts, because no single event has all of
 * them: the number that was dialled to the outside is only in DialBegin.
 */
export class Channels {
  readonly #known = new Map<string, ChannelFacts>();

  /** The call events that an AMI event means; mostly none or one. */
  translate(message: AmiMessage, at: number): readonly CallEvent[] {
    const channel = field(message, 'Uniqueid');
    switch (field(message, 'Event')) {
      case 'Newchannel':
        return this.#see(factsOf(message, ''), at);
      case 'DialBegin':
        return [...this.#see(dialledFacts(message), at), ...dialled(message, at)];
      case 'Rename':
        return this.#rename(channel, field(message, 'Newname'), at);
      case 'BridgeEnter':
        return [
          ...replaced(message, at),
          ...this.#see(this.#withoutBridge(factsOf(message, '')), at),
          ...(isHolding(message)
            ? []
            : [{ at, type: 'bridge-entered' as const, channel, bridge: field(message, 'BridgeUniqueid') }]),
        ];
      case 'BridgeLeave':
        return [
          { at, type: 'bridge-left', channel, bridge: field(message, 'BridgeUniqueid'), replaced: false },
        ];
      case 'HangupRequest':
        return [{ at, type: 'hang-up-requested', channel }];
      case 'Hangup':
        this.#known.delete(channel);
        return [{ at, type: 'hung-up', channel, observed: true }];
      case 'MixMonitorStop':
        return [{ at, type: 'mixmonitor-stopped', channel }];
      case 'UserEvent':
        return askedFor(message, at);
      default:
        return [];
    }
  }

  /** Names in the middle of a replacement have marks such as `<MASQ>` and `<ZOMBIE>`: they are no endpoints. */
  #rename(channel: string, name: string, at: number): readonly CallEvent[] {
    const known = this.#known.get(channel);
    if (!known || name.includes('<')) return [];
    this.#known.set(channel, { ...known, name });
    return [{ at, type: 'channel-renamed', channel, name }];
  }

  /** Starts anew from the entries of CoreShowChannels and BridgeList: all channels that live now. */
  reset(
    entries: readonly AmiMessage[],
    { bridges = [], bridgesMade = new Map(), consents = new Map(), at }: Surroundings = {},
  ): readonly ChannelFacts[] {
    const holding = new Set(bridges.filter(isHolding).map((bridge) => field(bridge, 'BridgeUniqueid')));
    const before = new Map(this.#known);
    this.#known.clear();
    for (const entry of entries) {
      const bridge = field(entry, 'BridgeId');
      const facts = factsOf(entry, holding.has(bridge) ? '' : bridge);
      const known = before.get(facts.channel);
      this.#known.set(facts.channel, known ? merge(known, facts) : facts);
    }
    return entries.flatMap((entry) => {
      const facts = this.#known.get(field(entry, 'Uniqueid'));
      const consent = consents.get(field(entry, 'Uniqueid'));
      const bridgeMadeAt = bridgesMade.get(field(entry, 'BridgeId'));
      return facts ? [{ ...facts, createdAt: createdAt(entry, at), bridgeMadeAt, consent }] : [];
    });
  }

  knows(channel: string): boolean {
    return this.#known.has(channel);
  }

  #see(facts: ChannelFacts, at: number): readonly CallEvent[] {
    const known = this.#known.get(facts.channel);
    const merged = known ? merge(known, facts) : facts;
    if (known && isSame(known, merged)) return [];
    this.#known.set(facts.channel, merged);
    return [{ at, type: 'channel-seen', facts: merged }];
  }

  /** A channel enters the bridge by the event that follows, so that the call logic sees one thing at a time. */
  #withoutBridge(facts: ChannelFacts): ChannelFacts {
    const known = this.#known.get(facts.channel);
    return { ...facts, bridge: undefined, number: known?.number ?? facts.number };
  }
}

/** Asterisk tells the age in whole seconds, `00:01:07`, so this is up to a second too early. */
function createdAt(entry: AmiMessage, at: number | undefined): number | undefined {
  const [, hours, minutes, seconds] = /^(\d+):(\d\d):(\d\d)$/.exec(field(entry, 'Duration')) ?? [];
  if (at === undefined || hours === undefined) return undefined;
  return at - ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds) + 1) * 1_000;
}

/** A member dialled the feature code: `UserEvent(MitschnittControl,Control: toggle)`, of dialplan/mitschnitt.conf. */
function askedFor(message: AmiMessage, at: number): readonly CallEvent[] {
  if (field(message, 'UserEvent') !== 'MitschnittControl') return [];
  const control = telephoneControls.find((each) => each === field(message, 'Control'));
  if (!control) return [];
  const channel = field(message, 'Uniqueid');
  const actor = `telephone:${endpointOf(field(message, 'Channel'))}`;
  return [{ at, type: 'control-requested', channel, control, actor }];
}

const telephoneControls = [...controls, 'toggle'] as const;

/** In a parking lot or among waiting agents nobody hears anybody: such a bridge is none. */
export function isHolding(message: AmiMessage): boolean {
  return field(message, 'BridgeTechnology') === 'holding_bridge';
}

/** The channel whose place in the bridge another one takes, if any. */
function replaced(message: AmiMessage, at: number): readonly CallEvent[] {
  const channel = field(message, 'SwapUniqueid');
  const bridge = field(message, 'BridgeUniqueid');
  return channel === '' ? [] : [{ at, type: 'bridge-left', channel, bridge, replaced: true }];
}

/** Longer than any that a telephone shows: a caller may send what they like. */
const longestName = 80;

/** A name to be shown: of one line, and no longer than a line. Undefined: there is none, or none that is seen. */
function shownName(sent: string): string | undefined {
  const line = sent.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  const name = Array.from(line).slice(0, longestName).join('').trim();
  return name === '<unknown>' || /^[\p{Cf}\s]*$/u.test(name) ? undefined : name;
}

function factsOf(message: AmiMessage, bridge: string): ChannelFacts {
  return {
    channel: field(message, 'Uniqueid'),
    name: field(message, 'Channel'),
    linkedId: field(message, 'Linkedid'),
    number: field(message, 'CallerIDNum'),
    callerName: shownName(field(message, 'CallerIDName')),
    dialled: field(message, 'Exten'),
    bridge: bridge === '' ? undefined : bridge,
  };
}

/**
 * What was dialled to the outside, without our own prefix: `491234` of `491234@trunk` and `trunk/sip:491234@host`
 * (PJSIP, SIP), and of `trunk/491234` and `user:secret@peer/491234` (the others).
 */
export function dialledUser(dialString: string): string | undefined {
  const [, uri] = /(?:^|\/)(?:sips?:)?([^@/:;]+)[^@/]*@[^/]*$/.exec(dialString) ?? [];
  const [, resource] = /^[^/]+\/([^@/:;]+)$/.exec(dialString) ?? [];
  return uri ?? resource;
}

/** The channel that is being called. Its own caller id is set later, so the number comes from what was dialled. */
function dialledFacts(message: AmiMessage): ChannelFacts {
  return {
    channel: field(message, 'DestUniqueid'),
    name: field(message, 'DestChannel'),
    linkedId: field(message, 'DestLinkedid'),
    number: dialledUser(field(message, 'DialString')) ?? field(message, 'DestCallerIDNum'),
    dialled: '',
    bridge: undefined,
  };
}

function dialled(message: AmiMessage, at: number): readonly CallEvent[] {
  const by = field(message, 'Uniqueid');
  // Asterisk itself calls a party, too: an Originate has no channel that dials.
  return by === '' ? [] : [{ at, type: 'dialled', channel: field(message, 'DestUniqueid'), by }];
}

function merge(known: ChannelFacts, now: ChannelFacts): ChannelFacts {
  return {
    ...now,
    number: now.number || known.number,
    callerName: now.callerName ?? known.callerName,
    // Where a call is in the dialplan changes; what its party dialled is what it had at first.
    dialled: known.dialled || now.dialled,
  };
}

function isSame(a: ChannelFacts, b: ChannelFacts): boolean {
  return (
    a.name === b.name &&
    a.linkedId === b.linkedId &&
    a.number === b.number &&
    a.callerName === b.callerName &&
    a.dialled === b.dialled
  );
}
