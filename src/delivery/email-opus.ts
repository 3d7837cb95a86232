import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, rm, type FileHandle } from 'node:fs/promises';
import { constants, setPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { pipeline } from 'node:stream/promises';

import { codeOf, messageOf, MitschnittError } from '../errors.ts';
import { wavHeader } from '../recording/wav.ts';
import { pieceFor } from './local-file.ts';
import { aborted, completed, type ProblemWords, type TargetProblem } from './target-errors.ts';
import { Aborted, NoAnswer, within } from './time-limit.ts';
import type { Upload } from './target.ts';

/** On one slow processor ffmpeg converts an hour of telephone audio in 20 s. */
const opusLimitMs = 10 * 60_000;

/** For speech; the audio of telephones needs less. */
const bitsPerSecond = 24_000;
/** Of what ffmpeg says of an error. */
const longestQuote = 300;

const parameters = [
  ...['-nostdin', '-hide_banner', '-loglevel', 'error'],
  ...['-protocol_whitelist', 'pipe', '-f', 'wav', '-i', 'pipe:0'],
  ...['-c:a', 'libopus', '-application', 'voip', '-b:a', String(bitsPerSecond), '-f', 'ogg', 'pipe:1'],
];

/** What ffmpeg did not do, in its words. */
class OpusFailure extends Error {
  /** Whether there is an ffmpeg at all. */
  readonly isMissing: boolean;

  constructor(said: string, isMissing = false) {
    super(said);
    this.isMissing = isMissing;
  }
}

/**
 * A copy of a recording in Ogg Opus (RFC 7845), a fifth of its size or less and no evidence, in a file that has no name any
 * more: it goes with the process, however that ends.
 */
export class OpusCopy {
  readonly bytes: number;
  readonly #file: FileHandle;

  private constructor(file: FileHandle, bytes: number) {
    this.#file = file;
    this.bytes = bytes;
  }

  /**
   * Converts a WAV file. Whoever makes it closes it. Throws {@link OpusFailure}, NoAnswer after `limitMs`, Aborted, and
   * what `wav` throws.
   */
  static async of(wav: AsyncIterable<Buffer>, signal: AbortSignal, limitMs = opusLimitMs): Promise<OpusCopy> {
    const file = await openNameless();
    try {
      await convert(wav, file, { ms: limitMs, signal });
      return new OpusCopy(file, (await file.stat()).size);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Its content, once, as fast as the upload may go. */
  async *pieces({ pace, onProgress }: Pick<Upload, 'pace' | 'onProgress'>): AsyncGenerator<Buffer> {
    for (let at = 0; at < this.bytes;) {
      const most = pieceFor(this.bytes - at);
      const length = pace ? await pace(most) : most;
      const { buffer, bytesRead } = await this.#file.read(Buffer.allocUnsafe(length), 0, length, at);
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
      onProgress?.(bytesRead);
    }
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

async function openNameless(): Promise<FileHandle> {
  const path = join(tmpdir(), `mitschnitt-${randomUUID()}.opus`);
  const file = await open(path, 'wx+', 0o600);
  await rm(path);
  return file;
}

async function convert(
  wav: AsyncIterable<Buffer>,
  file: FileHandle,
  limit: { readonly ms: number; readonly signal: AbortSignal },
): Promise<void> {
  const env = { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8' };
  const child = spawn('ffmpeg', parameters, { stdio: ['pipe', file.fd, 'pipe'], env });
  // Calls come first.
  if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW);
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    if (said.length < longestQuote) said += text;
  });
  try {
    const [[code]] = await within(limit, () =>
      Promise.all([once(child, 'close') as Promise<[number | null]>, feed(wav, child.stdin)]),
    );
    if (code !== 0) throw new OpusFailure(said.trim() || `it ended with ${code ?? 'a signal'}`);
  } catch (error) {
    throw codeOf(error) === 'ENOENT' ? new OpusFailure('there is none', true) : error;
  } finally {
    child.kill('SIGKILL');
  }
}

/** What is wrong with the recording is thrown; that ffmpeg takes no more of it is told by how it ends. */
async function feed(wav: AsyncIterable<Buffer>, stdin: NodeJS.WritableStream | null): Promise<void> {
  if (stdin === null) return;
  await pipeline(wav, stdin).catch((error: unknown) => {
    if (error instanceof MitschnittError) throw error;
  });
}

/** A tenth of a second of silence as a WAV file, by which ffmpeg is tried. */
export async function* silence(): AsyncGenerator<Buffer> {
  const samples = Buffer.alloc(1_600);
  yield await Promise.resolve(
    Buffer.concat([wavHeader({ channels: 1, sampleRate: 8_000 }, samples.length), samples]),
  );
}

/** Explains whatever a conversion threw. `settings`: place of the target in the configuration. */
export function opusProblem(error: unknown, settings: string): TargetProblem {
  if (error instanceof Aborted) return aborted;
  return completed({ fault: 'configuration', ...wordsFor(error, settings) }, error);
}

function wordsFor(error: unknown, settings: string): ProblemWords {
  const otherwise = `or set format in ${settings} to wav.`;
  if (error instanceof NoAnswer)
    return {
      code: 'conversion-slow',
      what: `the recording did not become Ogg Opus within ${error.limitMs / 1000} s`,
      hint: `Check what else keeps the processors of this machine busy; ${otherwise}`,
    };
  if (error instanceof OpusFailure && error.isMissing)
    return {
      code: 'ffmpeg-missing',
      what: 'there is no program ffmpeg on this machine, by which recordings become Ogg Opus',
      hint: `Install it (Debian, Ubuntu: apt install ffmpeg), ${otherwise}`,
    };
  const quoted = messageOf(error).replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ');
  return {
    code: 'conversion-failed',
    what: `the recording did not become Ogg Opus (${quoted.slice(0, longestQuote)})`,
    hint: `Check that ffmpeg on this machine knows libopus (ffmpeg -encoders) and that ${tmpdir()} has space; ${otherwise}`,
  };
}
