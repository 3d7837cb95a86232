/** Reads messages as they arrived: enough of RFC 5322, MIME (RFC 2045 to 2047) and RFC 2231 for the tests. */

/** A message, or a part of one. */
export interface ReceivedMail {
  /** By lower-case name, unfolded, encoded words not decoded. */
  readonly headers: ReadonlyMap<string, string>;
  readonly subject: string;
  readonly text: string;
  readonly attachments: readonly { readonly name: string; readonly type: string; readonly content: Buffer }[];
}

export function readMail(raw: Buffer): ReceivedMail {
  const mail = entityOf(raw.toString('latin1'));
  const parts = partsOf(mail);
  const isAttached = ({ headers }: Entity) => headers.get('content-disposition')?.startsWith('attachment');
  return {
    headers: mail.headers,
    subject: decodedWords(mail.headers.get('subject') ?? ''),
    text: parts
      .filter((part) => !isAttached(part))
      .map((part) => contentOf(part).toString('utf8'))
      .join(''),
    attachments: parts.filter(isAttached).map((part) => ({
      name: parameterOf(part.headers.get('content-disposition') ?? '', 'filename'),
      type: (part.headers.get('content-type') ?? '').replace(/;.*/s, ''),
      content: contentOf(part),
    })),
  };
}

interface Entity {
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

function entityOf(raw: string): Entity {
  const [, head = raw, body = ''] = /^(.*?)\r?\n\r?\n(.*)$/s.exec(raw) ?? [];
  const headers = new Map<string, string>();
  for (const line of head.replace(/\r?\n(?=[ \t])/g, '').split(/\r?\n/)) {
    const [, name = '', value = ''] = /^([^:]+):[ \t]*(.*)$/.exec(line) ?? [];
    const key = name.toLowerCase();
    if (headers.has(key) && key !== 'received') throw new Error(`two headers ${name}`);
    headers.set(key, value);
  }
  return { headers, body };
}

function partsOf({ headers, body }: Entity): readonly Entity[] {
  const type = headers.get('content-type') ?? '';
  if (!type.startsWith('multipart/')) return [{ headers, body }];
  const boundary = `--${parameterOf(type, 'boundary')}`;
  const [inside = ''] = body.split(`${boundary}--`);
  const between = inside.split(boundary).slice(1);
  return between.map((part) => entityOf(part.replace(/^\r?\n/, '').replace(/\r?\n$/, '')));
}

function contentOf({ headers, body }: Entity): Buffer {
  const encoding = (headers.get('content-transfer-encoding') ?? '7bit').toLowerCase();
  if (encoding === 'base64') return Buffer.from(body, 'base64');
  if (encoding !== 'quoted-printable') return Buffer.from(body, 'latin1');
  return quotedPrintable(body.replace(/=\r?\n/g, ''), /=([0-9A-F]{2})/g);
}

/** The value of `; name=`, put together of its pieces (RFC 2231, 3) and decoded. */
function parameterOf(header: string, name: string): string {
  const plain = new RegExp(`;\\s*${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^;\\s]+))`, 'i').exec(header);
  if (plain) return decodedWords((plain[1] ?? plain[2] ?? '').replace(/\\(.)/g, '$1'));
  const pieces = [...header.matchAll(new RegExp(`;\\s*${name}(?:\\*(\\d+))?(\\*)?=("?)([^";]*)\\3`, 'gi'))];
  const ordered = pieces.sort((a, b) => Number(a[1] ?? 0) - Number(b[1] ?? 0));
  const isEncoded = ordered.some(([, , mark]) => mark === '*');
  const text = ordered
    .map(([, , mark, , value = '']) => (mark === '*' ? value : isEncoded ? encodeURIComponent(value) : value))
    .join('');
  return isEncoded ? decodeURIComponent(text.replace(/^[^']*'[^']*'/, '')) : text;
}

/** `=?UTF-8?Q?...?=` and `=?UTF-8?B?...?=`, put together before they are decoded. */
function decodedWords(text: string): string {
  const joined = text.replace(/(=\?[^?]+\?[QB]\?[^?]*\?=)\s+(?==\?)/gi, '$1');
  const bytes = joined.replace(/=\?utf-8\?([QB])\?([^?]*)\?=/gi, (_, kind: string, word: string) =>
    (kind.toUpperCase() === 'B'
      ? Buffer.from(word, 'base64')
      : quotedPrintable(word.replaceAll('_', ' '), /=([0-9A-F]{2})/gi)
    ).toString('latin1'),
  );
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

function quotedPrintable(text: string, escape: RegExp): Buffer {
  return Buffer.from(
    text.replace(escape, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  );
}
