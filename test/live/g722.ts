// G.722 at 64 kbit/s (ITU-T G.722): 16 kHz in two bands, each coded as difference from what its own past predicts. One
// byte carries two samples: 6 bits of the band below 4 kHz, 2 bits of the one above.

const mirrorFilter = [3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11];
// What the codes stand for, in parts of the band's step, and how each changes the step.
const sixBits = signed(
  [136, 136, 136, 136, 24808, 21904, 19008, 16704, 14984, 13512, 12280, 11192, 10232, 9360, 8576, 7856],
  [7192, 6576, 6000, 5456, 4944, 4464, 4008, 3576, 3168, 2776, 2400, 2032, 1688, 1360, 1040, 728],
  [24808, 21904, 19008, 16704, 14984, 13512, 12280, 11192, 10232, 9360, 8576, 7856, 7192, 6576, 6000, 5456],
  [4944, 4464, 4008, 3576, 3168, 2776, 2400, 2032, 1688, 1360, 1040, 728, 432, 136, -432, -136],
);
const fourBits = signed(
  [0, 20456, 12896, 8968, 6288, 4240, 2584, 1200],
  [],
  [20456, 12896, 8968, 6288],
  [4240, 2584, 1200, 0],
);
const twoBits = [-7408, -1616, 7408, 1616];
const lowStepChange = [-60, 3042, 1198, 538, 334, 172, 58, -30, 3042, 1198, 538, 334, 172, 58, -30, -60];
const highStepChange = [798, -214, 798, -214];
const stepMantissas = Array.from({ length: 32 }, (_, n) => Math.floor(2048 * 2 ** (n / 32) + 0.5));
// The first four codes of six bits are not sent: a row of zeros would be mistaken for a lost carrier.
const firstSentCode = 4;

/** The first two rows are negative. */
function signed(...rows: readonly (readonly number[])[]): readonly number[] {
  return rows.flatMap((row, index) => row.map((value) => (index < 2 ? -value : value)));
}

function saturate(value: number): number {
  return Math.max(-32768, Math.min(32767, value));
}

function at(values: ArrayLike<number>, index: number): number {
  return values[index] ?? 0;
}

/** The predictor and the step of one band: coder and decoder keep the same, from the same codes. */
class Band {
  /** What the next sample is expected to be. */
  predicted = 0;
  step: number;
  #scale = 0;
  #zeros = 0;
  /** The last differences, restored samples and zero-section sums; newest first. */
  readonly #differences = [0, 0, 0, 0, 0, 0];
  readonly #restored = [0, 0];
  readonly #partial = [0, 0];
  readonly #zeroWeights = [0, 0, 0, 0, 0, 0];
  #poleWeights: readonly [number, number] = [0, 0];
  readonly #largestScale: number;
  readonly #shift: number;

  constructor(step: number, largestScale: number, shift: number) {
    this.step = step;
    this.#largestScale = largestScale;
    this.#shift = shift;
  }

