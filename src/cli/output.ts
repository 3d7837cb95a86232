/** All that the command line writes. Numbers and names come from callers and servers: none reaches a terminal raw. */
import { codeOf, MitschnittError, messageOf } from '../errors.ts';
import { escapedJson, printable } from '../recording/untrusted-text.ts';

/** As {@link printable}, of text that has several lines. */
function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

/** JSON that a terminal shows as it is. */
export function toJson(value: unknown, indent = 2): string {
  return escapedJson(JSON.stringify(value, undefined, indent));
}

/** Characters that are gathered before they are written: a write per line takes its time. */
const gathered = 65_536;

/** Writes to the standard output, as fast as it is read. */
export async function write(parts: AsyncIterable<string> | Iterable<string>): Promise<void> {
  await whileRead(
    (async () => {
      let text = '';
      for await (const part of parts) {
        text += part;
        if (text.length < gathered) continue;
        await writeText(text);
        text = '';
      }
      await writeText(text);
    })(),
  );
}

function writeText(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => (error ? reject(error) : resolve()));
  });
}

/** Waits for what writes to the standard output. If nobody reads on (`| head`), that is no error. */
export async function whileRead(writing: Promise<unknown>): Promise<void> {
  // The stream tells it in the callback as well, and to the process if nobody listens.
  const ignored = () => undefined;
  process.stdout.on('error', ignored);
  try {
    await writing;
  } catch (thrown) {
    if (codeOf(thrown) !== 'EPIPE') throw thrown;
  } finally {
    process.stdout.off('error', ignored);
  }
}

export async function writeLines(...lines: readonly string[]): Promise<void> {
  await write([lines.map((line) => `${line}\n`).join('')]);
}

/** A JSON array whose elements are written as they come. */
export async function* jsonArray(values: AsyncIterable<unknown> | Iterable<unknown>): AsyncIterable<string> {
  let separator = '';
  yield '[';
  for await (const value of values) {
    yield `${separator}\n${toJson(value)}`;
    separator = ',';
  }
  yield separator === '' ? ']\n' : '\n]\n';
}

/** Tells on the standard error output what ended a command, and what to do about it. */
export function tellError(thrown: unknown): void {
  if (thrown instanceof MitschnittError && thrown.fault !== 'defect') {
    process.stderr.write(`${printableLines(thrown.message)}\n${printableLines(thrown.hint)}\n`);
    return;
  }
  const trace = thrown instanceof Error ? (thrown.stack ?? thrown.message) : messageOf(thrown);
  process.stderr.write(`This is a defect of Mitschnitt, please report it:\n${printableLines(trace)}\n`);
}

export function tellWarnings(warnings: readonly { readonly message: string }[]): void {
  for (const { message } of warnings) process.stderr.write(`warning: ${printable(message)}\n`);
}
