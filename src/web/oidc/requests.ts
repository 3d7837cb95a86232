/** What is asked of the provider: never unencrypted, and within limits. */
import { request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import type { CustomFetch, CustomFetchOptions } from 'openid-client';

/** Of anything that a provider answers: keys, metadata and claims take some ten KB. */
const longestAnswer = 1_000_000;

const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** Whether nobody between can read or change it. */
export function isConfidential(url: URL): boolean {
  return url.protocol === 'https:' || (url.protocol === 'http:' && loopback.test(url.hostname));
}

/** An answer that is none of OpenID Connect, in our words. */
export class UnfitAnswer extends Error {}

/** The certificates that a PEM file has cannot be read. */
export class AuthorityUnreadable extends Error {}

/**
 * As `fetch` for what openid-client asks, but that nothing goes anywhere unencrypted, no answer fills the memory, and an
 * authority of one's own can be trusted, which `fetch` of Node has no way for. Redirects are not followed.
 */
export function requestsTrusting(caFile: string | undefined): CustomFetch {
  return async (address, options) => {
    const url = new URL(address);
    if (!isConfidential(url)) throw new UnfitAnswer(`it names ${url.origin}, which is not encrypted`);
    const ca = caFile === undefined ? undefined : await authority(caFile);
    return await answerTo(url, options, ca);
  };
}

async function authority(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new AuthorityUnreadable(`the certificate file ${file} cannot be read`, { cause });
  }
}

function answerTo(url: URL, options: CustomFetchOptions, ca: string | undefined): Promise<Response> {
  const { method, headers, body, signal } = options;
  const given = { method, headers: { ...headers }, ...(signal ? { signal } : {}) };
  return new Promise((resolve, reject) => {
    // What ended it says more than that it ended.
    const fail = (error: unknown): void =>
      reject(signal?.aborted ? (signal.reason as Error) : (error as Error));
    const take = (message: IncomingMessage): void => void read(message).then(resolve, fail);
    const sent =
      url.protocol === 'https:'
        ? tlsRequest(url, { ...given, ...(ca === undefined ? {} : { ca }) }, take)
        : plainRequest(url, given, take);
    sent.on('error', fail);
    sent.end(body === undefined || body === null ? undefined : textOf(body));
  });
}

/** Forms are all that is sent. */
function textOf(body: NonNullable<CustomFetchOptions['body']>): string {
  if (typeof body === 'string') return body;
  if (body instanceof URLSearchParams) return body.toString();
  throw new TypeError('only forms are sent to the provider');
}

async function read(message: IncomingMessage): Promise<Response> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of message as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > longestAnswer) throw new UnfitAnswer(`its answer is longer than ${longestAnswer} bytes`);
    pieces.push(piece);
  }
  const headers = new Headers();
  for (const [name, value] of Object.entries(message.headers))
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  const status = message.statusCode ?? 0;
  return new Response(bytes === 0 ? null : Buffer.concat(pieces), { status, headers });
}
