/** How a server is recognised, and how it is told who comes. */
import { createHash } from 'node:crypto';
import type SftpClient from 'ssh2-sftp-client';

import { sshAlgorithms, signaturesOf, type HostKeyAlgorithm } from './sftp-algorithms.ts';

/** The key that a server showed. */
export interface ShownKey {
  /** As `ssh-keygen -l` prints it. */
  readonly fingerprint: string;
  readonly type: string;
}

/** RFC 4253, 6.6: a public key begins with the name of its type. */
export function shownKey(key: Buffer): ShownKey {
  const digest = createHash('sha256').update(key).digest('base64').replace(/=+$/, '');
  const length = key.length < 4 ? 0 : key.readUInt32BE(0);
  return { fingerprint: `SHA256:${digest}`, type: key.toString('latin1', 4, 4 + Math.min(length, 64)) };
}

/** A server shows the first of its keys that is asked for: the type that is known comes first. */
export function orderOfHostKeys(type: string | undefined): HostKeyAlgorithm[] {
  const known = type === undefined ? [] : signaturesOf(type);
  const { serverHostKey } = sshAlgorithms;
  return [
    ...serverHostKey.filter((each) => known.includes(each)),
    ...serverHostKey.filter((each) => !known.includes(each)),
  ];
}

/** What the user can show. */
export interface Credentials {
  readonly username: string;
  readonly password: string | undefined;
  readonly privateKey: string | undefined;
}

type AuthHandler = NonNullable<SftpClient.ConnectOptions['authHandler']>;
type Method = 'publickey' | 'password' | 'keyboard-interactive';

/**
 * Tries each way to log in once that the server takes and for which there is something to show; `taken` learns which
 * ways the server takes. Several in a row are possible, as servers with two factors demand.
 */
export function loginHandler(
  { password, privateKey }: Credentials,
  taken: (methods: readonly string[]) => void,
): AuthHandler {
  const ways: Method[] = [
    ...(privateKey === undefined ? [] : (['publickey'] as const)),
    // A server that offers only the second asks for the same password, by a question.
    ...(password === undefined ? [] : (['password', 'keyboard-interactive'] as const)),
  ];
  const left = new Set<Method>(ways);
  let asked = false;
  const handler = (
    methods: readonly string[] | null,
    _partial: boolean | null,
    next: (way: unknown) => void,
  ) => {
    if (!asked) {
      // 'none' is refused with the list of what is taken (RFC 4252, 5.2).
      asked = true;
      next('none');
      return;
    }
    if (methods && methods.length > 0) taken(methods);
    const way = ways.find((each) => left.has(each) && (methods?.includes(each) ?? true));
    if (way !== undefined) left.delete(way);
    next(way ?? false);
  };
  return handler as AuthHandler;
}
