import type { Dictionary } from '../../language/en.ts';

const change = 'new password|disabled|enabled';
/** What was changed of a user, or is given to a token: rights, and what else. */
const rights = new RegExp(
  `^(?:(administrator|supervisor|auditor)(?: of ([^]*?))?)?((?:(?:^|, )(?:${change}))*)$`,
);
const unsaved = /^with changes that are not saved: ([^]*)$/;
const maker = /^made by ([^]+)$/;
const copy = /^([^]+) (intact|altered|missing|unreachable)$/;

type Words = (words: Dictionary, detail: string) => string | undefined;

/** By action, as the server words it; undefined: it is not worded so. */
const wordings: Readonly<Record<string, Words>> = {
  'sign-in': ({ audit }, detail) =>
    detail === 'new password by one-time link' ? audit.details[detail] : undefined,
  'sign-in-refused': ({ audit }, detail) =>
    detail === 'oidc-no-role' || detail === 'oidc-disabled' ? audit.details[detail] : undefined,
  control: ({ overview }, detail) => {
    const controls: Readonly<Record<string, string | undefined>> = overview.controls;
    return controls[detail];
  },
  user: rightsIn,
  token: rightsIn,
  'token-delete': madeBy,
  'user-link-void': madeBy,
  test: ({ audit }, detail) => {
    const [, keys] = unsaved.exec(detail) ?? [];
    return keys === undefined ? undefined : audit.unsaved(keys);
  },
  verify: ({ integrity }, detail) => {
    const copies = detail.split(', ').map((each) => copy.exec(each));
    if (copies.includes(null)) return undefined;
    return copies
      .map(
        (found) => `${found?.[1] ?? ''}: ${integrity.results[found?.[2] as keyof typeof integrity.results]}`,
      )
      .join(', ');
  },
};

function rightsIn({ audit, roles }: Dictionary, detail: string): string | undefined {
  const [matches, role, groups, more = ''] = rights.exec(detail) ?? [];
  if (matches === undefined) return undefined;
  const changes = more.split(', ').filter(Boolean) as (keyof typeof audit.details)[];
  const given =
    role === undefined ? [] : [[roles[role as keyof typeof roles], groups].filter(Boolean).join(' · ')];
  return [...given, ...changes.map((each) => audit.details[each])].join(', ');
}

function madeBy({ audit }: Dictionary, detail: string): string | undefined {
  const [, name] = maker.exec(detail) ?? [];
  return name === undefined ? undefined : audit.madeBy(name);
}

/** What the audit log keeps beside an action, in the reader's words; what is no word of ours stays as it is. */
export function detailIn(words: Dictionary, action: string, detail: string): string {
  const wording = Object.hasOwn(wordings, action) ? wordings[action] : undefined;
  return wording?.(words, detail) ?? detail;
}

/** What an action was done to, as {@link detailIn}. */
export function subjectIn({ audit }: Dictionary, action: string, subject: string): string {
  const modes: Readonly<Record<string, string | undefined>> = audit.modes;
  return (action === 'clean-up' && Object.hasOwn(modes, subject) ? modes[subject] : undefined) ?? subject;
}
