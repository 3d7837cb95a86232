import { messageOf, MitschnittError } from '../errors.ts';

/** What a target threw; anything that its adapter did not explain is a defect of ours. */
export function explained(thrown: unknown, target: string): MitschnittError {
  if (thrown instanceof MitschnittError) return thrown;
  return new MitschnittError(`Target ${target}: unexpected error: ${messageOf(thrown)}`, {
    code: 'unexpected',
    fault: 'defect',
    retry: true,
    hint: 'Report this to the makers of Mitschnitt. It is tried again.',
    cause: thrown,
  });
}
