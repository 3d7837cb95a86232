import { expect, test } from 'vitest';
import { decodeAlaw, encodeAlaw } from './alaw.ts';
import { encodeG722, G722Decoder } from './g722.ts';
import { partyTones, rms, tone, toneFile, tonesOver, totalMs } from './tone.ts';
import { durationMs, formatWav, parseWav, type Sound } from './wav.ts';

const partyFrequencies = Object.values(partyTones);

function mix(...parts: readonly Int16Array[]): Int16Array {
  const length = Math.max(...parts.map((part) => part.length));
  return Int16Array.from({ length }, (_, n) => parts.reduce((sum, part) => sum + (part[n] ?? 0), 0));
}

function inARow(...parts: readonly Int16Array[]): Int16Array {
  return Int16Array.from(parts.flatMap((part) => [...part]));
}

function silence(ms: number, sampleRate = 8000): Int16Array {
  return new Int16Array((ms * sampleRate) / 1000);
}

function mono(samples: Int16Array, sampleRate = 8000): Sound {
  return { sampleRate, channels: [samples] };
}

/** White noise that is the same in every run. */
function noise(ms: number, peak: number): Int16Array {
  let seed = 1;
  return Int16Array.from({ length: ms * 8 }, () => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return Math.round((seed / 1073741824 - 1) * peak);
  });
}

function overTheWire(samples: Int16Array): Int16Array {
  return decodeAlaw(encodeAlaw(samples));
}

test('each party is found alone, from when to when, through A-law', () => {
  for (const hz of partyFrequencies) {
    const heard = tonesOver(
      mono(overTheWire(inARow(silence(300), tone(hz, 700), silence(200)))),
      partyFrequencies,
    );
    for (const other of partyFrequencies) expect(heard.get(other)).toHaveLength(other === hz ? 1 : 0);
    const [found] = heard.get(hz) ?? [];
    expect(Math.abs((found?.fromMs ?? 0) - 300)).toBeLessThanOrEqual(10);
    expect(Math.abs((found?.toMs ?? 0) - 1000)).toBeLessThanOrEqual(10);
  }
});

test('four parties at once are all found, and their ends one by one', () => {
  const together = mix(...partyFrequencies.map((hz, index) => tone(hz, 500 + index * 200)));
  const heard = tonesOver(mono(overTheWire(together)), partyFrequencies);
  partyFrequencies.forEach((hz, index) => {
    expect(heard.get(hz)).toHaveLength(1);
    expect(Math.abs(totalMs(heard.get(hz)) - (500 + index * 200))).toBeLessThanOrEqual(15);
  });
});

test('the tones that a PBX makes itself are taken for nobody', () => {
  const dtmf = [697, 770, 852, 941, 1209, 1336, 1477, 1633];
  for (const hz of [400, 425, 440, 480, ...dtmf, 850, 1700, 2100]) {
    const heard = tonesOver(mono(tone(hz, 500, { peak: 16000 })), partyFrequencies);
    for (const party of partyFrequencies)
      expect(heard.get(party), `${String(hz)} as ${String(party)}`).toEqual([]);
  }
});

test('noise is nobody, and a tone is found in noise', () => {
  expect([...tonesOver(mono(noise(1000, 30000)), partyFrequencies).values()].flat()).toEqual([]);
  const noisy = mix(noise(1000, 4000), tone(partyTones['200'], 1000));
  expect(totalMs(tonesOver(mono(noisy), [partyTones['200']]).get(partyTones['200']))).toBeGreaterThan(980);
});

test('one lost packet does not end a tone, a gap of 60 ms does', () => {
  const hz = partyTones.trunk;
  const withGap = (ms: number): Sound => mono(inARow(tone(hz, 400), silence(ms), tone(hz, 400)));
  expect(tonesOver(withGap(20), [hz]).get(hz)).toHaveLength(1);
  const parts = tonesOver(withGap(60), [hz]).get(hz) ?? [];
  expect(parts).toHaveLength(2);
  expect(Math.abs((parts[1]?.fromMs ?? 0) - 460)).toBeLessThanOrEqual(10);
});

test('windows of 25 and 50 ms find the same', () => {
  for (const windowMs of [25, 50]) {
    const heard = tonesOver(mono(inARow(silence(200), tone(1020, 400))), [1020], { windowMs });
    expect(Math.abs(totalMs(heard.get(1020)) - 400)).toBeLessThanOrEqual(10);
  }
});

test('stereo at 16 kHz keeps its sides apart, through a file', () => {
  const sound: Sound = {
    sampleRate: 16000,
    channels: [
      tone(1020, 500, { sampleRate: 16000 }),
      inARow(silence(200, 16000), tone(560, 300, { sampleRate: 16000 })),
    ],
  };
  const file = parseWav(formatWav(sound));
  expect(file).toEqual(sound);
  expect(durationMs(file)).toBe(500);
  expect(totalMs(tonesOver(file, [560], { channel: 0 }).get(560))).toBe(0);
  const [right] = tonesOver(file, [560], { channel: 1 }).get(560) ?? [];
  expect(Math.abs((right?.fromMs ?? 0) - 200)).toBeLessThanOrEqual(5);
  expect(() => tonesOver(file, [560], { channel: 2 })).toThrow('2 channel(s)');
});

test('a chunk before the data is skipped, a file that is cut off is refused', () => {
  const file = toneFile(560, 100);
  const note = Buffer.from('LIST\x03\0\0\0abc\0', 'latin1');
  expect(durationMs(parseWav(Buffer.concat([file.subarray(0, 36), note, file.subarray(36)])))).toBe(100);
  expect(() => parseWav(file.subarray(0, 500))).toThrow(/claims 1600 bytes/);
  expect(() => parseWav(Buffer.from('not audio at all'))).toThrow('not a WAV file');
});

test('the level of a tone is its peak by the root of two, of silence nothing', () => {
  const sound = mono(inARow(silence(100), tone(560, 1000)));
  expect(rms(sound, { fromMs: 0, toMs: 100 })).toBe(0);
  expect(rms(sound, { fromMs: 100, toMs: 1100 })).toBeCloseTo(8000 / Math.SQRT2, -1);
});

test('A-law keeps a sample to about 3 per cent, and knows every byte', () => {
  for (let sample = -32768; sample <= 32767; sample += 111) {
    const [decoded] = decodeAlaw(encodeAlaw(Int16Array.of(sample)));
    expect(Math.abs((decoded ?? 0) - sample)).toBeLessThanOrEqual(Math.max(16, Math.abs(sample) * 0.033));
  }
  const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  expect(encodeAlaw(decodeAlaw(bytes))).toEqual(bytes);
});

test('G.722 gives back tones below and above 4 kHz, packet by packet', () => {
  for (const hz of [560, 2500, 5200, 6500]) {
    const bytes = encodeG722(tone(hz, 500, { sampleRate: 16_000 }));
    expect(bytes.length).toBe(4000);
    const decoder = new G722Decoder();
    const decoded = inARow(
      ...Array.from({ length: 25 }, (_, n) => decoder.decode(bytes.subarray(n * 160, n * 160 + 160))),
    );
    const sound = mono(decoded, 16_000);
    expect(totalMs(tonesOver(sound, [hz]).get(hz))).toBeGreaterThan(480);
    const level = rms(sound, { fromMs: 50, toMs: 450 });
    expect(Math.abs(level - 8000 / Math.SQRT2)).toBeLessThan(60);
  }
});
