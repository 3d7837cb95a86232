import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, closeSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import type { Durations, LoggingProcess } from './logging-process.ts';
import { nasty } from './nasty.ts';

const program = resolve(import.meta.dirname, 'logging-process.ts');
const ends = ['return', 'process.exit', 'throw', 'rejection', 'SIGTERM'] as const;
/** Ten times what a pipe holds. */
const manyLines = 3_000;

let folder: string;
let output: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mitschnitt-log-'));
  output = join(folder, 'output');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Runs a command to its end with its standard output in a file, and gives what is in it. */
async function outputOf(command: string, ...parameters: readonly string[]): Promise<string> {
  const file = openSync(output, 'w');
  const child = spawn(command, parameters, { stdio: ['ignore', file, 'ignore'] });
  closeSync(file);
  await once(child, 'close');
  return readFile(output, 'utf8');
}

const intoFile = (task: LoggingProcess) => outputOf(process.execPath, program, JSON.stringify(task));

/** Through a pipe to a reader that is a command of the shell. */
const intoPipe = (task: LoggingProcess, reader: string) =>
  outputOf('sh', '-c', `"$0" "$@" | ${reader}`, process.execPath, program, JSON.stringify(task));

const linesIn = (text: string) => [...text.matchAll(/ info line (\d+) /g)].map(([, line]) => Number(line));
const upTo = (count: number) => Array.from({ length: count }, (_, line) => line);

describe.each(ends)('a process that ends by %s', (end) => {
  test('has lost no line into a file', async () => {
    expect(linesIn(await intoFile({ lines: manyLines, end }))).toEqual(upTo(manyLines));
  });

  test('has lost no line into a pipe', async () => {
    expect(linesIn(await intoPipe({ lines: manyLines, end }, 'cat'))).toEqual(upTo(manyLines));
  });
});

describe('a reader that stops reading', () => {
  const patienceMs = 200;
  /** Longer than logging may take: winston's own work is some 100 ms, and the machine may be busy. */
  const stoppedMs = 2_500;
  /** Four times what a pipe holds. */
  const lines = 1_000;

  /** Logs to a reader that reads nothing for {@link stoppedMs}, and one line more when it does. */
  async function logged() {
    const durations = join(folder, 'durations');
    const task = { lines, end: 'return', pauseMs: stoppedMs, durations } as const;
    const text = await intoPipe(task, `(sleep ${stoppedMs / 1_000}; cat)`);
    return { text, durations: JSON.parse(await readFile(durations, 'utf8')) as Durations };
  }

  test('holds no line up for long, and is told later how many were dropped', async () => {
    const { text, durations } = await logged();
    expect(durations.longestLine).toBeLessThan(patienceMs);
    const read = linesIn(text);
    const others = text.split('\n').filter((line) => !line.includes(' info line '));
    expect(new Set(read).size, 'none twice').toBe(read.length);
    expect(read.length).toBeLessThan(lines);
    expect(others[0]).toBe(`${lines - read.length} lines of the log were dropped: nobody read them`);
    expect(text.trimEnd().split('\n').at(-1)).toContain('after the pause');
  });

  test('holds the program up once, not for every line', async () => {
    const { durations } = await logged();
    expect(durations.all).toBeLessThan(patienceMs + 1_000);
  });

  test('may be gone: the program goes on', async () => {
    const durations = join(folder, 'durations');
    await intoPipe({ lines, end: 'return', pauseMs: 10, durations }, 'true');
    const { all } = JSON.parse(await readFile(durations, 'utf8')) as Durations;
    expect(all).toBeLessThan(patienceMs + 1_000);
  });
});

test('a disk that is full ends nothing', async () => {
  const done = join(folder, 'done');
  const file = openSync('/dev/full', 'w');
  const task: LoggingProcess = { lines: 10, end: 'return', durations: done };
  const child = spawn(process.execPath, [program, JSON.stringify(task)], {
    stdio: ['ignore', file, 'ignore'],
  });
  closeSync(file);
  const [code] = (await once(child, 'close')) as [number | null];
  expect(code).toBe(0);
});

describe.each(['text', 'json'] as const)('what callers send, in a log of format %s,', (format) => {
  test('is one line each, with no character that a terminal obeys', async () => {
    const fields = Object.fromEntries(nasty.map((text, index) => [`field${index}`, text]));
    const text = await intoFile({ lines: 3, end: 'return', format, fields: { ...fields, all: { fields } } });
    const lines = text.split('\n');
    expect(lines).toHaveLength(4);
    expect(lines.at(-1)).toBe('');
    // Bidirectional marks and line separators too: they show a line as it is not.
    for (const line of lines) expect(line).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u);
  });
});

test('a log of format json keeps what callers sent', async () => {
  const fields = Object.fromEntries(nasty.map((text, index) => [`field${index}`, text]));
  const text = await intoFile({ lines: 1, end: 'return', format: 'json', fields });
  expect(JSON.parse(text)).toMatchObject({ level: 'info', message: 'line 0', ...fields });
});

test('a log of format text names what it knows, and nothing that it does not', async () => {
  // JSON has no `undefined`: the process is one of its own.
  const source = join(folder, 'fields.mts');
  const log = JSON.stringify(resolve(import.meta.dirname, '../src/log.ts'));
  await writeFile(
    source,
    `import { createLog } from ${log};
    const log = createLog({ level: 'info', format: 'text' });
    log.debug('not this');
    log.warn('a call', { number: '+41 79', at: undefined, ms: 7, list: ['a', 1], none: null });`,
  );
  const text = await outputOf(process.execPath, source);
  expect(text).toMatch(/^\S+ warn a call number="\+41 79" ms=7 list=\["a",1\] none=null\n$/);
});
