import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** A sign-in that somebody began and whom the provider asks now who he is. */
export interface PendingSignIn {
  readonly state: string;
  readonly nonce: string;
  /** Of PKCE: the code is worth nothing without it. */
  readonly verifier: string;
  /** Where the provider sends him back to. */
  readonly redirectUri: string;
}

/** Time to find a password and a second factor. */
export const pendingMs = 10 * 60_000;
/** Some MB. The oldest go first: that takes more than a hundred networks at once (see the limits of `OidcSignIn`). */
const mostPending = 10_000;
const secretBytes = 32;

/** What is known of sign-ins between leaving for the provider and coming back: each is good once. */
export class PendingSignIns {
  readonly #now: () => number;
  readonly #pending = new Map<string, PendingSignIn & { readonly until: number }>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Returns what the browser keeps in a cookie: nobody but the one who began can go on. */
  add(pending: PendingSignIn): string {
    this.#forget();
    const secret = randomBytes(secretBytes).toString('base64url');
    this.#pending.set(keyOf(secret), { ...pending, until: this.#now() + pendingMs });
    return secret;
  }

  /** Undefined: it is none, is over, or somebody else's answer came. That leaves what was begun as it is. */
  take(secret: string, state: string): PendingSignIn | undefined {
    const key = keyOf(secret);
    const found = this.#pending.get(key);
    if (!found || found.until <= this.#now()) return undefined;
    if (!timingSafeEqual(digestOf(found.state), digestOf(state))) return undefined;
    this.#pending.delete(key);
    return found;
  }

  #forget(): void {
    const now = this.#now();
    for (const [key, { until }] of this.#pending) {
      if (until > now && this.#pending.size < mostPending) return;
      this.#pending.delete(key);
    }
  }
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function keyOf(secret: string): string {
  return digestOf(secret).toString('hex');
}
