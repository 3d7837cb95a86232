import type { FastifyReply, FastifyRequest } from 'fastify';

import type { AudioContent } from './handlers.ts';

/** Sends audio whole, or the one part that was asked for. */
export function sendAudio(
  request: FastifyRequest,
  reply: FastifyReply,
  audio: AudioContent,
  isDownload: boolean,
): FastifyReply {
  const { bytes, etag, name } = audio;
  reply.headers({
    'content-type': 'audio/wav',
    'accept-ranges': 'bytes',
    etag,
    // Whoever signs out must not leave it behind.
    'cache-control': 'private, no-store',
    'content-disposition': isDownload ? attachment(name) : 'inline',
  });
  if (request.headers['if-none-match'] === etag) return reply.code(304).send();
  const range = rangeOf(request, audio);
  if (range === 'unsatisfiable')
    return reply.code(416).header('content-range', `bytes */${bytes}`).type('text/plain').send('');
  const { from, to } = range ?? { from: 0, to: bytes - 1 };
  if (range) reply.code(206).header('content-range', `bytes ${from}-${to}/${bytes}`);
  reply.header('content-length', to - from + 1);
  return reply.send(audio.read(from, to));
}

interface Range {
  readonly from: number;
  readonly to: number;
}

/** Undefined: the whole. Several parts at once are answered with the whole, as is allowed. */
function rangeOf(
  request: FastifyRequest,
  { bytes, etag }: AudioContent,
): Range | 'unsatisfiable' | undefined {
  const { range, 'if-range': ifRange } = request.headers;
  if (range === undefined || (ifRange !== undefined && ifRange !== etag)) return undefined;
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(range) ?? [];
  if (first === '' && last === '') return undefined;
  const from = first === '' ? Math.max(0, bytes - Number(last)) : Number(first);
  const to = first === '' || last === '' ? bytes - 1 : Math.min(Number(last), bytes - 1);
  return from > to || from >= bytes ? 'unsatisfiable' : { from, to };
}

/** The name contains what a caller sent: plain text, and the whole in the form that allows for anything. */
function attachment(name: string): string {
  const plain = name.replace(/[^A-Za-z0-9._+-]/g, '_');
  const encoded = encodeURIComponent(name).replace(
    /['()*]/g,
    (each) => `%${each.charCodeAt(0).toString(16)}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
