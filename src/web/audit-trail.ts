import type { RouteName } from './api/routes.ts';

/** What is kept of each route in the audit log; what is missing here is only looked at. */
export const auditedAs: Readonly<Partial<Record<RouteName, string>>> = {
  'POST /session': 'sign-in',
  'POST /welcome': 'sign-in',
  'POST /link': 'sign-in',
  'DELETE /session': 'sign-out',
  'PUT /password': 'password',
  'POST /calls/:id/control': 'control',
  'POST /records/:id/notes': 'note',
  'DELETE /records/:id/notes/:note': 'note-delete',
  'PUT /records/:id/hold': 'hold',
  'DELETE /records/:id/hold': 'release',
  'POST /records/:id/retry': 'retry',
  'POST /records/:id/verify': 'verify',
  'PUT /configuration': 'configuration',
  'GET /configuration/export': 'configuration-export',
  'PUT /announcements/:language/:name': 'announcement',
  'DELETE /announcements/:language/:name': 'announcement-delete',
  'POST /targets/:name/check': 'test',
  'POST /alarms/test': 'test',
  'POST /upload': 'upload',
  'POST /retry': 'retry',
  'POST /selftest': 'self-test',
  'POST /cleanup': 'clean-up',
  'POST /users': 'user',
  'PATCH /users/:name': 'user',
  'DELETE /users/:name': 'user-delete',
  'POST /users/:name/link': 'user-link',
  'POST /tokens': 'token',
  'DELETE /tokens/:id': 'token-delete',
};

/** A player asks for a recording in many parts: what is heard in so long is one playback. */
const onePlaybackMs = 10 * 60_000;
const mostKnown = 10_000;

/** Tells whether somebody plays a recording, or goes on playing it. */
export class Playbacks {
  readonly #now: () => number;
  readonly #begun = new Map<string, number>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** `what`: who, what and how. */
  isNew(what: string): boolean {
    const begun = this.#begun.get(what);
    return begun === undefined || this.#now() - begun >= onePlaybackMs;
  }

  /** It is in the audit log. */
  noted(what: string): void {
    this.#begun.delete(what);
    this.#begun.set(what, this.#now());
    const [oldest] = this.#begun.keys();
    if (this.#begun.size > mostKnown && oldest !== undefined) this.#begun.delete(oldest);
  }
}
