import { header, type SipMessage } from './sip-log.ts';

const reasons = { 180: 'Ringing', 183: 'Session Progress', 200: 'OK', 302: 'Moved Temporarily' } as const;

/** What a message carries; nothing by default. */
export interface Content {
  readonly type?: string;
  readonly body?: string;
}

/** A message of a first line and header fields, ready to send. */
export function formatMessage(fields: readonly string[], { type, body = '' }: Content): string {
  const content = [
    ...(type === undefined ? [] : [`Content-Type: ${type}`]),
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  return `${[...fields, ...content].join('\r\n')}\r\n\r\n${body}`;
}

/** A response to a request; `tag` names our end of a dialog that begins. */
export function formatResponse(
  request: SipMessage,
  status: number,
  { tag, fields = [], ...content }: Content & { readonly tag: string; readonly fields?: readonly string[] },
): string {
  const to = header(request, 'To') ?? '';
  const reason = reasons[status as keyof typeof reasons] as string | undefined;
  const copied = ['Via', 'From', 'Call-ID', 'CSeq'].map((name) => `${name}: ${header(request, name) ?? ''}`);
  const lines = [
    `SIP/2.0 ${status} ${reason ?? 'Declined'}`,
    ...copied,
    `To: ${to.includes(';tag=') ? to : `${to};tag=${tag}`}`,
    ...fields,
  ];
  return formatMessage(lines, content);
}

/** The status of a response; 0 for a request. */
export function statusOf({ text }: SipMessage): number {
  return Number(/^SIP\/2\.0 (\d{3})/.exec(text)?.[1] ?? 0);
}
