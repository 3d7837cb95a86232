import { createContext, use } from 'react';

import type { Me } from '../api.ts';

const MeContext = createContext<Me | undefined>(undefined);
export const MeProvider = MeContext;

export function useMe(): Me {
  const me = use(MeContext);
  if (!me) throw new Error('nobody is signed in');
  return me;
}

/** What somebody may do, by role: buttons that would be refused are not shown. */
export function useRights() {
  const { role } = useMe();
  return {
    /** Changes things, people and the configuration. */
    administers: role === 'administrator',
    /** Sees the machine: storage, targets, configuration, audit log. */
    oversees: role !== 'supervisor',
    /** Controls calls and writes notes. */
    operates: role !== 'auditor',
  };
}
