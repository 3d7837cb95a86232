import {
  addSession,
  addToken,
  addUser,
  changeUser,
  endSession,
  endSessions,
  removeToken,
  removeUser,
  sessionOf,
  takeLink,
  tokenOf,
  tokens,
  touchSession,
  touchToken,
  userNamed,
  userOf,
  users,
  withdrawMadeBy,
} from './accounts.ts';
import { addAudit, audit } from './audit.ts';
import {
  addNote,
  groupOfRecord,
  linesAfter,
  notesOf,
  peaksOf,
  removeNote,
  savePeaks,
  lastTry,
  triesAfter,
  triesOf,
} from './notes.ts';
import { holdOn, holds } from './holds.ts';
import { SqliteRetentionLedger } from './sqlite-retention.ts';
import type { SearchThread } from './search-thread.ts';
import type { ConsoleLedger } from './console-ledger.ts';

/** What the ledger's method `Name` is given and answers. */
type Given<Name extends keyof ConsoleLedger> = Parameters<ConsoleLedger[Name]>;
type Answer<Name extends keyof ConsoleLedger> = ReturnType<ConsoleLedger[Name]>;

/** What the console asks of the catalogue: another part of {@link SqliteCatalogue} that has a port of its own. */
export abstract class SqliteConsoleLedger extends SqliteRetentionLedger implements ConsoleLedger {
  protected abstract readonly searches: SearchThread;

  users(): Answer<'users'> {
    return users(this.db);
  }

  user(name: string): Answer<'user'> {
    return userNamed(this.db, name);
  }

  userOf(...[identity]: Given<'userOf'>): Answer<'userOf'> {
    return userOf(this.db, identity);
  }

  addUser(...[user]: Given<'addUser'>): Answer<'addUser'> {
    return addUser(this.db, user);
  }

  changeUser(...[name, change]: Given<'changeUser'>): Answer<'changeUser'> {
    return changeUser(this.db, name, change);
  }

  removeUser(name: string): Answer<'removeUser'> {
    return removeUser(this.db, name);
  }

  takeLink(...[name, chosen]: Given<'takeLink'>): Answer<'takeLink'> {
    return takeLink(this.db, name, chosen);
  }

  addSession(...[session]: Given<'addSession'>): Answer<'addSession'> {
    return addSession(this.db, session);
  }

  session(hash: string): Answer<'session'> {
    return sessionOf(this.db, hash);
  }

  touchSession(hash: string, seenAt: number, expiresAt: number): Promise<void> {
    return touchSession(this.db, hash, seenAt, expiresAt);
  }

  endSession(hash: string): Promise<void> {
    return endSession(this.db, hash);
  }

  endSessions(user: string, exceptHash: string | undefined, now: number): Promise<void> {
    return endSessions(this.db, user, exceptHash, now);
  }

  tokens(): Answer<'tokens'> {
    return tokens(this.db);
  }

  tokenOf(...[hash, issuer]: Given<'tokenOf'>): Answer<'tokenOf'> {
    return tokenOf(this.db, hash, issuer);
  }

  addToken(...[token]: Given<'addToken'>): Answer<'addToken'> {
    return addToken(this.db, token);
  }

  touchToken(id: string, at: number): Promise<void> {
    return touchToken(this.db, id, at);
  }

  removeToken(id: string): Promise<boolean> {
    return removeToken(this.db, id);
  }

  withdrawMadeBy(name: string): Answer<'withdrawMadeBy'> {
    return withdrawMadeBy(this.db, name);
  }

  addAudit(...[entry]: Given<'addAudit'>): Answer<'addAudit'> {
    return addAudit(this.db, entry);
  }

  audit(...[filter]: Given<'audit'>): Answer<'audit'> {
    return audit(this.db, filter);
  }

  groupOfRecord(id: string): Answer<'groupOfRecord'> {
    return groupOfRecord(this.db, id);
  }

  addNote(...[note]: Given<'addNote'>): Answer<'addNote'> {
    return addNote(this.db, note);
  }

  notes(record: string): Answer<'notes'> {
    return notesOf(this.db, record);
  }

  removeNote(id: number): Promise<boolean> {
    return removeNote(this.db, id);
  }

  tries(recording: string): Answer<'tries'> {
    return triesOf(this.db, recording);
  }

  lastTry(): Promise<number> {
    return lastTry(this.db);
  }

  triesAfter(place: number, limit: number): Answer<'triesAfter'> {
    return triesAfter(this.db, place, limit);
  }

  async holdOn(...[what]: Given<'holdOn'>): Answer<'holdOn'> {
    return holdOn(await holds(this.db), what);
  }

  peaks(recording: string): Answer<'peaks'> {
    return peaksOf(this.db, recording);
  }

  savePeaks(recording: string, json: string): Promise<void> {
    return savePeaks(this.db, recording, json);
  }

  linesAfter(seq: number, limit: number): Answer<'linesAfter'> {
    return linesAfter(this.db, seq, limit);
  }

  search(...given: Given<'search'>): Answer<'search'> {
    return this.searches.search(...given);
  }

  outcomesByHour(...given: Given<'outcomesByHour'>): Answer<'outcomesByHour'> {
    return this.searches.outcomesByHour(...given);
  }

  reasons(...given: Given<'reasons'>): Answer<'reasons'> {
    return this.searches.reasons(...given);
  }

  deliveriesByHour(...given: Given<'deliveriesByHour'>): Answer<'deliveriesByHour'> {
    return this.searches.deliveriesByHour(...given);
  }
}
