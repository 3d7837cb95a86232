import { createHash } from 'node:crypto';

import { Misunderstood } from './values.ts';

/** By what an SSH server is known. */
export interface HostKey {
  /** `SHA256:` and the digest in Base64 without padding, as `ssh-keygen -l` prints it. */
  readonly fingerprint: string;
  /** Type of the key such as `ssh-ed25519`; undefined where only the fingerprint was given. */
  readonly type: string | undefined;
}

const fingerprintPattern = /^(?:SHA256:)?([A-Za-z0-9+/]{43})=?$/;
/** One line of a `.pub` file, of `known_hosts` or of `ssh-keyscan`; the type is in the key as well. */
const publicKeyPattern = /(?:^|\s)(AAAA[A-Za-z0-9+/]{40,}={0,2})(?:\s|$)/;

/** Understands a fingerprint or a public key as OpenSSH's tools print them. */
export function readHostKey(written: string): HostKey | Misunderstood {
  const [, digest] = fingerprintPattern.exec(written.trim()) ?? [];
  if (digest !== undefined) return { fingerprint: `SHA256:${digest}`, type: undefined };
  const [, encoded] = publicKeyPattern.exec(written) ?? [];
  const key = Buffer.from(encoded ?? '', 'base64');
  const type = typeOfKey(key);
  if (type === undefined) return new Misunderstood('is neither a public key nor a SHA-256 fingerprint');
  return { fingerprint: fingerprintOf(key), type };
}

/** RFC 4253, 6.6: a public key begins with the name of its type. */
function typeOfKey(key: Buffer): string | undefined {
  if (key.length < 4) return undefined;
  const type = key.toString('latin1', 4, 4 + key.readUInt32BE(0));
  return /^(ssh|ecdsa|sk)-[a-z0-9@.-]{2,60}$/.test(type) ? type : undefined;
}

function fingerprintOf(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}
