import type { Direction, Outcome } from '../call/call.ts';
import type { CallRecord } from '../recording/recording.ts';
import type { Hold } from './retention-ledger.ts';

/** What somebody may do in the console. */
export type UserRole = 'administrator' | 'supervisor' | 'auditor';

/** Times are ms since 1970 throughout. */
export interface User {
  readonly name: string;
  readonly role: UserRole;
  /** Of a supervisor. */
  readonly groups: readonly string[];
  /** As `passwords` made it: never the password. Undefined: none was chosen yet. */
  readonly password: string | undefined;
  readonly createdAt: number;
  readonly lastSignInAt: number | undefined;
  /** May not sign in, but is still there. */
  readonly isDisabled: boolean;
  /** By which a password can be chosen. */
  readonly link: UserLink | undefined;
  /** Whose word is taken for it that somebody is this user; undefined: that of a password. */
  readonly identity: UserIdentity | undefined;
}

/** Who somebody is to an OpenID Connect provider; nothing else of an account there lasts. */
export interface UserIdentity {
  readonly issuer: string;
  readonly subject: string;
}

/** Of a one-time link only the hash is kept. */
export interface UserLink {
  readonly hash: string;
  readonly expiresAt: number;
  /** Name of the user who made it: it is good only as long as he is an administrator who may sign in. */
  readonly maker?: string | undefined;
}

/** Somebody who is signed in. Of the cookie only the hash is kept. */
export interface Session {
  readonly hash: string;
  readonly user: string;
  readonly createdAt: number;
  readonly seenAt: number;
  readonly expiresAt: number;
}

export interface ApiToken {
  readonly id: string;
  readonly name: string;
  readonly role: UserRole;
  readonly groups: readonly string[];
  readonly hash: string;
  readonly createdAt: number;
  readonly createdBy: string;
  /** Name of the user who made it, also by another token: as with {@link UserLink}. Undefined: nobody knows. */
  readonly maker?: string | undefined;
  readonly lastUsedAt: number | undefined;
  readonly expiresAt: number | undefined;
}

export type NewUser = Omit<User, 'isDisabled' | 'link' | 'identity'> & {
  readonly identity?: UserIdentity | undefined;
};

/** Names of users are told apart whatever their case. */
export interface UserLedger {
  users(): Promise<readonly (User & { readonly sessions: number })[]>;
  user(name: string): Promise<User | undefined>;
  userOf(identity: UserIdentity): Promise<User | undefined>;
  /** False: there is one of this name, or of this identity. */
  addUser(user: NewUser): Promise<boolean>;
  /** `last-administrator`: it would leave none who can sign in. */
  changeUser(
    name: string,
    change: Partial<Pick<User, 'role' | 'groups' | 'password' | 'lastSignInAt' | 'isDisabled' | 'link'>>,
  ): Promise<'changed' | 'unknown' | 'last-administrator'>;
  removeUser(name: string): Promise<'removed' | 'unknown' | 'last-administrator'>;
  /** Keeps the password that somebody chose by a link, which is used up then. False: it is none, or is over. */
  takeLink(name: string, chosen: ChosenByLink): Promise<boolean>;
  addSession(session: Session): Promise<void>;
  /** With its user. */
  session(hash: string): Promise<{ readonly session: Session; readonly user: User } | undefined>;
  touchSession(hash: string, seenAt: number, expiresAt: number): Promise<void>;
  endSession(hash: string): Promise<void>;
  /** All of a user but one, and all that expired. */
  endSessions(user: string, exceptHash: string | undefined, now: number): Promise<void>;
  tokens(): Promise<readonly ApiToken[]>;
  /** Undefined: there is none, or whoever made it is no administrator any more. `issuer`: as in {@link ChosenByLink}. */
  tokenOf(hash: string, issuer: string | undefined): Promise<ApiToken | undefined>;
  addToken(token: ApiToken): Promise<void>;
  touchToken(id: string, at: number): Promise<void>;
  removeToken(id: string): Promise<boolean>;
  /** Ends the tokens that somebody made, and the links that nobody used yet; tells which, links by their users. */
  withdrawMadeBy(name: string): Promise<Withdrawn>;
}

/** A password that somebody chose by a one-time link. */
export interface ChosenByLink {
  /** Of the link. */
  readonly hash: string;
  /** As `passwords` made it. */
  readonly password: string;
  readonly now: number;
  /** For whose administrators the provider's word is taken; undefined: nobody's. */
  readonly issuer: string | undefined;
}

/** What somebody made who is no administrator any more. */
export interface Withdrawn {
  readonly tokens: readonly { readonly id: string; readonly name: string }[];
  readonly links: readonly string[];
}

/** One line of the audit log. */
export interface AuditEntry {
  readonly at: number;
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly group: string | undefined;
  readonly detail: string | undefined;
  readonly address: string;
  readonly ok: boolean;
}

