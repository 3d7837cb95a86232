import { MitschnittError } from '../errors.ts';
import type { Failure } from './api/shapes.ts';

type Details = Omit<Failure['error'], 'code' | 'message' | 'hint'> & Readonly<Record<string, unknown>>;

/** What is answered instead of what was asked for, with its status. */
export class ApiFailure extends Error {
  readonly status: number;
  readonly code: string;
  readonly hint: string;
  readonly details: Details;

  constructor(status: number, code: string, message: string, hint = '', details: Details = {}) {
    super(message);
    this.name = 'ApiFailure';
    this.status = status;
    this.code = code;
    this.hint = hint;
    this.details = details;
  }
}

export function notFound(): ApiFailure {
  return new ApiFailure(404, 'not-found', 'there is no such thing, or it is not for you');
}

/** `reason`: by which the console has words for it. */
export function conflict(message: string, hint = '', reason?: string): ApiFailure {
  return new ApiFailure(409, 'conflict', message, hint, reason === undefined ? {} : { reason });
}

/** It was understood and allowed, and something stood in the way. */
export function notDone(message: string, hint = '', reason?: string): ApiFailure {
  return new ApiFailure(422, 'not-done', message, hint, reason === undefined ? {} : { reason });
}

export function notReady(): ApiFailure {
  const hint = 'Try again in a moment.';
  return new ApiFailure(
    503,
    'not-ready',
    'Mitschnitt is about to start, or takes over another configuration',
    hint,
  );
}

const askAgainS = 5;

/** Others are served first; what is asked for costs too much to be done for all at once. */
export function tooBusy(): ApiFailure {
  const hint = 'Try again in a moment.';
  const message = 'more is asked for at the same time than is done at once';
  return new ApiFailure(429, 'too-busy', message, hint, { retry_after: askAgainS });
}

export function failureBody({ code, message, hint, details }: ApiFailure): Failure {
  return { error: { code, message, hint, ...details } };
}

/** Anything that was thrown, as it is answered; undefined: it is a defect, of which nothing is told. */
export function failureOf(thrown: unknown): ApiFailure | undefined {
  if (thrown instanceof ApiFailure) return thrown;
  if (thrown instanceof MitschnittError && thrown.code === 'too-busy') return tooBusy();
  if (thrown instanceof MitschnittError)
    return new ApiFailure(422, thrown.code, thrown.message, thrown.hint, { fault: thrown.fault });
  return undefined;
}
