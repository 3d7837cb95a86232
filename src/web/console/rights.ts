import type { Me } from '../api.ts';

/** What somebody may do, by role: buttons that would be refused are not shown. */
export function rightsOf(role: Me['role']) {
  return {
    /** Changes things, people and the configuration, and begins tests. */
    administers: role === 'administrator',
    /** Sees the machine: storage, targets, configuration, audit log. */
    oversees: role !== 'supervisor',
    /** Controls calls and writes notes. */
    operates: role !== 'auditor',
  };
}