export interface AuditFilter {
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly actor?: string | undefined;
  /** Beginning of the name behind `web:`, `oidc:`, `token:` or `cli:`, whatever its case. */
  readonly person?: string | undefined;
  readonly action?: string | undefined;
  readonly subject?: string | undefined;
  readonly limit: number;
  /** Only entries before this one. */
  readonly before?: number | undefined;
}

export interface AuditLedger {
  addAudit(entry: AuditEntry): Promise<void>;
  /** Newest first. */
  audit(filter: AuditFilter): Promise<readonly (AuditEntry & { readonly id: number })[]>;
}

export interface Note {
  readonly id: number;
  readonly record: string;
  readonly at: number;
  readonly actor: string;
  readonly text: string;
}

/** One attempt of a delivery. */
export interface DeliveryTry {
  readonly target: string;
  readonly at: number;
  readonly ok: boolean;
  readonly problem: { readonly code: string; readonly message: string; readonly hint: string } | undefined;
}

/** What the console keeps of recordings and shows of them. */
export interface RecordLedger {
  /** The group of a line, for whoever has to know whether it may be shown. */
  groupOfRecord(id: string): Promise<string | undefined>;
  addNote(note: Omit<Note, 'id'>): Promise<Note>;
  notes(record: string): Promise<readonly Note[]>;
  removeNote(id: number): Promise<boolean>;
  tries(recording: string): Promise<readonly DeliveryTry[]>;
  /** The first hold that is on one of these. */
  holdOn(what: {
    readonly ids: readonly string[];
    readonly numbers: readonly string[];
  }): Promise<Hold | undefined>;
  /** The place of the attempt that was noted last. */
  lastTry(): Promise<number>;
  /** The attempts that were noted after a place, of any recording; at most `limit`. */
  triesAfter(
    place: number,
    limit: number,
  ): Promise<
    readonly { readonly place: number; readonly recording: string; readonly group: string | undefined }[]
  >;
  /** JSON as it was kept. */
  peaks(recording: string): Promise<string | undefined>;
  savePeaks(recording: string, json: string): Promise<void>;
  /** The latest lines that were closed after one, in the order in which they were; at most `limit`. */
  linesAfter(seq: number, limit: number): Promise<readonly (CallRecord & { readonly seq: number })[]>;
}

/** The place of a line in the list. */
export interface LinePosition {
  readonly startedAt: number;
  readonly seq: number;
}

/** What is searched for; all conditions must hold. */
export interface LineSearch {
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** Part of either number. */
  readonly number?: string | undefined;
  /** Words that begin some of a note's, or the beginning of a file name as it is written. */
  readonly text?: string | undefined;
  /** Undefined: all. None: nothing is found. */
  readonly groups?: readonly string[] | undefined;
  readonly direction?: Direction | undefined;
  readonly outcomes?: readonly Outcome[] | undefined;
  readonly rule?: string | undefined;
  readonly delivery?: 'pending' | 'set-aside' | undefined;
  readonly held?: boolean | undefined;
  readonly limit: number;
  readonly after?: LinePosition | undefined;
}

/** One line with what the list shows. */
export interface FoundLine extends CallRecord {
  readonly delivery: 'delivered' | 'pending' | 'set-aside' | undefined;
  readonly held: boolean;
  readonly notes: number;
}

export interface FoundLines {
  /** Newest first. May be fewer than the limit though there are more: one search looks at so many lines only. */
  readonly lines: readonly FoundLine[];
  /** Where to go on; undefined: that is all. */
  readonly next: LinePosition | undefined;
}

/** Lines of a span in some groups (undefined: all). */
export interface LineSpan {
  readonly from: number;
  readonly to: number;
  readonly groups: readonly string[] | undefined;
}

export interface HourCount {
  /** Start of the hour. */
  readonly hour: number;
  readonly outcome: Outcome;
  readonly lines: number;
}

export interface Reason {
  readonly outcome: Outcome;
  readonly rule: string;
  readonly group: string;
  readonly lines: number;
  readonly last: number;
}

export interface DeliveredHour {
  readonly hour: number;
  readonly delivered: number;
  readonly deliveredBytes: number;
  readonly failed: number;
  /** Recordings that came to wait for the target. */
  readonly queued: number;
}

/** What takes its time, and so runs beside the calls, in a thread of its own. */
export interface LineSearches {
  search(wanted: LineSearch): Promise<FoundLines>;
  /** Hours begin `offsetMs` after those of UTC. */
  outcomesByHour(span: LineSpan, offsetMs: number): Promise<readonly HourCount[]>;
  /** Of what was not recorded, the most frequent first. */
  reasons(span: LineSpan): Promise<readonly Reason[]>;
  deliveriesByHour(target: string, from: number): Promise<readonly DeliveredHour[]>;
}

/** All that the console needs of the catalogue beside what others need. */
export interface ConsoleLedger extends UserLedger, AuditLedger, RecordLedger, LineSearches {}
