import { formatAction, parseMessages, type AmiMessage } from '../../src/asterisk/ami-wire.ts';

/** A message as it arrives. */
export function message(fields: Readonly<Record<string, string>>): AmiMessage {
  const [parsed] = parseMessages(formatAction(fields)).messages;
  if (!parsed) throw new Error('no message');
  return parsed;
}
