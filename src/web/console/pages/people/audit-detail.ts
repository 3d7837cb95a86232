import type { Dictionary } from '../../language/en.ts';

const rights =
  /^(administrator|supervisor|auditor)(?: of ([^]*?))?((?:, (?:new password|disabled|enabled))*)$/;

/** What the audit log keeps beside an action, in the reader's words; what is no word of ours stays as it is. */
export function detailIn(words: Dictionary, action: string, detail: string): string {
  const { audit, roles, overview } = words;
  if (action === 'sign-in' && detail === 'new password by one-time link') return audit.details[detail];
  if (action === 'sign-in-refused' && (detail === 'oidc-no-role' || detail === 'oidc-disabled'))
    return audit.details[detail];
  const controls: Readonly<Record<string, string | undefined>> = overview.controls;
  if (action === 'control') return controls[detail] ?? detail;
  const [, role, groups, more = ''] = (['user', 'token'].includes(action) && rights.exec(detail)) || [];
  if (role === undefined) return detail;
  const changes = more.split(', ').slice(1) as (keyof typeof audit.details)[];
  const told = changes.map((change) => audit.details[change]);
  return [[roles[role as keyof typeof roles], groups].filter(Boolean).join(' · '), ...told].join(', ');
}
