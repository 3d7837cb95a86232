import { lookup } from 'node:dns/promises';

import { SmbRefusal } from './smb-answers.ts';
import type { SmbSessionOptions } from './smb-program.ts';
import { SmbSession } from './smb-session.ts';

/** The server speaks SMB, but nothing later than SMB 1. */
export class OnlySmb1 extends Error {
  constructor() {
    super('only SMB 1 is offered');
    this.name = 'OnlySmb1';
  }
}

/**
 * Opens a session. Where smbclient does not tell why there is none, it is found out: the host may have no address, or
 * the server only SMB 1. `began` is given every session to end it.
 *
 * Fails with an {@link SmbRefusal}, {@link OnlySmb1}, or an error of Node with its code.
 */
export async function connectSmb(
  options: SmbSessionOptions,
  began: (session: SmbSession) => void,
): Promise<SmbSession> {
  const session = new SmbSession(options);
  began(session);
  try {
    await session.open();
    return session;
  } catch (error) {
    if (!(error instanceof SmbRefusal)) throw error;
    // The same for whatever is wrong with a name.
    if (error.stage === undefined && error.status === 'UNSUCCESSFUL') await lookup(options.host);
    if (error.stage === 'negotiation' && (await knowsSmb1(options, began))) throw new OnlySmb1();
    throw error;
  }
}

/** Anonymous: SMB 1 must not be told a password. */
async function knowsSmb1(options: SmbSessionOptions, began: (session: SmbSession) => void): Promise<boolean> {
  const session = new SmbSession({ ...options, onlySmb1: true });
  began(session);
  try {
    await session.open();
    session.end();
    return true;
  } catch (error) {
    return error instanceof SmbRefusal && (error.stage === 'login' || error.stage === 'share');
  }
}
