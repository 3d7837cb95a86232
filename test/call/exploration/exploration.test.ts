// Random stories of calls on a simulated PBX: what must be recorded is told from who heard whom, and compared.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { faultsOf } from './checks.ts';
import { keptStories } from './kept.ts';
import { perform } from './performance.ts';
import { parseStory, printStory } from './story.ts';
import { draftStory, reduced, walk, type DraftStory } from './walk.ts';

// The same stories each time, so that a change is what makes a test fail; for MITSCHNITT_STORIES_SECONDS new ones.
const {
  MITSCHNITT_STORIES_SECONDS: seconds,
  MITSCHNITT_STORIES_SEED: seed = seconds === undefined ? '1' : undefined,
  MITSCHNITT_STORIES_PATH: path,
} = process.env;
const storiesEachTime = 1_000;
const budgetMs = Number(seconds ?? '4') * 1_000;
/** Reducing a story that failed takes its time, too. */
const limitMs = budgetMs + 60_000;

test(
  'random stories of calls are recorded as they must be',
  () => {
    const isTold = fc.property(draftStory, (draft) => faultsOf(walk(draft)).length === 0);
    const run = fc.check(isTold, {
      ...(seed === undefined ? {} : { seed: Number(seed) }),
      ...(path === undefined ? {} : { path }),
      ...(seconds === undefined
        ? { numRuns: storiesEachTime }
        : { numRuns: Number.MAX_SAFE_INTEGER, interruptAfterTimeLimit: budgetMs }),
      // What is printed is reduced scene by scene.
      endOnFailure: true,
    });
    const [draft] = run.counterexample ?? [];
    if (draft) throw new Error(failure(draft, `seed ${run.seed}, path ${run.counterexamplePath ?? ''}`));
  },
  limitMs,
);

function failure(draft: DraftStory, origin: string): string {
  const stage = walk(draft);
  const story = reduced({ ...stage.story, scenes: stage.played });
  return [origin, printStory(story), ...faultsOf(perform(story))].join('\n\n');
}

describe('a recording that once', () => {
  test.each(Object.entries(keptStories))('%s', (_what, text) => {
    expect(faultsOf(perform(parseStory(text)))).toEqual([]);
  });
});

test('a story reads as it was printed', () => {
  fc.assert(
    fc.property(draftStory, (draft) => {
      const stage = walk(draft);
      const story = { ...stage.story, scenes: stage.played };
      expect(parseStory(printStory(story))).toEqual(story);
    }),
    { numRuns: 50 },
  );
});
