import type { Instant, Leg, Pause, Segment } from './call.ts';

/** What was asked for while two parties talked, as it still holds when they are together again. */
export interface Wishes {
  /** Whether the recording was started or stopped by request, whichever came last; undefined: neither. */
  readonly asked: 'start' | 'stop' | undefined;
  /** A pause that is not over. */
  readonly pause: Pause | undefined;
}

/**
 * Of a talk that was broken off for a moment, by a consultation or by somebody who came into the room and went: whoever
 * wanted to be recorded, or not to be, does so still.
 */
export function wishesOf(
  segments: readonly Segment[],
  { member, other }: { readonly member: Leg; readonly other: Leg },
  at: Instant,
): Wishes {
  const pair = [member.channel, other.channel];
  const before = segments.filter(
    ({ memberChannel, otherChannel }) => pair.includes(memberChannel) && pair.includes(otherChannel),
  );
  const done = before
    .flatMap(({ controls = [] }) => controls)
    // A clean-up ends what runs, and says nothing of what comes.
    .filter(({ actor, problem }) => problem === undefined && !actor.startsWith('cleanup'));
  const asked = done.map(({ control }) => control).findLast(isAboutAll);
  const pause = before.findLast(({ recording }) => recording !== undefined)?.recording?.pause;
  const holds = pause && pause.state !== 'resuming' && (pause.until ?? Infinity) > at;
  return { asked, pause: holds ? { ...pause, state: 'pausing' } : undefined };
}

function isAboutAll(control: string): control is 'start' | 'stop' {
  return control === 'start' || control === 'stop';
}
