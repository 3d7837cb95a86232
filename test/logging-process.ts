// A process that logs and ends: log.test.ts looks at what is left of its lines.
import { writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

import { createLog, type LogFields } from '../src/log.ts';

export interface LoggingProcess {
  readonly lines: number;
  readonly end: 'return' | 'process.exit' | 'throw' | 'rejection' | 'SIGTERM';
  readonly format?: 'text' | 'json';
  /** Instead of the filling that makes a line about 250 bytes long. */
  readonly fields?: LogFields;
  /** Once all is logged: wait so long, then log one line more. */
  readonly pauseMs?: number;
  /** Where to leave how long logging took, as {@link Durations}. */
  readonly durations?: string;
}

/** In ms. */
export interface Durations {
  readonly longestLine: number;
  readonly all: number;
}

const { lines, end, format, fields, pauseMs, durations } = JSON.parse(
  process.argv[2] ?? '',
) as LoggingProcess;

const log = createLog({ level: 'info', format: format ?? 'text' });
const filling = { filling: 'x'.repeat(200) };
const begun = performance.now();
let longestLine = 0;
for (let line = 0; line < lines; line += 1) {
  const before = performance.now();
  log.info(`line ${line}`, fields ?? filling);
  longestLine = Math.max(longestLine, performance.now() - before);
}
const all = performance.now() - begun;
if (durations !== undefined)
  writeFileSync(durations, JSON.stringify({ longestLine, all } satisfies Durations));
if (pauseMs !== undefined) {
  await pause(pauseMs);
  log.info('after the pause');
}

switch (end) {
  case 'return':
    break;
  case 'process.exit':
    process.exit();
    break;
  case 'throw':
    throw new Error('thrown on purpose');
  case 'rejection':
    void Promise.reject(new Error('rejected on purpose'));
    break;
  case 'SIGTERM':
    process.kill(process.pid, 'SIGTERM');
    break;
}
