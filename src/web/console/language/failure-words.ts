import type { Dictionary } from './en.ts';

/** An error as the server tells it: in English, as its log has it. */
export interface Told {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

/** In the words of the reader; `detail`: what the server said, for whoever passes it on. */
interface FailureWords {
  readonly title: string;
  readonly what: string;
  readonly remedy: string;
  readonly detail: string;
}

/** Of what was asked for. `reason`: more exact than the code. */
export function failureWords(
  { failures, otherFailure, common }: Pick<Dictionary, 'failures' | 'otherFailure' | 'common'>,
  { code, reason, message, hint }: Told & { readonly reason?: string | undefined },
): FailureWords {
  const own = (reason === undefined ? undefined : ownOf(failures, reason)) ?? ownOf(failures, code);
  const [title, remedy] = own ?? [otherFailure.what, otherFailure.remedy];
  if (common.saysServer) return { title, what: message, remedy: hint === '' ? remedy : hint, detail: '' };
  const known = own === undefined ? common.remedy({ code }) : undefined;
  return { title, what: '', remedy: known ?? remedy, detail: sentences(message, hint) };
}

/** Codes come from the address as well: none of what every object has is a word. */
function ownOf<Value>(words: Readonly<Record<string, Value>>, code: string): Value | undefined {
  return Object.hasOwn(words, code) ? words[code] : undefined;
}

/** Of what stands in the way of something else: a delivery, a test. */
export function problemWords(
  { otherFailure, common }: Pick<Dictionary, 'otherFailure' | 'common'>,
  { code, message, hint }: Told,
): Pick<FailureWords, 'what' | 'detail'> {
  if (common.saysServer) return { what: sentences(message, hint), detail: '' };
  return { what: common.remedy({ code }) ?? otherFailure.why, detail: sentences(message, hint) };
}

function sentences(...parts: readonly string[]): string {
  return parts
    .filter((part) => part !== '')
    .map((part) => (/[.!?]$/.test(part) ? part : `${part}.`))
    .join(' ');
}
