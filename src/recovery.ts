import { pauseCommands } from './call/control.ts';
import { endingCommands } from './call/talk.ts';
import type { Call, Instant, Leg, Segment } from './call/call.ts';
import type { CallEvent, ChannelFacts, Command } from './call/event.ts';

/**
 * What happened to the known calls while nobody listened, told as the events that were missed: channels that live are
 * seen as they are now, those that are gone hung up at a time that nobody observed. The call logic does the rest.
 */
export function missedEvents(
  calls: readonly Call[],
  live: readonly ChannelFacts[],
  at: Instant,
  unseenSince?: Instant,
): readonly CallEvent[] {
  const living = new Set(live.map(({ channel }) => channel));
  const gone = calls
    .flatMap((call) => call.legs)
    .filter((leg) => leg.hungUpAt === undefined && !living.has(leg.channel));
  const unbridged = new Set(live.filter(({ bridge }) => bridge === undefined).map(({ channel }) => channel));
  const left = calls.flatMap((call) => call.legs).filter(({ channel }) => unbridged.has(channel));
  const known = new Set(calls.flatMap((call) => call.legs).map(({ channel }) => channel));
  const fresh = live.filter(({ channel }) => !known.has(channel));
  return [
    // A call is not over if one of its parties is new.
    ...fresh.map((facts) => ({ at, type: 'channel-seen' as const, facts: { ...facts, bridge: undefined } })),
    ...gone.map(({ channel }) => ({ at, unseenSince, type: 'hung-up' as const, channel, observed: false })),
    ...left.flatMap((leg) => leavingOf(leg, at)).map((event) => ({ ...event, unseenSince })),
    ...live.map((facts) => {
      const together = live.filter(({ bridge }) => bridge !== undefined && bridge === facts.bridge);
      const begun = [
        unseenSince,
        ...together.flatMap(({ createdAt, bridgeMadeAt }) => [createdAt, bridgeMadeAt]),
      ].flatMap((each) => each ?? []);
      return {
        at,
        unseenSince: begun.length === 0 ? undefined : Math.min(at, Math.max(...begun)),
        type: 'channel-seen' as const,
        facts,
      };
    }),
  ];
}

/** It may have left before, on the way to another bridge, when the process ended that waited for it there. */
function leavingOf({ channel, bridge, leftAt }: Leg, at: Instant): readonly CallEvent[] {
  if (bridge === undefined) return [];
  if (leftAt !== undefined) return [{ at, type: 'move-timeout', channel, since: leftAt }];
  return [{ at, type: 'bridge-left', channel, bridge, replaced: true }];
}

/** What is to be done about one recording after a time in which commands may have been lost. */
export type Repair =
  | { readonly event: CallEvent; readonly command?: undefined }
  | { readonly command: Command; readonly event?: undefined };

/** `exists`: Asterisk has begun the recording's file. `own`: now, by the time that the call keeps. */
export function repairsOf(
  call: Call,
  segment: Segment,
  exists: boolean,
  at: Instant,
  own = at,
): readonly Repair[] {
  const { recording } = segment;
  if (recording?.state === 'ending') {
    return endingCommands(call, segment, recording).map((command) => ({ command }));
  }
  if (recording?.state === 'running') {
    return pauseCommands(call, segment, own).map((command) => ({ command }));
  }
  if (recording?.state !== 'starting') return [];
  // The command to record may or may not have reached Asterisk: its file tells.
  const { id } = segment;
  return exists
    ? [{ event: { at, type: 'recording-started', recording: id, mixMonitor: undefined } }]
    : [{ event: { at, type: 'recording-unheard', recording: id } }];
}

/** A command was given of which nothing tells whether it was followed. */
export function isInDoubt({ recording }: Segment): boolean {
  if (recording?.state === 'running') return recording.pause !== undefined;
  return recording?.state === 'starting' || recording?.state === 'ending';
}
