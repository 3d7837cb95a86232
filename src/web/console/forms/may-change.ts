import { useRights } from '../session.tsx';
import { useDraft } from './draft.ts';

/** Whether somebody may change the configuration here. Everything else, such as opening and listening, stays possible. */
export function useMayChange(): boolean {
  const { administers } = useRights();
  const { base } = useDraft();
  return administers && base?.writable === true;
}
