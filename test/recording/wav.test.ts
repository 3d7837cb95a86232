import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import {
  durationMs,
  interleaved,
  isClosed,
  parseWavHeader,
  pcmFormat,
  repairedLengths,
  wavHeader,
  wavHeaderBytes,
} from '../../src/recording/wav.ts';
import { formatWav } from '../live/wav.ts';

const frames = 8_000;
const file = formatWav({ sampleRate: 8_000, channels: [new Int16Array(frames).fill(7)] });

function headerOf(bytes: Uint8Array) {
  const header = parseWavHeader(bytes);
  if (!header) throw new Error('no header');
  return header;
}

/** The file as Asterisk leaves it when it is killed: lengths 0, audio up to anywhere. */
function unfinished(bytes: number): Buffer {
  const cut = Buffer.from(file.subarray(0, bytes));
  cut.writeUInt32LE(0, 4);
  cut.writeUInt32LE(0, 40);
  return cut;
}

describe('the header', () => {
  test('is read from a file as Asterisk writes it', () => {
    expect(headerOf(file)).toEqual({
      format: pcmFormat,
      channels: 1,
      sampleRate: 8_000,
      bitsPerSample: 16,
      declaredBytes: 2 * frames,
    });
  });

  test('is read wherever in its memory it lies', () => {
    const elsewhere = Buffer.concat([Buffer.alloc(3, 0xff), file]).subarray(3);
    expect(parseWavHeader(elsewhere)).toEqual(headerOf(file));
  });

  test('is not there before its last byte', () => {
    for (let bytes = 0; bytes < wavHeaderBytes; bytes += 1)
      expect(parseWavHeader(file.subarray(0, bytes))).toBeUndefined();
    expect(parseWavHeader(file.subarray(0, wavHeaderBytes))).toBeDefined();
  });

  test.each([0, 8, 12, 36])('is none when its mark at byte %i is another', (offset) => {
    const other = Buffer.from(file);
    other.write('RIFX', offset);
    expect(parseWavHeader(other)).toBeUndefined();
  });

  test('is none in whatever else there may be, and never an error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(parseWavHeader(bytes)).toBeUndefined();
      }),
    );
  });
});

describe('a file', () => {
  test('is closed when its header has the length of its audio', () => {
    expect(isClosed(headerOf(file), file.length)).toBe(true);
  });

  test('is closed with the byte that pads an odd length', () => {
    const header = { ...headerOf(file), declaredBytes: 101 };
    expect(isClosed(header, wavHeaderBytes + 101)).toBe(true);
    expect(isClosed(header, wavHeaderBytes + 102)).toBe(true);
  });

  test.each([-2, -1, 2, 320])('is open when its header is %i bytes away from its audio', (difference) => {
    expect(isClosed(headerOf(file), file.length + difference)).toBe(false);
  });

  test('is open as long as the header has no length, with audio or without', () => {
    const header = headerOf(unfinished(file.length));
    expect(isClosed(header, file.length)).toBe(false);
    expect(isClosed(header, wavHeaderBytes)).toBe(false);
  });
});

describe('the duration', () => {
  test.each([
    [1, 8_000, 16, 16_000, 1_000],
    [1, 16_000, 16, 16_000, 500],
    [2, 8_000, 16, 16_000, 500],
    [1, 8_000, 16, 15_999, 1_000],
    [1, 8_000, 16, 8, 1],
    [1, 8_000, 16, 0, 0],
  ])(
    'of %i channels at %i Hz and %i bits is by %i bytes of audio %i ms',
    (channels, sampleRate, bitsPerSample, bytes, ms) => {
      const header = { format: pcmFormat, channels, sampleRate, bitsPerSample, declaredBytes: 0 };
      expect(durationMs(header, wavHeaderBytes + bytes)).toBe(ms);
    },
  );

  test('is that of the audio, whatever the header says', () => {
    expect(durationMs({ ...headerOf(file), declaredBytes: 4 }, file.length)).toBe(1_000);
    expect(durationMs(headerOf(file), 10)).toBe(0);
  });
});

test('a repaired file says what it has, wherever it was cut', () => {
  fc.assert(
    fc.property(fc.integer({ min: wavHeaderBytes + 1, max: file.length }), (bytes) => {
      const repaired = unfinished(bytes);
      for (const { offset, value } of repairedLengths(bytes)) repaired.writeUInt32LE(value, offset);
      expect(isClosed(headerOf(repaired), bytes)).toBe(true);
      expect(repaired.readUInt32LE(4)).toBe(bytes - 8);
      expect(repaired.readUInt32LE(40)).toBe(bytes - wavHeaderBytes);
      expect(repaired.subarray(wavHeaderBytes).equals(file.subarray(wavHeaderBytes, bytes))).toBe(true);
    }),
  );
});

describe('a file of two sides', () => {
  test('has the header that any program would write', () => {
    const sides = { sampleRate: 16_000, channels: [Int16Array.of(1, 2), Int16Array.of(3, 4)] };
    const expected = formatWav(sides);
    expect(Buffer.from(wavHeader({ channels: 2, sampleRate: 16_000 }, 8))).toEqual(
      expected.subarray(0, wavHeaderBytes),
    );
  });

  test('has left and right in turn, and silence where one of them has ended', () => {
    expect(interleaved(Int16Array.of(1, 2, 3), Int16Array.of(-1))).toEqual(Int16Array.of(1, -1, 2, 0, 3, 0));
    expect(interleaved(Int16Array.of(), Int16Array.of(-1))).toEqual(Int16Array.of(0, -1));
  });
});
