/** Problems that every kind of target can have, and how all of them are told. */
import { MitschnittError, type ErrorFacts } from '../errors.ts';
import type { NoAnswer } from './time-limit.ts';

/** What went wrong at a target. */
export interface TargetProblem extends ErrorFacts {
  /** Completes 'Target archiv: ...'. */
  readonly what: string;
}

/** What an entry of a table of problems has to say; the rest is {@link completed}. */
export type ProblemWords = Pick<TargetProblem, 'what' | 'code' | 'hint'> & Partial<TargetProblem>;

/** Most problems are of the target's place, and pass. */
export function completed(words: ProblemWords, cause?: unknown): TargetProblem {
  return { fault: 'destination', retry: true, cause, ...words };
}

export function targetError(target: string, { what, ...facts }: TargetProblem): MitschnittError {
  return new MitschnittError(`Target ${target}: ${what}`, facts);
}

/** Something else has the final name: the uploader picks another one. */
export function nameTaken(name: string): TargetProblem {
  return {
    what: `another file already has the name ${name}`,
    code: 'name-taken',
    fault: 'destination',
    retry: false,
    hint: 'Nothing to do: the file gets another name.',
  };
}

/** What was stored is not there any more. */
export function fileMissing(name: string): TargetProblem {
  return {
    what: `there is no file ${name}`,
    code: 'file-missing',
    fault: 'destination',
    retry: false,
    hint: 'Find out who removed, renamed or moved it at the target, and look for it in the backups there.',
  };
}

/** `hint`: what to check at a place that does not keep what it is given. */
export function contentDiffers(hint: string): TargetProblem {
  return completed({ what: 'what arrived is not what was sent', code: 'content-differs', hint });
}

export const aborted: TargetProblem = {
  what: 'interrupted because Mitschnitt stops',
  code: 'aborted',
  fault: 'configuration',
  retry: true,
  hint: 'Start Mitschnitt again.',
};

/** `place`: who is silent. */
export function noAnswer(cause: NoAnswer, place: string, hint: string): TargetProblem {
  const what = `no answer from ${place} for ${cause.limitMs / 1000} s`;
  return completed({ what, code: 'no-answer', hint }, cause);
}
