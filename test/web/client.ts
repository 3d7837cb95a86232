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
