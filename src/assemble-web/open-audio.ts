import type { FileHandle } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';

const bytesPerRead = 256 * 1024;

/** Audio that can be read to its end, whatever becomes of the name of its file, and of what was kept of it. */
export class OpenAudio {
  readonly #file: FileHandle;
  readonly bytes: number;
  #state: string;
  #readers = 0;
  #isDropped = false;

  private constructor(file: FileHandle, bytes: number, state: string) {
    this.#file = file;
    this.bytes = bytes;
    this.#state = state;
  }

  static async of(file: FileHandle): Promise<OpenAudio> {
    const { state, size } = await stateOf(file);
    return new OpenAudio(file, size, state);
  }

  get isRead(): boolean {
    return this.#readers > 0;
  }

  /** Whether it is still what was recorded: read again only where something was done to the file since. */
  async isIntact(sha256: string): Promise<boolean> {
    const { state, size } = await stateOf(this.#file);
    if (state === this.#state && size === this.bytes) return true;
    if (size !== this.bytes || (await this.#hash()) !== sha256) return false;
    // Not before: whoever asks meanwhile would be told that it is.
    this.#state = state;
    return true;
  }

  /** Of all of it, as it is now. */
  async hasHash(sha256: string): Promise<boolean> {
    return (await this.#hash()) === sha256;
  }

  /** Both inclusive. */
  read(from: number, to: number): Readable {
    if (this.#isDropped) throw new Error('audio that was dropped is read');
    let at = from;
    this.#readers += 1;
    const file = this.#file;
    return new Readable({
      highWaterMark: bytesPerRead,
      read(wanted) {
        const length = Math.min(wanted, to - at + 1);
        if (length <= 0) return void this.push(null);
        file.read(Buffer.allocUnsafe(length), 0, length, at).then(
          ({ bytesRead, buffer }) => {
            at += bytesRead;
            if (bytesRead === 0) this.destroy(new Error('the file became shorter while it was read'));
            else this.push(buffer.subarray(0, bytesRead));
          },
          (error: unknown) => this.destroy(error as Error),
        );
      },
      destroy: (error, done) => {
        this.#readers -= 1;
        this.#closeUnused();
        done(error);
      },
    });
  }

  /** Nobody begins to read it any more. Whoever reads it is not disturbed. */
  drop(): void {
    this.#isDropped = true;
    this.#closeUnused();
  }

  #closeUnused(): void {
    if (this.#isDropped && this.#readers === 0) void this.#file.close().catch(() => undefined);
  }

  async #hash(): Promise<string> {
    const hash = createHash('sha256');
    if (this.bytes > 0) for await (const piece of this.read(0, this.bytes - 1)) hash.update(piece as Buffer);
    return hash.digest('hex');
  }
}

async function stateOf(file: FileHandle): Promise<{ readonly state: string; readonly size: number }> {
  const { mtimeNs, ctimeNs, size } = await file.stat({ bigint: true });
  return { state: `${mtimeNs} ${ctimeNs}`, size: Number(size) };
}
