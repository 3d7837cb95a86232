import type { Outcome } from '../call/call.ts';

/** What `--outcome` takes; the compiler demands every outcome. */
const every: Readonly<Record<Outcome, true>> = {
  recorded: true,
  declined: true,
  'not-agreed': true,
  'not-announced': true,
  'announcement-failed': true,
  excepted: true,
  'direction-off': true,
  'not-answered': true,
  'too-short': true,
  'start-failed': true,
  'disk-full': true,
  lost: true,
};

export const outcomes: readonly string[] = Object.keys(every);
