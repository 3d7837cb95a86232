import { isTestMember, type TestCallOrder } from '../call/self-test.ts';
import { messageOf, MitschnittError } from '../errors.ts';
import { AriRefusal, type AriClient, type AriEvent } from './ari.ts';
import type { ChannelId } from '../call/call.ts';
import type { Telephones } from './pbx.ts';

/** What the dialplan says of a telephone of the self-test: `selftest:8:LINKEDID`. */
const side = 'selftest';
/** Seconds in which the telephone that calls has to be there; it is us who answer it. */
const ringSeconds = '5';

/** The playback of what a telephone says. */
const toneId = (channel: ChannelId): string => `mitschnitt-${side}-${channel}`;

interface Telephone {
  readonly call: string;
  readonly isMember: boolean;
}

/** The telephones of the self-test: channels of our application that are answered, speak and press keys as told. */
export class TestTelephones implements Telephones {
  readonly #ari: AriClient;
  readonly #present = new Map<ChannelId, Telephone>();
  #call: string | undefined;

  constructor(ari: AriClient) {
    this.#ari = ari;
  }

  /** Whether a channel of our application is one of the telephones. */
  has(channel: ChannelId): boolean {
    return this.#present.has(channel);
  }

  /** Whether an event of our application is about one of them. */
  take({ type, args = [], channel, playback }: AriEvent): boolean {
    if (playback) return playback.id.startsWith(toneId(''));
    if (!channel) return false;
    const [who, extension = '', call = ''] = args.join(':').split(':');
    if (type === 'StasisStart' && who === side) {
      this.#present.set(channel.id, { call, isMember: isTestMember(extension) });
      // One of a former process leads nowhere any more: the dialplan hangs it up.
      const order = call === this.#call ? 'answer' : 'continue';
      this.#ari.request('POST', `channels/${encodeURIComponent(channel.id)}/${order}`).catch(() => undefined);
      return true;
    }
    const isOurs = this.has(channel.id);
    if (type === 'StasisEnd') this.#present.delete(channel.id);
    return isOurs;
  }

  /**
   * Channels that a former process left in our application are sent on, and those of its self-test would stay for as
   * long as their tone lasts: for ever. Which they are, nothing tells.
   */
  async silence(stranded: readonly ChannelId[]): Promise<void> {
    for (const channel of stranded)
      await this.#ari
        .request('DELETE', `playbacks/${encodeURIComponent(toneId(channel))}`)
        .catch(() => undefined);
  }

  async dial(call: string, { from, context, extension }: TestCallOrder): Promise<void> {
    this.#call = call;
    try {
      await this.#ari.request('POST', 'channels', {
        endpoint: `${from}/n`,
        ...{ context, extension, priority: '1', timeout: ringSeconds },
        ...{ channelId: call, otherChannelId: `${call}-telephone`, callerId: 'Mitschnitt <selftest>' },
      });
    } catch (error) {
      if (!(error instanceof AriRefusal)) throw error;
      throw new MitschnittError(`Asterisk does not make the call of the self-test: ${messageOf(error)}`, {
        code: 'test-call-refused',
        fault: 'asterisk',
        retry: true,
        hint: `Let extensions.conf include the dialplan/mitschnitt.conf of this version, which has [${context}], and reload the dialplan; the user in ari.conf must not be read_only.`,
        cause: error,
      });
    }
  }

  async press(call: string, digit: string): Promise<void> {
    await this.#each(call, ({ isMember }, channel) =>
      isMember
        ? undefined
        : this.#ari.request('POST', `channels/${encodeURIComponent(channel)}/dtmf`, { dtmf: digit }),
    );
  }

  async speak(call: string, tones: { readonly member: number; readonly other: number }): Promise<void> {
    await this.#each(call, ({ isMember }, channel) => {
      const media = `tone:${isMember ? tones.member : tones.other}`;
      const path = `channels/${encodeURIComponent(channel)}/play/${encodeURIComponent(toneId(channel))}`;
      return this.#ari.request('POST', path, { media });
    });
  }

  async hangUp(call: string): Promise<void> {
    if (this.#call === call) this.#call = undefined;
    try {
      await this.#ari.request('DELETE', `channels/${encodeURIComponent(call)}`);
    } catch (error) {
      // It has hung up by itself.
      if (!(error instanceof AriRefusal && error.status === 404)) throw error;
    }
  }

  async #each(
    call: string,
    tell: (telephone: Telephone, channel: ChannelId) => Promise<unknown> | undefined,
  ): Promise<void> {
    for (const [channel, telephone] of this.#present)
      if (telephone.call === call) await tell(telephone, channel);
  }
}
