import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import {
  FaultStory,
  ledgerCalls,
  ledgerFaults,
  targetFaults,
  targetNames,
  type Story,
} from './fault-story.ts';
import { inMemory, Workplace } from './workplace.ts';

/** Set MITSCHNITT_STORIES for more, and MITSCHNITT_SEED to see one run again. */
const stories = Number(process.env['MITSCHNITT_STORIES'] ?? 1_000);
const seed = Number(process.env['MITSCHNITT_SEED'] ?? 20_210_407);
const msPerStory = 250;

let work: Workplace;

beforeEach(async () => {
  work = await Workplace.create(inMemory);
  for (const target of targetNames) await mkdir(join(work.path, target));
});
afterEach(() => work.remove());

const someTargets = fc.subarray([...targetNames], { minLength: 1 });
const tenMinutesMs = 600_000;

const recording = fc.record({
  targets: someTargets,
  bytes: fc.integer({ min: 0, max: 3_000 }).map((bytes) => bytes + 1),
  taken: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, fc.subarray([...targetNames])),
  missing: fc.integer({ min: 0, max: 9 }).map((dice) => dice === 0),
  open: fc.boolean(),
});

const story: fc.Arbitrary<Story> = fc.record({
  recordings: fc.array(recording, { minLength: 1, maxLength: 4 }),
  connections: fc.integer({ min: 1, max: 3 }),
  sidecar: fc.boolean(),
  immediately: fc.boolean(),
  retentionMs: fc.constantFrom(0, 0, tenMinutesMs),
  targetFaults: fc.array(
    fc.record({
      target: fc.constantFrom(...targetNames),
      call: fc.integer({ min: 1, max: 12 }),
      fault: fc.constantFrom(...targetFaults),
    }),
    { maxLength: 6 },
  ),
  ledgerFaults: fc.array(
    fc.record({
      method: fc.constantFrom(...ledgerCalls),
      call: fc.integer({ min: 1, max: 8 }),
      fault: fc.constantFrom(...ledgerFaults),
    }),
    { maxLength: 3 },
  ),
});

describe('whatever fails, and whenever the process dies', () => {
  test(
    `each recording is delivered once to each target, and stays here until then (${stories} stories)`,
    { timeout: 60_000 + stories * msPerStory, retry: 0 },
    async () => {
      await fc.assert(
        fc.asyncProperty(story, async (each) => new FaultStory(work, each).tell()),
        { numRuns: stories, seed, endOnFailure: true },
      );
      expect(await work.localFiles()).toEqual([]);
    },
  );
});
