/** The audio files of the spool: whether Asterisk has closed one, what is in it, and making a whole one of its parts. */
import { createHash, type Hash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { copyFile, open, rename, type FileHandle } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';

import { codeOf } from '../errors.ts';
import { LevelMeter } from '../recording/levels.ts';
import {
  durationMs,
  interleaved,
  isClosed,
  parseWavHeader,
  repairedLengths,
  wavHeader,
  wavHeaderBytes,
  type WavHeader,
} from '../recording/wav.ts';
import type { Media } from '../recording/media.ts';

/** What is read or written at once: calls go on between two pieces. */
const pieceBytes = 131_072;
const bytesPerSample = 2;

export function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** A file as it stands. Times are ms since 1970, as the file system has them. */
export interface FileState {
  readonly bytes: number;
  /** Undefined: it has none that Asterisk writes. */
  readonly header: WavHeader | undefined;
  readonly closed: boolean;
  readonly createdAt: number;
  readonly writtenAt: number;
}

/**
 * Undefined: there is no such file. This and {@link inspect} wait for the disk, which is a local one: to have a thread
 * do it costs ten times the processor time, at every recording.
 */
export function stateOf(path: string): FileState | undefined {
  if (!isThere(path)) return undefined;
  const file = openSync(path, 'r');
  try {
    const { birthtimeMs: createdAt, mtimeMs: writtenAt, size } = fstatSync(file);
    const header = readHeader(file);
    const closed = header !== undefined && isClosed(header, size);
    return { bytes: size, header, closed, createdAt, writtenAt };
  } finally {
    closeSync(file);
  }
}

/** Writes the lengths that Asterisk did not come to write. The original may be Asterisk's alone to write. */
export async function repair(path: string, into: string): Promise<void> {
  const copy = partOf(into);
  await copyFile(path, copy);
  const file = await open(copy, 'r+');
  try {
    const { size } = await file.stat();
    for (const { offset, value } of repairedLengths(size)) {
      const bytes = new Uint8Array(4);
      new DataView(bytes.buffer).setUint32(0, value, true);
      await file.write(bytes, 0, 4, offset);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(copy, into);
}

/**
 * Makes a stereo file of two mono files, and tells what is in it. `into` is there only when it is whole and on the
 * disk: then the two may go. A file that is missing was silent.
 */
export async function join(left: string, right: string, into: string): Promise<Omit<Media, 'repaired'>> {
  const sides = await Promise.all([openIfThere(left), openIfThere(right)]);
  const part = await open(partOf(into), 'w');
  try {
    const found = await joinInto(part, sides);
    await part.sync();
    await rename(partOf(into), into);
    return found;
  } finally {
    await Promise.all([part.close(), ...sides.map((side) => side?.close())]);
  }
}

const stereo = 2;
/** Of files without a header: there is no sample in them either. */
const usualSampleRate = 8_000;

async function joinInto(
  part: FileHandle,
  sides: readonly (FileHandle | undefined)[],
): Promise<Omit<Media, 'repaired'>> {
  const headers = await Promise.all(sides.map(async (side) => (side ? await headerOf(side) : undefined)));
  const sampleRate = headers.find((header) => header !== undefined)?.sampleRate ?? usualSampleRate;
  const sizes = await Promise.all(sides.map(async (side) => (await side?.stat())?.size ?? 0));
  const frames = Math.max(0, ...sizes.map((size) => Math.floor((size - wavHeaderBytes) / bytesPerSample)));
  const header = wavHeader({ channels: stereo, sampleRate }, frames * stereo * bytesPerSample);
  const look = new Look(parseWavHeader(header));
  const put = async (bytes: Uint8Array): Promise<void> => {
    look.at(bytes);
    await part.writeFile(bytes);
  };
  await put(header);
  for (let done = 0; done < frames; done += pieceBytes / bytesPerSample) {
    const count = Math.min(pieceBytes / bytesPerSample, frames - done);
    const [left, right] = await Promise.all(sides.map((side) => samplesOf(side, done, count)));
    const both = interleaved(left ?? new Int16Array(count), right ?? new Int16Array(count));
    await put(new Uint8Array(both.buffer));
  }
  return look.found;
}

/** Exactly `count` samples; silence where the file has none. */
async function samplesOf(file: FileHandle | undefined, from: number, count: number): Promise<Int16Array> {
  const samples = new Int16Array(count);
  const bytes = new Uint8Array(samples.buffer);
  let filled = 0;
  while (file && filled < bytes.length) {
    const at = wavHeaderBytes + from * bytesPerSample + filled;
    const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, at);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  // A file that ends in the middle of a sample: half of one is none.
  if (filled % bytesPerSample !== 0) bytes[filled - 1] = 0;
  return samples;
}

/** For all files: what was read is looked at before anything else runs. New memory would be cleared first. */
const onePiece = new Uint8Array(pieceBytes);

/** Reads a whole file once, and tells what is in it. */
export async function inspect(path: string): Promise<Omit<Media, 'repaired'>> {
  const file = openSync(path, 'r');
  try {
    const look = new Look(readHeader(file));
    for (let at = 0; ;) {
      const bytesRead = readSync(file, onePiece, 0, pieceBytes, at);
      look.at(onePiece.subarray(0, bytesRead));
      if (bytesRead < pieceBytes) return look.found;
      at += bytesRead;
      await setImmediate();
    }
  } finally {
    closeSync(file);
  }
}

function readHeader(file: number): WavHeader | undefined {
  const header = new Uint8Array(wavHeaderBytes);
  return parseWavHeader(header.subarray(0, readSync(file, header, 0, wavHeaderBytes, 0)));
}

/** Checksum and levels of a file whose bytes pass by in their order, each time an even number of them but for the last. */
class Look {
  readonly #header: WavHeader | undefined;
  readonly #hash: Hash = createHash('sha256');
  readonly #meter: LevelMeter | undefined;
  #bytes = 0;

  constructor(header: WavHeader | undefined) {
    this.#header = header;
    this.#meter = header && new LevelMeter(header.sampleRate, header.channels);
  }

  at(bytes: Uint8Array): void {
    this.#hash.update(bytes);
    const audio = bytes.subarray(Math.max(0, wavHeaderBytes - this.#bytes));
    const samples = Math.floor(audio.length / bytesPerSample);
    this.#meter?.add(new Int16Array(audio.buffer, audio.byteOffset, samples));
    this.#bytes += bytes.length;
  }

  get found(): Omit<Media, 'repaired'> {
    const header = this.#header;
    const bytes = this.#bytes;
    return {
      bytes,
      durationMs: header ? durationMs(header, bytes) : 0,
      sha256: this.#hash.digest('hex'),
      sampleRate: header?.sampleRate,
      levels: this.#meter?.levels,
    };
  }
}

async function headerOf(file: FileHandle): Promise<WavHeader | undefined> {
  const { buffer, bytesRead } = await file.read(new Uint8Array(wavHeaderBytes), 0, wavHeaderBytes, 0);
  return parseWavHeader(buffer.subarray(0, bytesRead));
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** A file under this name is not whole, and nobody's but ours. */
function partOf(path: string): string {
  return `${path}.part`;
}
