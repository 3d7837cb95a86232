import { createHash } from 'node:crypto';

/** Bytes that differ from place to place, so that pieces in the wrong order are seen. */
export function patterned(bytes: number, seed = 0): Buffer {
  const content = Buffer.alloc(bytes);
  for (let at = 0; at < bytes; at += 1) content[at] = (at * 31 + (at >> 8) * 17 + seed) & 0xff;
  return content;
}

export const sha256 = (content: Buffer): string => createHash('sha256').update(content).digest('hex');
