import { comparable } from '../call/numbers.ts';
import type { Call } from '../call/call.ts';

/** Stands where a number stood. */
export const erased = 'erased';

/** Shorter ones are only looked for as a whole: `200` is also part of channel ids and of dates. */
const shortestWithin = 7;
const gaps = String.raw`(?:\(0\)|[ ()./-])*`;

/** One number, as it is found and taken out. */
export interface NumberToErase {
  /** As {@link comparable} gives it. */
  readonly number: string;
  /** Whether this is the number, however it is written. */
  readonly is: (written: string) => boolean;
  /** False: it is in no word of this text. True: it may be. Quick, for whole calls. */
  readonly mayBeIn: (text: string) => boolean;
  /** The text without the number. */
  readonly scrubbed: (text: string) => string;
}

export function numberToErase(written: string): NumberToErase {
  const number = comparable(written);
  const digits = number.replace(/^\+/, '');
  const prefix = number.startsWith('+') ? String.raw`(?:\+|00)` : '';
  const anywhere = new RegExp(Array.from(digits).join(gaps));
  const within = new RegExp(String.raw`(?<![\d+])${prefix}${digits}(?!\d)`, 'g');
  const is = (text: string) => comparable(text) === number;
  return {
    number,
    is,
    mayBeIn: (text) => anywhere.test(text),
    scrubbed(text) {
      if (is(text)) return erased;
      return digits.length < shortestWithin ? text : text.replace(within, erased);
    },
  };
}

/** Whether somebody with this number took part in the call, or was wanted. */
export function isPartyOf(call: Call, { is }: NumberToErase): boolean {
  return (
    call.segments.some(({ from, to }) => is(from) || is(to)) ||
    call.consents.some((consent) => is(consent.number)) ||
    call.legs.some(({ number, dialled, destination }) => [number, dialled, destination ?? ''].some(is))
  );
}

/**
 * A call as JSON, without the number and without any caller's name: a caller id may name somebody else than its number,
 * as where a telephone is called first and the other party after it.
 */
export function scrubbedState(state: string, { scrubbed }: NumberToErase): string {
  const call: unknown = JSON.parse(state, (key, value: unknown) => {
    if (key === 'callerName' || key === 'fromName') return undefined;
    return typeof value === 'string' ? scrubbed(value) : value;
  });
  return JSON.stringify(call);
}
