/** What a picture of audio is drawn from. */
export interface Peaks {
  /** Of each channel the least and the greatest sample of each stretch in turn, from -1 to 1. */
  readonly channels: readonly (readonly number[])[];
  /** Stretches in which no channel has anything to be heard, in ms from the beginning. */
  readonly silences: readonly { readonly fromMs: number; readonly toMs: number }[];
}

/** As many as a wide screen has columns. */
const mostStretches = 1_000;
const loudest = 32_768;
/** Three decimals are finer than a screen. */
const precision = 1_000;
/** Of a line without a speaker: -50 dBFS. */
const silentBelow = 100;
const blocksPerSecond = 50;
/** Shorter ones are part of speech. */
const leastSilenceMs = 700;
const msPerSecond = 1_000;

/** Makes a picture of audio as it passes by: 16-bit samples, channels in turn. */
export class PeakMeter {
  readonly #channels: number;
  readonly #sampleRate: number;
  readonly #framesPerStretch: number;
  readonly #peaks: number[][];
  readonly #silences: { fromMs: number; toMs: number }[] = [];
  #least: number[];
  #greatest: number[];
  #frames = 0;
  #blockLoudest = 0;
  #silentFrom = 0;

  constructor(sampleRate: number, channels: number, totalFrames: number) {
    this.#sampleRate = sampleRate;
    this.#channels = channels;
    this.#framesPerStretch = Math.max(1, Math.ceil(totalFrames / mostStretches));
    this.#peaks = Array.from({ length: channels }, () => []);
    this.#least = Array.from({ length: channels }, () => 0);
    this.#greatest = Array.from({ length: channels }, () => 0);
  }

  /** Whole frames. */
  add(samples: Int16Array): void {
    const block = Math.max(1, Math.round(this.#sampleRate / blocksPerSecond));
    for (let at = 0; at + this.#channels <= samples.length; at += this.#channels) {
      for (let channel = 0; channel < this.#channels; channel += 1) {
        const sample = samples[at + channel] ?? 0;
        if (sample < (this.#least[channel] ?? 0)) this.#least[channel] = sample;
        if (sample > (this.#greatest[channel] ?? 0)) this.#greatest[channel] = sample;
        this.#blockLoudest = Math.max(this.#blockLoudest, Math.abs(sample));
      }
      this.#frames += 1;
      if (this.#frames % block === 0) this.#endBlock();
      if (this.#frames % this.#framesPerStretch === 0) this.#endStretch();
    }
  }

  finish(): Peaks {
    if (this.#frames % this.#framesPerStretch !== 0) this.#endStretch();
    this.#endSilence();
    return { channels: this.#peaks, silences: this.#silences };
  }

  #endBlock(): void {
    if (this.#blockLoudest >= silentBelow) {
      const block = Math.round(this.#sampleRate / blocksPerSecond);
      this.#endSilence(this.#frames - block);
      this.#silentFrom = this.#frames;
    }
    this.#blockLoudest = 0;
  }

  #endSilence(to = this.#frames): void {
    const ms = (frames: number) => Math.round((frames * msPerSecond) / this.#sampleRate);
    const [fromMs, toMs] = [ms(this.#silentFrom), ms(to)];
    if (toMs - fromMs >= leastSilenceMs) this.#silences.push({ fromMs, toMs });
  }

  #endStretch(): void {
    const share = (sample: number) => Math.round((sample / loudest) * precision) / precision;
    this.#peaks.forEach((peaks, channel) =>
      peaks.push(share(this.#least[channel] ?? 0), share(this.#greatest[channel] ?? 0)),
    );
    this.#least = this.#least.map(() => 0);
    this.#greatest = this.#greatest.map(() => 0);
  }
}
