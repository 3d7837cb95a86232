import { createSecretKey } from 'node:crypto';
import type SftpClient from 'ssh2-sftp-client';

/** What ssh2 1.17 has inside. AES-GCM keeps its key as bytes. */
interface Internals {
  readonly client?: {
    readonly _protocol?: {
      readonly _cipher?: { _encKey?: unknown };
      readonly _decipher?: { _decKey?: unknown };
    };
  };
}

/**
 * Has Node import the keys of a connection once, not for every packet: that took 26 us of 34 for each, and half of the
 * time of a small file. What is not as it was in ssh2 1.17 stays as it is: slower, and right.
 */
export function importKeys(client: SftpClient): void {
  const { _cipher: cipher, _decipher: decipher } = (client as Internals).client?._protocol ?? {};
  if (Buffer.isBuffer(cipher?._encKey)) cipher._encKey = createSecretKey(cipher._encKey);
  if (Buffer.isBuffer(decipher?._decKey)) decipher._decKey = createSecretKey(decipher._decKey);
}
