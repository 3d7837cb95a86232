import { signaturesOf } from './sftp-algorithms.ts';
import { orderOfHostKeys, type ShownKey } from './sftp-login.ts';
import { SftpSession, type SessionOptions } from './sftp-session.ts';

/** The server has none of the keys by which it was to be known. */
export class WrongHostKey extends Error {
  /** What it showed. */
  readonly shown: readonly ShownKey[];

  constructor(shown: readonly ShownKey[]) {
    super('host key not trusted');
    this.name = 'WrongHostKey';
    this.shown = shown;
  }
}

/**
 * Opens a session with the server that has the right host key. A server has several, of which it shows one per
 * connection: where only a fingerprint is known, each is asked for. `began` is given every session to end it.
 */
export async function connectTrusted(
  options: SessionOptions,
  began: (session: SftpSession) => void,
): Promise<SftpSession> {
  const shown: ShownKey[] = [];
  let wanted = orderOfHostKeys(options.hostKey.type);
  for (;;) {
    const session = new SftpSession(options);
    began(session);
    try {
      await session.open(wanted);
      return session;
    } catch (error) {
      const { wrongKey } = session;
      if (!wrongKey) throw error;
      session.end();
      shown.push(wrongKey);
      const offered = session.greeting?.serverHostKey ?? [];
      const seen = signaturesOf(wrongKey.type);
      wanted = wanted.filter((each) => offered.includes(each) && !seen.includes(each));
      // Of a type that is known there is only one.
      if (wanted.length === 0 || options.hostKey.type === wrongKey.type) throw new WrongHostKey(shown);
    }
  }
}
