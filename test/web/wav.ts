import { createHash } from 'node:crypto';

/** A tone of 440 Hz, at 8 kHz unless said otherwise, as a WAV file. */
export function wavOf(
  ms: number,
  { rate = 8_000, channels = 1, amplitude = 8_000 } = {},
): { readonly content: Buffer; readonly sha256: string } {
  const frames = Math.round((ms * rate) / 1_000);
  const audio = frames * channels * 2;
  const content = Buffer.alloc(44 + audio);
  content.write('RIFF', 0);
  content.writeUInt32LE(36 + audio, 4);
  content.write('WAVEfmt ', 8);
  content.writeUInt32LE(16, 16);
  content.writeUInt16LE(1, 20);
  content.writeUInt16LE(channels, 22);
  content.writeUInt32LE(rate, 24);
  content.writeUInt32LE(rate * channels * 2, 28);
  content.writeUInt16LE(channels * 2, 32);
  content.writeUInt16LE(16, 34);
  content.write('data', 36);
  content.writeUInt32LE(audio, 40);
  for (let frame = 0; frame < frames; frame += 1) {
    const sample = Math.round(amplitude * Math.sin((2 * Math.PI * 440 * frame) / rate));
    for (let channel = 0; channel < channels; channel += 1)
      content.writeInt16LE(sample, 44 + (frame * channels + channel) * 2);
  }
  return { content, sha256: createHash('sha256').update(content).digest('hex') };
}
