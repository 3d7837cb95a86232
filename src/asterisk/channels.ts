import { field, type AmiMessage } from './ami-wire.ts';
import type { CallEvent, ChannelFacts } from '../call/call.ts';

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
        return this.#see(dialledFacts(message), at);
      case 'Rename':
        return this.#rename(channel, field(message, 'Newname'), at);
      case 'BridgeEnter':
        return [
          ...replaced(message, at),
          ...this.#see(this.#withoutBridge(factsOf(message, '')), at),
          { at, type: 'bridge-entered', channel, bridge: field(message, 'BridgeUniqueid') },
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

  /** Starts anew from the entries of CoreShowChannels: all channels that live now. */
  reset(entries: readonly AmiMessage[]): readonly ChannelFacts[] {
    const before = new Map(this.#known);
    this.#known.clear();
    for (const entry of entries) {
      const facts = factsOf(entry, field(entry, 'BridgeId'));
      const known = before.get(facts.channel);
      this.#known.set(facts.channel, known ? merge(known, facts) : facts);
    }
    return [...this.#known.values()];
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

/** The channel whose place in the bridge another one takes, if any. */
function replaced(message: AmiMessage, at: number): readonly CallEvent[] {
  const channel = field(message, 'SwapUniqueid');
  const bridge = field(message, 'BridgeUniqueid');
  return channel === '' ? [] : [{ at, type: 'bridge-left', channel, bridge, replaced: true }];
}

function factsOf(message: AmiMessage, bridge: string): ChannelFacts {
  return {
    channel: field(message, 'Uniqueid'),
    name: field(message, 'Channel'),
    linkedId: field(message, 'Linkedid'),
    number: field(message, 'CallerIDNum'),
    dialled: field(message, 'Exten'),
    bridge: bridge === '' ? undefined : bridge,
  };
}

/**
 * What was dialled to the outside, without our own prefix: `491234` of `491234@trunk` and `trunk/sip:491234@host`
 * (PJSIP, SIP), and of `trunk/491234` and `user:secret@peer/491234` (the others).
 */
function dialledUser(dialString: string): string | undefined {
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

function merge(known: ChannelFacts, now: ChannelFacts): ChannelFacts {
  return {
    ...now,
    number: now.number || known.number,
    // Where a call is in the dialplan changes; what its party dialled is what it had at first.
    dialled: known.dialled || now.dialled,
  };
}

function isSame(a: ChannelFacts, b: ChannelFacts): boolean {
  return a.name === b.name && a.linkedId === b.linkedId && a.number === b.number && a.dialled === b.dialled;
}
