// What costs much is done for few at once, whoever asks for it.
import { expect, test } from 'vitest';

import { KeptAnswers, Turns } from '../../src/assemble-web/turns.ts';

const anna = { actor: 'web:anna', person: 'anna' };
const bert = { actor: 'web:bert', person: 'bert' };

/** Work that goes on until it is told to end. */
function work(): {
  readonly act: () => Promise<string>;
  readonly end: () => void;
  readonly begun: () => number;
} {
  const { promise, resolve } = Promise.withResolvers<string>();
  let begun = 0;
  return {
    act: () => {
      begun += 1;
      return promise;
    },
    end: () => resolve('done'),
    begun: () => begun,
  };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('so many are done at once, the next wait, and who comes then is told to come again', async () => {
  const turns = new Turns({ atOnce: 1, waiting: 1, each: 2 });
  const [first, second] = [work(), work()];
  const asked = [turns.take(anna, first.act), turns.take(anna, second.act)];
  await expect(turns.take(anna, () => Promise.resolve())).rejects.toMatchObject({
    status: 429,
    code: 'too-busy',
  });
  expect([first.begun(), second.begun()]).toEqual([1, 0]);
  first.end();
  await settled();
  expect(second.begun()).toBe(1);
  second.end();
  expect(await Promise.all(asked)).toEqual(['done', 'done']);
  expect(await turns.take(anna, () => Promise.resolve('free again'))).toBe('free again');
});

test('nobody takes all places, be it by several tokens: others get theirs', async () => {
  const turns = new Turns({ atOnce: 1, waiting: 4, each: 2 });
  const slow = work();
  const token = { actor: 'token:backup', person: 'anna' };
  const asked = [turns.take(anna, slow.act), turns.take(token, slow.act)];
  for (const asking of [anna, token])
    await expect(turns.take(asking, slow.act)).rejects.toMatchObject({ status: 429, code: 'too-busy' });
  // Of whom nobody knows who he is: by what he is called.
  asked.push(turns.take(bert, slow.act), turns.take({ actor: 'web:carl', person: undefined }, slow.act));
  slow.end();
  expect(await Promise.all(asked)).toHaveLength(4);
  expect(await turns.take(anna, () => Promise.resolve('free again'))).toBe('free again');
});

test('work that fails gives its place to the next', async () => {
  const turns = new Turns({ atOnce: 1, waiting: 1, each: 2 });
  await expect(turns.take(anna, () => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
  expect(await turns.take(anna, () => Promise.resolve('next'))).toBe('next');
});

test('an answer is made once for all who ask for it at once, and for those soon after', async () => {
  let now = 0;
  const answers = new KeptAnswers<string>(3_000, new Turns({ atOnce: 1, waiting: 4, each: 5 }), () => now);
  const slow = work();
  const asked = Array.from({ length: 50 }, () => answers.of('today', anna, slow.act));
  slow.end();
  expect(new Set(await Promise.all(asked))).toEqual(new Set(['done']));
  now = 2_999;
  await answers.of('today', anna, slow.act);
  expect(slow.begun()).toBe(1);
  now = 3_000;
  await answers.of('today', anna, slow.act);
  expect(slow.begun()).toBe(2);
});

test('an answer that failed is not kept', async () => {
  const answers = new KeptAnswers<string>(3_000, new Turns({ atOnce: 1, waiting: 4, each: 5 }));
  await expect(answers.of('today', anna, () => Promise.reject(new Error('failed')))).rejects.toThrow(
    'failed',
  );
  expect(await answers.of('today', anna, () => Promise.resolve('well'))).toBe('well');
});

test('questions that are all different are not made all at once', async () => {
  const answers = new KeptAnswers<string>(3_000, new Turns({ atOnce: 1, waiting: 4, each: 5 }));
  const slow = work();
  const asked = Array.from({ length: 10 }, (_, index) => answers.of(`span ${index}`, anna, slow.act));
  slow.end();
  const results = await Promise.allSettled(asked);
  expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(5);
});
