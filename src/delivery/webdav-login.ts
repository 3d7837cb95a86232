import { createHash, randomBytes } from 'node:crypto';

/** Shows a server who sends a request: what stands in its header `Authorization`. */
export interface WebDavLogin {
  header(method: string, target: string): string;
  /** Told of an answer with status 401. Whether the same request may go better now. */
  refused(challenge: string): boolean;
}

export interface WebDavAccount {
  readonly username: string;
  readonly password: { reveal(): string };
}

/** The way to log in that a server asked for by a challenge (RFC 9110, 11.6.1); undefined: none that is known here. */
export function loginFor(challenge: string, account: WebDavAccount): WebDavLogin | undefined {
  const digest = digestIn(challenge);
  // Never the password itself where the server can do without it.
  if (digest) return new DigestLogin(digest, account);
  return challenge === '' || /\bbasic\b/i.test(challenge) ? basicLogin(account) : undefined;
}

/** RFC 7617. */
function basicLogin({ username, password }: WebDavAccount): WebDavLogin {
  const header = `Basic ${Buffer.from(`${username}:${password.reveal()}`).toString('base64')}`;
  return { header: () => header, refused: () => false };
}

/** What a server wants to be told (RFC 7616, 3.3). */
interface Digest {
  readonly realm: string;
  readonly nonce: string;
  readonly opaque: string | undefined;
  /** As the server wrote it; undefined: MD5. */
  readonly algorithm: string | undefined;
  /** Whether it knows `qop=auth`; else it is one of before RFC 2617. */
  readonly counts: boolean;
}

const hashes: Readonly<Record<string, string>> = { MD5: 'md5', 'SHA-256': 'sha256' };
const session = /-sess$/i;
const hashOf = ({ algorithm = 'MD5' }: Pick<Digest, 'algorithm'>) =>
  hashes[algorithm.replace(session, '').toUpperCase()];

const parameter = /[\s,]*([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/y;

/** The first challenge for Digest that can be answered. */
function digestIn(challenge: string): Digest | undefined {
  for (const { index, 0: scheme } of challenge.matchAll(/\bdigest\s/gi)) {
    const values = new Map<string, string>();
    parameter.lastIndex = index + scheme.length;
    for (let found = parameter.exec(challenge); found; found = parameter.exec(challenge)) {
      const [, name = '', quoted, plain = ''] = found;
      values.set(name.toLowerCase(), quoted?.replaceAll(/\\(.)/g, '$1') ?? plain);
    }
    const [realm, nonce, qop] = ['realm', 'nonce', 'qop'].map((name) => values.get(name));
    const ways = qop?.toLowerCase().split(/[\s,]+/);
    const digest = { opaque: values.get('opaque'), algorithm: values.get('algorithm') };
    if (realm === undefined || nonce === undefined || !hashOf(digest)) continue;
    if (ways === undefined || ways.includes('auth'))
      return { ...digest, realm, nonce, counts: ways !== undefined };
  }
  return undefined;
}

/** RFC 7616. */
class DigestLogin implements WebDavLogin {
  #digest: Digest;
  readonly #account: WebDavAccount;
  readonly #clientNonce = randomBytes(16).toString('hex');
  #count = 0;

  constructor(digest: Digest, account: WebDavAccount) {
    this.#digest = digest;
    this.#account = account;
  }

  header(method: string, target: string): string {
    const { realm, nonce, opaque, algorithm, counts } = this.#digest;
    const username = asSent(this.#account.username);
    const password = asSent(this.#account.password.reveal());
    this.#count += 1;
    const count = this.#count.toString(16).padStart(8, '0');
    const own = this.#clientNonce;
    const login = this.#hash(username, realm, password);
    const secret = session.test(algorithm ?? '') ? this.#hash(login, nonce, own) : login;
    const asked = this.#hash(method, target);
    const response = counts
      ? this.#hash(secret, nonce, count, own, 'auth', asked)
      : this.#hash(secret, nonce, asked);
    return `Digest ${[
      ...[`username=${quoted(username)}`, `realm=${quoted(realm)}`, `nonce=${quoted(nonce)}`],
      ...[`uri=${quoted(target)}`, `response="${response}"`],
      ...(algorithm === undefined ? [] : [`algorithm=${algorithm}`]),
      ...(opaque === undefined ? [] : [`opaque=${quoted(opaque)}`]),
      ...(counts ? ['qop=auth', `nc=${count}`, `cnonce="${own}"`] : []),
    ].join(', ')}`;
  }

  /** What the server gave to answer with serves for a while only. */
  refused(challenge: string): boolean {
    const digest = digestIn(challenge);
    if (!digest || digest.nonce === this.#digest.nonce) return false;
    this.#digest = digest;
    this.#count = 0;
    return true;
  }

  #hash(...parts: readonly string[]): string {
    return createHash(hashOf(this.#digest) ?? 'md5')
      .update(parts.join(':'), 'latin1')
      .digest('hex');
  }
}

/** In UTF-8, each byte as a character: so Node takes and gives what stands in a header. */
const asSent = (text: string) => Buffer.from(text).toString('latin1');

function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
}
