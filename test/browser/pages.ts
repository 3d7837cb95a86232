/** Every page of the console, and who may open it. */
export interface PageOf {
  readonly path: string;
  readonly name: string;
  readonly for: 'everybody' | 'overseers' | 'administrators';
}

export const pages: readonly PageOf[] = [
  { path: '/', name: 'overview', for: 'everybody' },
  { path: '/recordings', name: 'recordings', for: 'everybody' },
  { path: '/recordings/sale-1', name: 'recording', for: 'everybody' },
  { path: '/not-recorded', name: 'not-recorded', for: 'everybody' },
  { path: '/groups', name: 'groups', for: 'overseers' },
  { path: '/announcements', name: 'announcements', for: 'overseers' },
  { path: '/upload', name: 'upload', for: 'overseers' },
  { path: '/report', name: 'report', for: 'overseers' },
  { path: '/alarms', name: 'alarms', for: 'overseers' },
  { path: '/clean-up', name: 'clean-up', for: 'overseers' },
  { path: '/storage', name: 'storage', for: 'overseers' },
  { path: '/system', name: 'system', for: 'overseers' },
  { path: '/audit', name: 'audit', for: 'overseers' },
  { path: '/users', name: 'users', for: 'administrators' },
];
