import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';

import { startRudeHttp, type RudeHttp } from './rude-http.ts';

/** An answer to PROPFIND (RFC 4918, 9.1). */
const multistatus = (what: string) =>
  `<?xml version="1.0"?><D:multistatus xmlns:D="DAV:"><D:response><D:href>/</D:href><D:propstat><D:prop>${what}</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response></D:multistatus>`;
const folder = multistatus('<D:resourcetype><D:collection/></D:resourcetype>');

interface Kept {
  readonly content: Buffer;
  readonly claimed: number;
}

/** A WebDAV server that keeps half of every file, and says that it has all of it. */
export function startLyingWebDav(): Promise<RudeHttp> {
  const files = new Map<string, Kept>();
  const answer = ({ method, url = '', headers }: IncomingMessage, body: Buffer) => {
    const file = files.get(url);
    if (method === 'PROPFIND' && url.endsWith('/')) return { status: 207, text: folder };
    if (method === 'PUT')
      files.set(url, { content: body.subarray(0, body.length / 2), claimed: body.length });
    else if (!file) return { status: 404, text: '' };
    else if (method === 'HEAD') return { status: 200, text: '', headers: { 'content-length': file.claimed } };
    else if (method === 'PROPFIND')
      return { status: 207, text: multistatus(`<D:getcontentlength>${file.claimed}</D:getcontentlength>`) };
    else if (method === 'GET') return { status: 200, text: file.content };
    else files.delete(url);
    if (method === 'MOVE' && file) files.set(new URL(String(headers['destination'])).pathname, file);
    return { status: 201, text: '' };
  };
  return startRudeHttp((request, response: ServerResponse) => {
    void buffer(request).then((body) => {
      const { status, text, headers } = answer(request, body);
      response.writeHead(status, headers).end(text);
    });
  });
}
