import { createContext, use } from 'react';

import type { Me } from '../api.ts';
import { rightsOf } from './rights.ts';

const MeContext = createContext<Me | undefined>(undefined);
export const MeProvider = MeContext;

export function useMe(): Me {
  const me = use(MeContext);
  if (!me) throw new Error('nobody is signed in');
  return me;
}

export function useRights() {
  return rightsOf(useMe().role);
}
