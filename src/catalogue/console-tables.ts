import type { Generated } from 'kysely';
import type { UserRole } from './console-ledger.ts';

/** What the console keeps. Times are ms since 1970-01-01 UTC. */
export interface ConsoleTables {
  users: UserRow;
  sessions: SessionRow;
  api_tokens: ApiTokenRow;
  audit_log: AuditRow;
  notes: NoteRow;
  delivery_tries: DeliveryTryRow;
  peaks: { recording: string; content: string };
  numbers: { id: Generated<number>; number: string; lines: number };
  names: { id: Generated<number>; name: string; lines: number };
}

export interface UserRow {
  /** In lower case. */
  key: string;
  name: string;
  role: UserRole;
  /** JSON array. */
  groups: string;
  /** Empty: none was chosen yet. */
  password: string;
  created_at: number;
  last_sign_in_at: number | null;
  disabled: 0 | 1;
  link_hash: string | null;
  link_expires_at: number | null;
  /** Of an OpenID Connect provider; both or neither. */
  issuer: string | null;
  subject: string | null;
  /** Key of the user; empty: nobody knows. */
  link_maker: string;
}

interface SessionRow {
  hash: string;
  /** Key of the user. */
  user: string;
  created_at: number;
  seen_at: number;
  expires_at: number;
}

export interface ApiTokenRow {
  id: string;
  name: string;
  role: UserRole;
  groups: string;
  hash: string;
  created_at: number;
  created_by: string;
  /** Key of the user, also behind a token that made it; empty: nobody knows. */
  maker: string;
  last_used_at: number | null;
  expires_at: number | null;
}

export interface AuditRow {
  id: Generated<number>;
  at: number;
  actor: string;
  action: string;
  subject: string;
  group_name: string | null;
  detail: string | null;
  address: string;
  ok: 0 | 1;
}

export interface NoteRow {
  id: Generated<number>;
  record: string;
  at: number;
  actor: string;
  text: string;
}

interface DeliveryTryRow {
  recording: string;
  target: string;
  at: number;
  ok: 0 | 1;
  code: string | null;
  message: string | null;
  hint: string | null;
}
