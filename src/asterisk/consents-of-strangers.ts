import { field } from './ami-wire.ts';
import type { AmiConnection } from './ami.ts';
import type { ChannelId } from '../call/call.ts';

/** In which a channel carries what its party heard and pressed. */
export const consentVariable = 'MITSCHNITT_CONSENT';

/** What was left with the channels of calls that nobody here knows, because the catalogue was lost. */
export async function consentsOfStrangers(
  ami: AmiConnection,
  knows: (channel: ChannelId) => boolean,
): Promise<ReadonlyMap<ChannelId, string>> {
  const names = new Map<ChannelId, string>();
  await ami.list({ Action: 'CoreShowChannels' }, (entries) => {
    for (const entry of entries) {
      const id = field(entry, 'Uniqueid');
      if (!knows(id)) names.set(id, field(entry, 'Channel'));
    }
  });
  const found = await Promise.all(
    [...names].map(async ([id, name]) => {
      const variable = { Action: 'Getvar', Channel: name, Variable: consentVariable };
      return [id, field(await ami.action(variable), 'Value')] as const;
    }),
  );
  return new Map(found.filter(([, text]) => text !== ''));
}
