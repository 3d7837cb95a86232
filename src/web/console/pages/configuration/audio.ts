/** Any audio that the browser understands, made into what Asterisk plays: 16 kHz, one channel, 16 bits. */
const sampleRate = 16_000;
const headerBytes = 44;
const bytesPerSample = 2;
const longestSeconds = 300;

export class AudioRefused extends Error {
  readonly why: 'not-audio' | 'empty' | 'too-long';

  constructor(why: 'not-audio' | 'empty' | 'too-long') {
    super(why);
    this.name = 'AudioRefused';
    this.why = why;
  }
}

/** @throws AudioRefused */
export async function announcementOf(source: Blob): Promise<Blob> {
  const content = await source.arrayBuffer();
  let decoded: AudioBuffer;
  try {
    // What is decoded has the rate of the context.
    decoded = await new OfflineAudioContext(1, 1, sampleRate).decodeAudioData(content);
  } catch {
    throw new AudioRefused('not-audio');
  }
  if (decoded.length === 0) throw new AudioRefused('empty');
  if (decoded.duration > longestSeconds) throw new AudioRefused('too-long');
  return new Blob([wavOf(mixed(decoded))], { type: 'audio/wav' });
}

function mixed(audio: AudioBuffer): Float32Array {
  const result = new Float32Array(audio.length);
  for (let channel = 0; channel < audio.numberOfChannels; channel += 1) {
    const samples = audio.getChannelData(channel);
    for (let index = 0; index < samples.length; index += 1)
      result[index] = (result[index] ?? 0) + (samples[index] ?? 0) / audio.numberOfChannels;
  }
  return result;
}

function wavOf(samples: Float32Array): ArrayBuffer {
  const bytes = samples.length * bytesPerSample;
  const view = new DataView(new ArrayBuffer(headerBytes + bytes));
  const text = (offset: number, word: string) =>
    new TextEncoder().encode(word).forEach((letter, index) => view.setUint8(offset + index, letter));
  text(0, 'RIFF');
  view.setUint32(4, headerBytes - 8 + bytes, true);
  text(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, sampleRate * bytesPerSample, true);
  view.setUint16(32, bytesPerSample, true);
  view.setUint16(34, 8 * bytesPerSample, true);
  text(36, 'data');
  view.setUint32(40, bytes, true);
  samples.forEach((sample, index) =>
    view.setInt16(
      headerBytes + index * bytesPerSample,
      Math.max(-32_768, Math.min(32_767, Math.round(sample * 32_767))),
      true,
    ),
  );
  return view.buffer;
}

/** The microphone, until `stop`, which gives what was said. */
export async function recordMicrophone(): Promise<{ stop(): Promise<Blob>; cancel(): void }> {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1 } });
  const recorder = new MediaRecorder(stream);
  const pieces: Blob[] = [];
  recorder.ondataavailable = ({ data }) => pieces.push(data);
  recorder.start();
  const release = (): void => stream.getTracks().forEach((track) => track.stop());
  return {
    cancel: release,
    stop: () =>
      new Promise((resolve) => {
        recorder.onstop = () => {
          release();
          resolve(new Blob(pieces, { type: recorder.mimeType }));
        };
        recorder.stop();
      }),
  };
}
