import { sampleRecord, START } from '../catalogue/sample.ts';

import type { CallRecord } from '../../src/recording/recording.ts';
import type { ReportSettings } from '../../src/report/reporter.ts';

/** All within the month. */
const apartMs = 5;

/** The n-th segment of a busy month. */
export function segment(n: number): CallRecord {
  const startedAt = START + n * apartMs;
  return sampleRecord(`segment-${n}`, { startedAt, file: `Aufnahme_${n}_+41791234567_200.wav` });
}

/** With the id in each line, by which it is known. */
export function reportSettings(folder: string): ReportSettings {
  return {
    folder: `${folder}/report`,
    files: 'monthly',
    ...{ language: 'de', timeZone: 'Europe/Zurich', columns: ['id'] },
  };
}
