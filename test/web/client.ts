import { request } from 'node:http';

import { password } from './started-console.ts';

/** Somebody who is signed in, or not. */
export interface Client {
  readonly cookie: string;
  ask(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
}

export function clientOf(url: string, cookie = ''): Client {
  return {
    cookie,
    ask: (method, path, body, headers = {}) =>
      fetch(`${url}/api/v1${path}`, {
        method,
        redirect: 'manual',
        headers: {
          ...(cookie === '' ? {} : { cookie }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
  };
}

export async function signedIn(url: string, name: string): Promise<Client> {
  const response = await clientOf(url).ask('POST', '/session', { name, password });
  if (response.status !== 200) throw new Error(`${name}: ${response.status} ${await response.text()}`);
  const [cookie = ''] = (response.headers.get('set-cookie') ?? '').split(';');
  return clientOf(url, cookie);
}

export interface Refusal {
  readonly status: number | undefined;
  readonly code: string;
}

/** By Node's own client: fetch lets nobody say what only browsers say. */
export function refusedRaw(
  url: string,
  {
    method,
    path,
    headers,
    body,
  }: {
    readonly method: string;
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: unknown;
  },
): Promise<Refusal> {
  const given = { 'content-type': 'application/json', ...headers };
  return new Promise((resolve, reject) => {
    const sent = request(`${url}/api/v1${path}`, { method, headers: given }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece: string) => (text += piece));
      response.on('end', () => {
        const { error } = JSON.parse(text) as { error: { code: string } };
        resolve({ status: response.statusCode, code: error.code });
      });
    });
    sent.on('error', reject);
    sent.end(JSON.stringify(body));
  });
}
