/**
 * Whose fault an error is, and so who has to act:
 * - `configuration`: the administrator of Mitschnitt, in its configuration file or on its machine;
 * - `destination`: whoever runs the target;
 * - `asterisk`: whoever runs the PBX;
 * - `defect`: we.
 */
export type Fault = 'configuration' | 'destination' | 'asterisk' | 'defect';

/** What an error says besides its message. */
export interface ErrorFacts {
  /** Stable, machine-readable, kebab-case: `login-refused`. */
  readonly code: string;
  readonly fault: Fault;
  /**
   * Whether a later attempt can succeed: by itself, or once somebody did what the hint says. False: never, for this
   * file or this configuration.
   */
  readonly retry: boolean;
  /** What to do about it, as a sentence for the person at fault. */
  readonly hint: string;
  readonly cause?: unknown;
}

/** An error made for a person: what happened (message), whose fault it is, and what to do (hint). */
export class MitschnittError extends Error {
  readonly code: string;
  readonly fault: Fault;
  readonly retry: boolean;
  readonly hint: string;

  constructor(message: string, facts: ErrorFacts) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = new.target.name;
    this.code = facts.code;
    this.fault = facts.fault;
    this.retry = facts.retry;
    this.hint = facts.hint;
  }
}

/** The code of anything that was thrown, such as errno(3) by name (`ENOENT`); empty where it has none. */
export function codeOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
