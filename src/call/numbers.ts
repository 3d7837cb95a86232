import { isExternal, numberOf } from './classification.ts';
import type { Announcement, Direction, Group, Leg, NumberPatterns, Policy } from './call.ts';

/** The international prefix `00` and what people write between digits, the `(0)` of `+41 (0)79` included. */
const separators = /\(0\)|[ ()./-]/g;

/** The form in which telephone numbers are compared: `0041 79 123 45 67` -> `+41791234567`. */
export function comparable(number: string): string {
  return number.replaceAll(separators, '').replace(/^00/, '+');
}

/** `pattern` is {@link comparable}; with `*` at its end it means all numbers that begin so. */
function isMatch(pattern: string, number: string): boolean {
  return pattern.endsWith('*') ? number.startsWith(pattern.slice(0, -1)) : number === pattern;
}

/** Which pattern of each of the group's lists an external party's number matches. A withheld number matches none. */
export function patternsOf(group: Group, leg: Leg, policy: Policy): NumberPatterns {
  if (!isExternal(leg, policy)) return {};
  const number = comparable(numberOf(leg, policy));
  const { neverRecord, alwaysRecord, skipAnnouncement } = group.numbers;
  const found = (patterns: readonly string[]): string | undefined =>
    patterns.find((pattern) => isMatch(pattern, number));
  return {
    neverRecord: found(neverRecord),
    alwaysRecord: found(alwaysRecord),
    skipAnnouncement: found(skipAnnouncement),
  };
}

/** How a group announces to a party: in the language of its number, where the group has one for it. */
export function announcementFor(group: Group, direction: Direction, leg: Leg, policy: Policy): Announcement {
  const number = isExternal(leg, policy) ? comparable(numberOf(leg, policy)) : '';
  const [own] = group.byPrefix
    .filter(({ prefix }) => number.startsWith(prefix))
    .sort((a, b) => b.prefix.length - a.prefix.length);
  return (own?.announcement ?? group.announcement)[direction];
}
