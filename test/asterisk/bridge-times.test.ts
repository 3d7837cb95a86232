// Since when the parties of a bridge can have talked, which only ARI tells.
import { describe, expect, test } from 'vitest';

import { bridgeTimes } from '../../src/asterisk/bridge-times.ts';
import { parseMessages, type AmiMessage } from '../../src/asterisk/ami-wire.ts';
import { EventClock } from '../../src/asterisk/event-clock.ts';

/** By how much Asterisk's clock is ahead of ours. */
let aheadMs = 0;

const ami = {
  action: (): Promise<AmiMessage> => {
    const [pong] = parseMessages(
      `Response: Success\r\nPing: Pong\r\nTimestamp: ${(Date.now() + aheadMs) / 1_000}\r\n\r\n`,
    ).messages;
    return pong ? Promise.resolve(pong) : Promise.reject(new Error('no message'));
  },
};

const ari = (answer: unknown) => ({ request: (): Promise<unknown> => Promise.resolve(answer) });

/** As Asterisk writes it. */
const written = (at: number) => new Date(at).toISOString().replace('Z', '+0000');

describe('when a bridge was made', () => {
  test.each([0, 7_200_000, -86_400_000])(
    "is told in our time where Asterisk's is %i ms ahead",
    async (ms) => {
      aheadMs = ms;
      const made = Date.now() - 5_000;
      const found = await bridgeTimes(
        ari([{ id: 'b1', creationtime: written(made + ms) }]),
        ami,
        new EventClock(),
      );
      expect(Math.abs((found.get('b1') ?? 0) - made)).toBeLessThan(100);
    },
  );

  test('is not known of a bridge of which Asterisk does not say it', async () => {
    const found = await bridgeTimes(
      ari([{ id: 'b1' }, { id: 'b2', creationtime: '' }]),
      ami,
      new EventClock(),
    );
    expect([...found]).toEqual([]);
  });

  test.each<[string, () => Promise<unknown>]>([
    ['refuses (res_ari_bridges is not loaded)', () => Promise.reject(new Error('404'))],
    ['does not answer', () => new Promise(() => undefined)],
  ])('is not waited for where ARI %s', async (_what, request) => {
    const from = performance.now();
    expect([...(await bridgeTimes({ request }, ami, new EventClock()))]).toEqual([]);
    expect(performance.now() - from).toBeLessThan(2_000);
  });
});
