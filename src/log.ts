import { writeSync } from 'node:fs';
import winston from 'winston';

import { codeOf, messageOf, MitschnittError } from './errors.ts';
import { escapedJson, printable } from './recording/untrusted-text.ts';

/** Facts of a log line to filter by; a secret is never among them. */
export type LogFields = Readonly<Record<string, unknown>>;

/** What the program tells its operator. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

const standardOutput = 1;
/** How long a line waits in all for a reader that lags behind, and how often it is tried meanwhile. */
const patienceMs = 100;
const tryEveryMs = 5;

/**
 * Writes each line before the next statement runs. Winston's own transports queue, and lost what was queued whenever
 * the process ended at once (docs/decisions/0004-logging.md); its streams take longer than the line.
 *
 * A reader that stopped reading holds the program up once, for {@link patienceMs}: calls matter more than the log.
 * What is dropped then is counted, and told when the reader is back.
 */
function synchronousOutput(): (line: string) => void {
  let dropped = 0;
  return (line) => {
    const notice = dropped === 0 ? '' : `${dropped} lines of the log were dropped: nobody read them\n`;
    dropped = writeAll(Buffer.from(`${notice}${line}\n`), dropped === 0 ? patienceMs : 0) ? 0 : dropped + 1;
  };
}

/** False when not even the beginning could be written. */
function writeAll(bytes: Buffer, patience: number): boolean {
  let written = 0;
  for (let waited = 0; ; waited += tryEveryMs) {
    try {
      written += writeSync(standardOutput, bytes, written);
      if (written === bytes.length) return true;
    } catch (error) {
      // A line that was begun is finished whatever it takes, within reason: half a line would spoil the next one.
      const enough = waited >= (written === 0 ? patience : patienceMs);
      if (enough || codeOf(error) !== 'EAGAIN') return written > 0; // EPIPE, ENOSPC
      Atomics.wait(sleeper, 0, 0, tryEveryMs);
    }
  }
}

/** Nothing ever changes it: waiting for that is sleeping. */
const sleeper = new Int32Array(new SharedArrayBuffer(4));

const textFormat = winston.format.printf(({ timestamp, level, message, ...fields }) => {
  const facts = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}=${shownFact(value)}`);
  return `${String(timestamp)} ${level} ${shown(message)}${facts.join('')}`;
});

/** In quotes where it could be read as more than one fact: a caller chooses what it sends. */
function shownFact(value: unknown): string {
  const text = shown(value);
  return typeof value === 'string' && /[\s="]/.test(text) ? JSON.stringify(text) : text;
}

function shown(value: unknown): string {
  return typeof value === 'string' ? printable(value) : escapedJson(JSON.stringify(value));
}

/** Under these keys winston has the finished line and its level. */
const finishedLine = Symbol.for('message');
const levelOfLine = Symbol.for('level');

const jsonFormat = winston.format.combine(
  winston.format.json(),
  winston.format((entry) => {
    entry[finishedLine] = escapedJson(String(entry[finishedLine]));
    return entry;
  })(),
);

interface LogSettings {
  readonly level: string;
  readonly format: 'text' | 'json';
}

/** A log whose settings may change while others hold it. */
export interface AdjustableLog extends Log {
  adjust(settings: LogSettings): void;
}

export function adjustableLog(settings: LogSettings): AdjustableLog {
  let log = createLog(settings);
  const at =
    (level: keyof Log): Log['info'] =>
    (message, fields) =>
      log[level](message, fields);
  return {
    ...{ debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') },
    adjust(next) {
      log = createLog(next);
    },
  };
}

export function createLog(settings: LogSettings): Log {
  const { combine, timestamp } = winston.format;
  const format = combine(timestamp(), settings.format === 'json' ? jsonFormat : textFormat);
  const write = synchronousOutput();
  const ranks: Readonly<Record<string, number>> = winston.config.npm.levels;
  const wanted = ranks[settings.level] ?? 0;
  // A line is not even made where its level is not wanted.
  const at = (level: keyof Log): Log['info'] =>
    (ranks[level] ?? 0) > wanted
      ? () => undefined
      : (message, fields) => {
          const line = format.transform({ ...fields, level, message, [levelOfLine]: level });
          if (typeof line === 'object') write(String(line[finishedLine]));
        };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** An error as facts of a log line. */
export function errorFields(error: unknown): { error: string; code?: string; hint?: string } {
  if (!(error instanceof MitschnittError)) return { error: messageOf(error) };
  return { error: error.message, code: error.code, hint: error.hint };
}
