import { Readable } from 'node:stream';
import MailComposer from 'nodemailer/lib/mail-composer';

import { visibleLine } from '../recording/untrusted-text.ts';
import type { Attachment, Message } from './mail.ts';

/** A message as it is sent (RFC 5322, MIME). Long and foreign text is encoded; none of it can end a header. */
export function mimeOf(message: Message, from: string): Readable {
  return composed(message, from).compile().createReadStream();
}

/** Size of {@link mimeOf} in bytes, known before its attachment is read. */
export async function mimeBytes(message: Message, from: string): Promise<number> {
  const { attachment } = message;
  if (!attachment) return (await composed(message, from).compile().build()).length;
  const empty = { ...message, attachment: { ...attachment, bytes: 0, content: Readable.from([]) } };
  return (await composed(empty, from).compile().build()).length + base64Bytes(attachment.bytes);
}

/** Bytes that make up one line of Base64 of 76 characters (RFC 2045, 6.8), and what ends it. */
const bytesPerLine = 57;
const lineEndBytes = 2;

/** How many bytes Base64 in lines makes of so many. */
export function base64Bytes(bytes: number): number {
  if (bytes === 0) return 0;
  const lineEnds = Math.ceil(bytes / bytesPerLine) - 1;
  return Math.ceil(bytes / 3) * 4 + lineEnds * lineEndBytes;
}

function composed({ id, to, subject, text, attachment }: Message, from: string): MailComposer {
  return new MailComposer({
    from,
    to: [...to],
    subject: visibleLine(subject),
    // As it goes over the wire, or its size would not be known before.
    text: text.toWellFormed().replace(/\r?\n/g, '\r\n'),
    messageId: `<${id}@${from.slice(from.lastIndexOf('@') + 1)}>`,
    // Answering machines are not to answer (RFC 3834, 5).
    headers: { 'Auto-Submitted': 'auto-generated' },
    attachments: attachment ? [attached(attachment)] : [],
    // Whatever text comes in: it is never taken for the name of a file or address to be read.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}

function attached({ name, type, content }: Attachment) {
  return {
    filename: visibleLine(name),
    contentType: type,
    contentTransferEncoding: 'base64' as const,
    content: Readable.from(content, { objectMode: false }),
  };
}
