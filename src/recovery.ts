import { endingCommands } from './call/talk.ts';
import type { Call, CallEvent, ChannelFacts, Command, Instant, Segment } from './call/call.ts';

/**
 * What happened to the known calls while nobody listened, told as the events that were missed: channels that live are
 * seen as they are now, those that are gone hung up at a time that nobody observed. The call logic does the rest.
 */
export function missedEvents(
  calls: readonly Call[],
  live: readonly ChannelFacts[],
  at: Instant,
): readonly CallEvent[] {
  const living = new Set(live.map(({ channel }) => channel));
  const gone = calls
    .flatMap((call) => call.legs)
    .filter((leg) => leg.hungUpAt === undefined && !living.has(leg.channel));
  return [
    ...gone.map(({ channel }) => ({ at, type: 'hung-up' as const, channel, observed: false })),
    ...live.map((facts) => ({ at, type: 'channel-seen' as const, facts })),
  ];
}

/** What is to be done about one recording after a time in which commands may have been lost. */
export type Repair =
  | { readonly event: CallEvent; readonly command?: undefined }
  | { readonly command: Command; readonly event?: undefined };

/** `exists`: Asterisk has begun the recording's file. */
export function repairsOf(call: Call, segment: Segment, exists: boolean, at: Instant): readonly Repair[] {
  const { recording } = segment;
  if (recording?.state === 'ending') {
    return endingCommands(call, segment, recording).map((command) => ({ command }));
  }
  if (recording?.state !== 'starting') return [];
  const member = call.legs.find(({ channel }) => channel === segment.memberChannel);
  return [repairStart(segment, member?.name, exists, at)];
}

/** The command to record may or may not have reached Asterisk: its file tells. */
function repairStart(
  segment: Segment,
  channelName: string | undefined,
  exists: boolean,
  at: Instant,
): Repair {
  const { id } = segment;
  if (exists) return { event: { at, type: 'recording-started', recording: id, mixMonitor: undefined } };
  if (segment.endedAt === undefined && channelName !== undefined) {
    return { command: { type: 'start-recording', recording: id, channelName } };
  }
  const problem = 'the command to record never reached Asterisk';
  return { event: { at, type: 'recording-refused', recording: id, problem } };
}

/** A command was given of which nothing tells whether it was followed. */
export function isInDoubt({ recording }: Segment): boolean {
  return recording?.state === 'starting' || recording?.state === 'ending';
}
