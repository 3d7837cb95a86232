import { field, type AmiMessage } from './ami-wire.ts';
import { isHolding } from './channels.ts';
import { variableOf } from './mixmonitor.ts';
import type { RecordingId } from '../call/call.ts';
import type { ChannelFacts } from '../call/event.ts';
import type { RecordedChannel } from '../call/orphan.ts';
import type { AmiConnection } from './ami.ts';

/** Asterisk reads lines of 1,024 bytes; each name has 48. */
const namesPerAction = 15;

/** Looks on all live channels for the variables in which Asterisk left the ids of these recordings' MixMonitors. */
export async function recordedChannels(
  ami: Pick<AmiConnection, 'list'>,
  recordings: readonly RecordingId[],
): Promise<ReadonlyMap<RecordingId, RecordedChannel>> {
  const found = new Map<RecordingId, RecordedChannel>();
  let bridges: readonly AmiMessage[] = [];
  if (recordings.length > 0)
    await ami.list({ Action: 'BridgeList' }, (entries) => {
      bridges = entries;
    });
  for (let from = 0; from < recordings.length; from += namesPerAction) {
    const asked = recordings.slice(from, from + namesPerAction);
    const Variables = asked.map(variableOf).join(',');
    await ami.list({ Action: 'Status', Variables }, (entries) => {
      for (const [recording, channel] of among(entries, asked, bridges)) found.set(recording, channel);
    });
  }
  return found;
}

function among(
  entries: readonly AmiMessage[],
  asked: readonly RecordingId[],
  bridges: readonly AmiMessage[],
): readonly (readonly [RecordingId, RecordedChannel])[] {
  const holding = new Set(bridges.filter(isHolding).map((bridge) => field(bridge, 'BridgeUniqueid')));
  const live = entries.map((entry) => ({ entry, facts: factsOf(entry, holding) }));
  return live.flatMap(({ entry, facts }) =>
    asked.flatMap((recording) => {
      const mixMonitor = mixMonitorIn(entry, variableOf(recording));
      if (mixMonitor === undefined) return [];
      const others = live
        .map((each) => each.facts)
        .filter((each) => each !== facts && each.bridge !== undefined && each.bridge === facts.bridge);
      return [
        [recording, { facts, others, connected: field(entry, 'ConnectedLineNum'), mixMonitor }] as const,
      ];
    }),
  );
}

/** `Variable: NAME=value`, once for each that was asked for; of a channel that has none, Asterisk says `(null)`. */
function mixMonitorIn(entry: AmiMessage, name: string): string | undefined {
  const line = entry.get('Variable')?.find((each) => each.startsWith(`${name}=`));
  return /=(0x[0-9a-f]+)$/.exec(line ?? '')?.[1];
}

function factsOf(entry: AmiMessage, holding: ReadonlySet<string>): ChannelFacts {
  const bridge = field(entry, 'BridgeID');
  return {
    channel: field(entry, 'Uniqueid'),
    name: field(entry, 'Channel'),
    linkedId: field(entry, 'Linkedid'),
    number: field(entry, 'CallerIDNum'),
    dialled: field(entry, 'Exten'),
    bridge: bridge === '' || holding.has(bridge) ? undefined : bridge,
  };
}
