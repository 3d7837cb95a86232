// G.711 A-law. The wire carries 8 bits a sample, of which every second one is inverted.
const toggledBits = 0x55;
const segmentEnds = [0x1f, 0x3f, 0x7f, 0xff, 0x1ff, 0x3ff, 0x7ff, 0xfff];

/** Encodes 16-bit samples. */
export function encodeAlaw(samples: Int16Array): Uint8Array {
  return Uint8Array.from(samples, encodeSample);
}

function encodeSample(sample: number): number {
  const positive = sample >= 0;
  const magnitude = positive ? sample >> 3 : -(sample >> 3) - 1;
  const segment = segmentEnds.findIndex((end) => magnitude <= end);
  const mantissa = (magnitude >> (segment < 2 ? 1 : segment)) & 0x0f;
  return ((segment << 4) | mantissa) ^ toggledBits ^ (positive ? 0x80 : 0);
}

/** Decodes to 16-bit samples. */
export function decodeAlaw(bytes: Uint8Array): Int16Array {
  return Int16Array.from(bytes, decodeSample);
}

function decodeSample(byte: number): number {
  const bits = byte ^ toggledBits;
  const segment = (bits >> 4) & 0x07;
  const mantissa = (bits & 0x0f) << 4;
  const magnitude = segment === 0 ? mantissa + 8 : (mantissa + 0x108) << (segment - 1);
  return (bits & 0x80) === 0 ? -magnitude : magnitude;
}