  /** Takes a difference in parts of the step, and what its code does to the step. */
  learn(parts: number, stepChange: number): void {
    this.#predict((this.step * parts) >> 15);
    const scale = ((this.#scale * 127) >> 7) + stepChange;
    this.#scale = Math.max(0, Math.min(this.#largestScale, scale));
    const shift = this.#shift - (this.#scale >> 11);
    const mantissa = at(stepMantissas, (this.#scale >> 6) & 31);
    this.step = (shift < 0 ? mantissa << -shift : mantissa >> shift) << 2;
  }

  #predict(difference: number): void {
    const restored = saturate(this.predicted + difference);
    const partial = saturate(this.#zeros + difference);
    this.#poleWeights = this.#adaptedPoles(partial);
    const push = difference === 0 ? 0 : 128;
    this.#zeroWeights.forEach((weight, index) => {
      const alike = at(this.#differences, index) < 0 === difference < 0;
      this.#zeroWeights[index] = saturate((alike ? push : -push) + ((weight * 32640) >> 15));
    });
    shift(this.#differences, difference);
    shift(this.#restored, restored);
    shift(this.#partial, partial);
    this.#zeros = saturate(weighted(this.#differences, this.#zeroWeights));
    this.predicted = saturate(weighted(this.#restored, this.#poleWeights) + this.#zeros);
  }

  #adaptedPoles(partial: number): readonly [number, number] {
    const [first, second] = this.#poleWeights;
    const likeLast = at(this.#partial, 0) < 0 === partial < 0;
    const likeLastButOne = at(this.#partial, 1) < 0 === partial < 0;
    const quadrupled = saturate(first << 2);
    const pull = Math.min(32767, likeLast ? -quadrupled : quadrupled) >> 7;
    const moved = pull + (likeLastButOne ? 128 : -128) + ((second * 32512) >> 15);
    const nextSecond = Math.max(-12288, Math.min(12288, moved));
    const limit = saturate(15360 - nextSecond);
    const nextFirst = saturate((likeLast ? 192 : -192) + ((first * 32640) >> 15));
    return [Math.max(-limit, Math.min(limit, nextFirst)), nextSecond];
  }
}

function shift(values: number[], newest: number): void {
  values.unshift(newest);
  values.pop();
}

function weighted(values: readonly number[], weights: readonly number[]): number {
  return values.reduce((sum, value, index) => sum + ((saturate(value * 2) * at(weights, index)) >> 15), 0);
}

class Bands {
  readonly low = new Band(32, 18432, 8);
  readonly high = new Band(8, 22528, 10);

  learn(lowCode: number, highCode: number): void {
    // The predictor of the low band leaves out the last two bits, so that they may be lost on the way.
    this.low.learn(at(fourBits, lowCode >> 2), at(lowStepChange, lowCode >> 2));
    this.high.learn(at(twoBits, highCode), at(highStepChange, highCode));
  }
}

/** The sums of the even and of the odd places of the last 24 values: a quadrature mirror filter. */
function mirrored(window: ArrayLike<number>): readonly [number, number] {
  let [even, odd] = [0, 0];
  mirrorFilter.forEach((weight, index) => {
    even += at(window, 2 * index) * weight;
    odd += at(window, 2 * index + 1) * at(mirrorFilter, 11 - index);
  });
  return [even, odd];
}

/** Encodes 16 kHz, from the beginning of a stream on; two samples make a byte. */
export function encodeG722(samples: Int16Array): Uint8Array {
  const bands = new Bands();
  const window = new Float64Array(24);
  return Uint8Array.from({ length: samples.length >> 1 }, (_, n) => {
    window.copyWithin(0, 2);
    window.set(samples.subarray(2 * n, 2 * n + 2), 22);
    const [even, odd] = mirrored(window);
    const lowCode = nearest(sixBits, firstSentCode, bands.low, (odd + even) >> 14);
    const highCode = nearest(twoBits, 0, bands.high, (odd - even) >> 14);
    bands.learn(lowCode, highCode);
    return (highCode << 6) | lowCode;
  });
}

/** The code, from `first` on, that stands for what is nearest to the sample. */
function nearest(codes: readonly number[], first: number, band: Band, sample: number): number {
  let [best, leastError] = [first, Infinity];
  for (let code = first; code < codes.length; code += 1) {
    const error = Math.abs(sample - band.predicted - ((band.step * at(codes, code)) >> 15));
    if (error < leastError) [best, leastError] = [code, error];
  }
  return best;
}

/** Decodes one stream, piece by piece, to 16 kHz. */
export class G722Decoder {
  readonly #bands = new Bands();
  readonly #window = new Float64Array(24);

  decode(bytes: Uint8Array): Int16Array {
    const samples = new Int16Array(bytes.length * 2);
    bytes.forEach((byte, index) => {
      const [lowCode, highCode] = [byte & 0x3f, byte >> 6];
      const low = this.#restore(this.#bands.low, at(sixBits, lowCode));
      const high = this.#restore(this.#bands.high, at(twoBits, highCode));
      this.#bands.learn(lowCode, highCode);
      this.#window.copyWithin(0, 2);
      this.#window.set([low + high, low - high], 22);
      const [even, odd] = mirrored(this.#window);
      samples.set([saturate(odd >> 11), saturate(even >> 11)], 2 * index);
    });
    return samples;
  }

  #restore({ predicted, step }: Band, parts: number): number {
    return Math.max(-16384, Math.min(16383, predicted + ((step * parts) >> 15)));
  }
}
