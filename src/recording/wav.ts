/** RIFF/WAVE as Asterisk's format_wav writes it: 16-bit PCM behind a header of 44 bytes. */
export const wavHeaderBytes = 44;

/** What the header says of samples that are plain numbers. */
export const pcmFormat = 1;

export interface WavHeader {
  /** How the samples are encoded: {@link pcmFormat}, or 6 for A-law, 7 for µ-law and others. */
  readonly format: number;
  readonly channels: number;
  /** Frames per second. */
  readonly sampleRate: number;
  readonly bitsPerSample: number;
  /** Length of the audio as the header has it, in bytes: 0 until Asterisk closes the file. */
  readonly declaredBytes: number;
}

/** Reads the header; undefined when the bytes are none of Asterisk's WAV files. */
export function parseWavHeader(bytes: Uint8Array): WavHeader | undefined {
  if (bytes.length < wavHeaderBytes) return undefined;
  const isWav =
    tag(bytes, 0) === 'RIFF' &&
    tag(bytes, 8) === 'WAVE' &&
    tag(bytes, 12) === 'fmt ' &&
    tag(bytes, 36) === 'data';
  if (!isWav) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    format: view.getUint16(20, true),
    channels: view.getUint16(22, true),
    sampleRate: view.getUint32(24, true),
    bitsPerSample: view.getUint16(34, true),
    declaredBytes: view.getUint32(40, true),
  };
}

function tag(bytes: Uint8Array, offset: number): string {
  return String.fromCharCode(...bytes.subarray(offset, offset + 4));
}

/** Whether the header says what the file has: Asterisk writes the lengths when it closes the file. */
export function isClosed(header: WavHeader, fileBytes: number): boolean {
  const audio = fileBytes - wavHeaderBytes;
  // An odd length is padded by one byte (RIFF).
  return header.declaredBytes > 0 && (audio === header.declaredBytes || audio === header.declaredBytes + 1);
}

/** Length of the audio that the file really has, in ms. */
export function durationMs(header: WavHeader, fileBytes: number): number {
  const frame = header.channels * (header.bitsPerSample / 8);
  const frames = Math.floor(Math.max(0, fileBytes - wavHeaderBytes) / frame);
  return Math.round((frames * 1000) / header.sampleRate);
}

/** The two lengths that a crash left unwritten: byte offset in the header and value, 32 bit little-endian. */
export function repairedLengths(
  fileBytes: number,
): readonly { readonly offset: number; readonly value: number }[] {
  const audio = Math.max(0, fileBytes - wavHeaderBytes);
  return [
    { offset: 4, value: audio + wavHeaderBytes - 8 },
    { offset: 40, value: audio },
  ];
}

/** The header of a finished file of 16-bit samples. */
export function wavHeader(form: Pick<WavHeader, 'channels' | 'sampleRate'>, audioBytes: number): Uint8Array {
  const { channels, sampleRate } = form;
  const bytes = new Uint8Array(wavHeaderBytes);
  const view = new DataView(bytes.buffer);
  const put = (offset: number, text: string): void => {
    for (let at = 0; at < text.length; at += 1) bytes[offset + at] = text.charCodeAt(at);
  };
  const frameBytes = channels * bytesPerSample;
  put(0, 'RIFF');
  put(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, pcmFormat, true);
  view.setUint16(22, channels, true);
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, sampleRate * frameBytes, true);
  view.setUint16(32, frameBytes, true);
  view.setUint16(34, bitsPerByte * bytesPerSample, true);
  put(36, 'data');
  for (const { offset, value } of repairedLengths(wavHeaderBytes + audioBytes)) {
    view.setUint32(offset, value, true);
  }
  return bytes;
}

const bytesPerSample = 2;
const bitsPerByte = 8;

/** Two sides as one sound, left and right in turn. Where one has fewer samples, it was silent. */
export function interleaved(left: Int16Array, right: Int16Array): Int16Array {
  const frames = Math.max(left.length, right.length);
  const both = new Int16Array(2 * frames);
  for (let at = 0; at < frames; at += 1) {
    both[2 * at] = left[at] ?? 0;
    both[2 * at + 1] = right[at] ?? 0;
  }
  return both;
}
