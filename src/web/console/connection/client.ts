import type {
  BodyGiven,
  ConfigFault,
  Failure,
  ParamsOf,
  QueryGiven,
  ResponseOf,
  RouteName,
} from '../../api.ts';

type Wanted<Key extends string, Value> = [Value] extends [undefined]
  ? Partial<Record<Key, undefined>>
  : Partial<Value> extends Value
    ? Partial<Record<Key, Value>>
    : Record<Key, Value>;

/** What a route takes: of the path, behind the `?`, as body; `upload` where the body is audio. */
export type Given<Name extends RouteName> = Wanted<'params', ParamsOf<Name>> &
  Wanted<'query', QueryGiven<Name>> &
  Wanted<'body', BodyGiven<Name>> & { readonly upload?: Blob; readonly signal?: AbortSignal };

type Details = Partial<Failure['error']> & { readonly faults?: readonly ConfigFault[] };

/** An answer that is none, or no answer: `unreachable`. `code` is one of those that `Failure` names. */
export class RequestFailure extends Error {
  readonly code: string;
  readonly hint: string;
  /** More exact than the code. */
  readonly reason: string | undefined;
  readonly faults: readonly ConfigFault[];

  constructor(code: string, details: Details = {}) {
    super(details.message ?? '');
    this.name = 'RequestFailure';
    this.code = code;
    this.hint = details.hint ?? '';
    this.reason = details.reason;
    this.faults = details.faults ?? [];
  }
}

/** What all requests have in common. */
export const client = {
  /** In which alarms are explained. */
  language: 'en',
  /** Called when the session is over; `left`: where somebody who signed out may be signed in still. */
  onSignedOut: (() => undefined) as (left?: ResponseOf<'DELETE /session'>['provider']) => void,
};

/** While it starts, or takes over another configuration, it gives nothing for some moments. */
const startingTries = 10;
const startingPauseMs = 500;

/**
 * Asks the server. What changes nothing is asked again as long as Mitschnitt is just starting.
 * @throws RequestFailure
 */
export async function ask<Name extends RouteName>(name: Name, given: Given<Name>): Promise<ResponseOf<Name>> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await askOnce(name, given);
    } catch (error) {
      const isStarting =
        error instanceof RequestFailure && error.code === 'not-ready' && error.reason === undefined;
      if (!isStarting || !name.startsWith('GET ') || tries === startingTries) throw error;
      await new Promise((resolve) => setTimeout(resolve, startingPauseMs));
    }
  }
}

async function askOnce<Name extends RouteName>(name: Name, given: Given<Name>): Promise<ResponseOf<Name>> {
  const { signal, upload, body } = given as {
    readonly signal?: AbortSignal;
    readonly upload?: Blob;
    readonly body?: unknown;
  };
  const [method = 'GET'] = name.split(' ');
  const content =
    method === 'GET' || method === 'DELETE' ? undefined : (upload ?? JSON.stringify(body ?? {}));
  let answer: Response;
  try {
    answer = await fetch(addressOf(name, given), {
      method,
      ...(content === undefined ? {} : { body: content }),
      ...(signal ? { signal } : {}),
      headers: content === undefined ? {} : { 'content-type': upload ? 'audio/wav' : 'application/json' },
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new RequestFailure('unreachable');
  }
  if (!answer.ok) throw await failureOf(answer, name);
  return (await answer.json()) as ResponseOf<Name>;
}

/** The address of a route, for links, audio and downloads. */
export function addressOf<Name extends RouteName>(name: Name, given: Given<Name>): string {
  const { params, query } = given as {
    readonly params?: Readonly<Record<string, string | number>>;
    readonly query?: Readonly<Record<string, unknown>>;
  };
  const [, path = ''] = name.split(' ');
  const filled = path.replace(/:(\w+)/g, (_, key: string) => encodeURIComponent(params?.[key] ?? ''));
  const search = new URLSearchParams({ language: client.language });
  for (const [key, value] of Object.entries(query ?? {}))
    if (typeof value === 'string' || typeof value === 'number') search.set(key, String(value));
  return `/api/v1${filled}?${search.toString()}`;
}

/** What a sign-in that is refused means where nobody signs in: the server says no more to strangers. */
const refusedAs: Readonly<Partial<Record<RouteName, string>>> = {
  'PUT /password': 'password-wrong',
  'POST /link': 'link-void',
  'POST /welcome': 'link-void',
};

async function failureOf(answer: Response, name: RouteName): Promise<RequestFailure> {
  let details: Details;
  try {
    details = ((await answer.json()) as Failure).error;
  } catch {
    // A proxy answered, not Mitschnitt.
    return new RequestFailure(answer.status >= 500 ? 'unreachable' : 'defect');
  }
  const code = details.code ?? 'defect';
  if (code === 'not-signed-in') client.onSignedOut();
  const reason = details.reason ?? (code === 'sign-in-refused' ? refusedAs[name] : undefined);
  return new RequestFailure(code, reason === undefined ? details : { ...details, reason });
}
