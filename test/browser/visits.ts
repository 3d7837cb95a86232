import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';

import { startBrowser, Visit, type Look } from './browser.ts';

/** One browser for all tests of a file; each visit is by somebody else, and ends with its test. */
export function useVisits(url: () => string): (as: string | undefined, look?: Look) => Promise<Visit> {
  let browser: Browser | undefined;
  let visits: Visit[] = [];
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterEach(async () => {
    const ended = visits;
    visits = [];
    await Promise.all(ended.map((visit) => visit.end()));
    expect(ended.flatMap(({ faults }) => faults)).toEqual([]);
  });
  afterAll(() => browser?.close());
  return async (as, look) => {
    if (!browser) throw new Error('the browser does not run yet');
    const visit = await Visit.begin(browser, url(), look);
    visits.push(visit);
    if (as !== undefined) await visit.signIn(as);
    return visit;
  };
}
