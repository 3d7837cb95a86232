import { randomBytes, scrypt, timingSafeEqual, type ScryptOptions } from 'node:crypto';

/** 32 MB and some 200 ms for each try, for us as for whoever got hold of the hashes. */
const cost = { log2N: 15, r: 8, p: 3 } as const;
const saltBytes = 16;
const hashBytes = 32;
const bytesPerBlock = 128;
/** One at a time takes the memory once; who comes when so many wait is sent away. */
const mostWaiting = 8;

/** Hashes passwords, one after the other. */
export class Passwords {
  #waiting = 0;
  #work: Promise<unknown> = Promise.resolve();

  /** `scrypt$15$8$3$salt$hash`: with what it takes to check it, so that the cost can change. */
  async hash(password: string): Promise<string> {
    const salt = randomBytes(saltBytes);
    const hash = await this.#inTurn(() => derive(password, salt, cost));
    return ['scrypt', cost.log2N, cost.r, cost.p, salt.toString('base64'), hash.toString('base64')].join('$');
  }

  /** Takes as long for a user that does not exist (`kept` undefined): nobody learns which there are. */
  async matches(password: string, kept: string | undefined): Promise<boolean> {
    const [, log2N, r, p, salt, hash] = (kept ?? nobody).split('$');
    const wanted = Buffer.from(hash ?? '', 'base64');
    const given = { log2N: Number(log2N), r: Number(r), p: Number(p) };
    const made = await this.#inTurn(() => derive(password, Buffer.from(salt ?? '', 'base64'), given));
    return made.length === wanted.length && timingSafeEqual(made, wanted) && kept !== undefined;
  }

  /** Whether one more would have to wait for too long. */
  get isBusy(): boolean {
    return this.#waiting >= mostWaiting;
  }

  #inTurn<Result>(task: () => Promise<Result>): Promise<Result> {
    this.#waiting += 1;
    const done = this.#work.then(task).finally(() => (this.#waiting -= 1));
    this.#work = done.catch(() => undefined);
    return done;
  }
}

const nobody = `scrypt$${cost.log2N}$${cost.r}$${cost.p}$${'A'.repeat(22)}==$${'A'.repeat(43)}=`;

function derive(
  password: string,
  salt: Buffer,
  { log2N, r, p }: { readonly log2N: number; readonly r: number; readonly p: number },
): Promise<Buffer> {
  const N = 2 ** log2N;
  const options: ScryptOptions = { N, r, p, maxmem: 2 * bytesPerBlock * N * r };
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFKC'), salt, hashBytes, options, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}
