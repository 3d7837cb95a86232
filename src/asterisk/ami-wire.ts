/** One AMI message: an event, a response or a list entry. A repeated key keeps all its values, in order. */
export type AmiMessage = ReadonlyMap<string, readonly string[]>;

/** The first value of a key, or ''. Asterisk writes `<unknown>` for what is empty. */
export function field(message: AmiMessage, key: string): string {
  const value = message.get(key)?.[0] ?? '';
  return value === '<unknown>' ? '' : value;
}

/** The end of one message on the wire: an empty line. */
const messageEnd = '\r\n\r\n';

/** Cuts what arrived into whole messages; the rest is to be handed in again in front of what comes next. */
export function parseMessages(received: string): { messages: AmiMessage[]; rest: string } {
  const messages: AmiMessage[] = [];
  let from = 0;
  for (;;) {
    const end = received.indexOf(messageEnd, from);
    if (end === -1) break;
    messages.push(parseMessage(received.slice(from, end)));
    from = end + messageEnd.length;
  }
  return { messages, rest: received.slice(from) };
}

function parseMessage(text: string): AmiMessage {
  const message = new Map<string, string[]>();
  for (const line of text.split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon === -1) continue;
    const key = line.slice(0, colon);
    const value = line.slice(colon + 1).trimStart();
    const values = message.get(key);
    if (values) values.push(value);
    else message.set(key, [value]);
  }
  return message;
}

/** A line break would begin another header or even another action; Asterisk ends a string at NUL. */
const forbidden = ['\r', '\n', '\0'];

function isSafe(text: string): boolean {
  return forbidden.every((character) => !text.includes(character));
}

/** Writes an action. Throws when a key or value could be read as more than itself. */
export function formatAction(fields: Readonly<Record<string, string>>): string {
  const lines = Object.entries(fields).map(([key, value]) => {
    if (!isSafe(key) || !isSafe(value) || key.includes(':')) {
      throw new RangeError(
        `AMI header ${JSON.stringify(key)} has a line break, NUL or colon where none may be`,
      );
    }
    return `${key}: ${value}\r\n`;
  });
  return `${lines.join('')}\r\n`;
}
