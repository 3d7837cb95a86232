/** Audio in memory: one array of 16-bit samples per channel. */
export interface Sound {
  readonly sampleRate: number;
  readonly channels: readonly Int16Array[];
}

/** Length in milliseconds. */
export function durationMs(sound: Sound): number {
  return ((sound.channels[0]?.length ?? 0) * 1000) / sound.sampleRate;
}

/** Parses a finished 16-bit PCM WAV file with any number of channels; anything else is an error. */
export function parseWav(file: Buffer): Sound {
  if (file.toString('latin1', 0, 4) !== 'RIFF' || file.toString('latin1', 8, 12) !== 'WAVE') {
    throw new Error(`not a WAV file: it begins with ${JSON.stringify(file.toString('latin1', 0, 12))}`);
  }
  const format = chunk(file, 'fmt ');
  const data = chunk(file, 'data');
  const [encoding, bits] = [format.readUInt16LE(0), format.readUInt16LE(14)];
  if (encoding !== 1 || bits !== 16) {
    throw new Error(
      `only 16-bit PCM is understood, this is format ${String(encoding)} with ${String(bits)} bits`,
    );
  }
  const count = format.readUInt16LE(2);
  const frames = Math.floor(data.length / 2 / count);
  const channels = Array.from({ length: count }, (_, channel) =>
    Int16Array.from({ length: frames }, (_, frame) => data.readInt16LE((frame * count + channel) * 2)),
  );
  return { sampleRate: format.readUInt32LE(4), channels };
}

/** Makes a 16-bit PCM WAV file. */
export function formatWav({ sampleRate, channels }: Sound): Buffer {
  const frames = channels[0]?.length ?? 0;
  const frameBytes = channels.length * 2;
  const file = Buffer.alloc(44 + frames * frameBytes);
  file.write('RIFF', 0, 'latin1');
  file.writeUInt32LE(file.length - 8, 4);
  file.write('WAVEfmt ', 8, 'latin1');
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20);
  file.writeUInt16LE(channels.length, 22);
  file.writeUInt32LE(sampleRate, 24);
  file.writeUInt32LE(sampleRate * frameBytes, 28);
  file.writeUInt16LE(frameBytes, 32);
  file.writeUInt16LE(16, 34);
  file.write('data', 36, 'latin1');
  file.writeUInt32LE(frames * frameBytes, 40);
  channels.forEach((samples, channel) => {
    samples.forEach((sample, frame) => file.writeInt16LE(sample, 44 + frame * frameBytes + channel * 2));
  });
  return file;
}

function chunk(file: Buffer, id: string): Buffer {
  let at = 12;
  while (at + 8 <= file.length) {
    const length = file.readUInt32LE(at + 4);
    if (file.toString('latin1', at, at + 4) === id) {
      if (at + 8 + length > file.length) {
        throw new Error(`the chunk '${id}' claims ${String(length)} bytes, the file has fewer`);
      }
      return file.subarray(at + 8, at + 8 + length);
    }
    // Chunks begin at even places.
    at += 8 + length + (length % 2);
  }
  throw new Error(`the WAV file has no chunk '${id}'`);
}
