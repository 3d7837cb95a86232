import { codeOf, messageOf, MitschnittError } from '../../errors.ts';
import { printable } from '../../recording/untrusted-text.ts';
import { ApiFailure } from '../failure.ts';
import { AuthorityUnreadable, UnfitAnswer } from './requests.ts';

/** Why somebody was not signed in, as the sign-in page knows it: it has the words. */
export type RefusalCode =
  | 'oidc-unreachable'
  | 'oidc-misconfigured'
  | 'oidc-invalid'
  | 'oidc-refused'
  | 'oidc-expired'
  | 'oidc-no-role'
  | 'oidc-disabled';

const messages: Readonly<Record<RefusalCode, readonly [message: string, hint: string]>> = {
  'oidc-unreachable': [
    'the OpenID Connect provider does not answer',
    'Try again in a moment, or sign in by name and password. The log of Mitschnitt says what happened.',
  ],
  'oidc-misconfigured': [
    'Mitschnitt and the OpenID Connect provider do not understand each other',
    'Compare web.oidc with what is registered at the provider. The log of Mitschnitt says what happened.',
  ],
  'oidc-invalid': [
    'the answer of the OpenID Connect provider is not valid',
    'Compare the clocks of both machines, and web.oidc.issuer. The log of Mitschnitt says what happened.',
  ],
  'oidc-refused': ['the OpenID Connect provider did not sign you in', 'Ask whoever runs it.'],
  'oidc-expired': ['this sign-in was not begun here, was finished already, or took too long', 'Begin again.'],
  'oidc-no-role': [
    'your account has no role in Mitschnitt',
    'Ask an administrator: web.oidc.roles says whose account has one.',
  ],
  'oidc-disabled': ['this user is disabled', 'Ask an administrator.'],
};

/** Somebody is not signed in. */
export class OidcRefusal extends ApiFailure {
  override readonly code: RefusalCode;
  /** For the log: what a provider said is in it, and no secret. */
  readonly why: string;
  /** Whom the provider vouched for; undefined: for nobody. */
  readonly account: string | undefined;

  constructor(code: RefusalCode, why = '', account?: string) {
    const [message, hint] = messages[code];
    super(refusedStatus, code, message, hint);
    this.code = code;
    this.why = why;
    this.account = account;
  }
}

const refusedStatus = 422;

/** Of what others wrote. */
const longestQuoted = 300;

function quoted(text: string): string {
  return printable(text.slice(0, longestQuoted).toWellFormed());
}

/** What OAuth itself names, in the browser's way back and at the token endpoint (RFC 6749, 4.1.2.1 and 5.2). */
const byOAuthError: Readonly<Record<string, RefusalCode>> = {
  invalid_request: 'oidc-misconfigured',
  unauthorized_client: 'oidc-misconfigured',
  unsupported_response_type: 'oidc-misconfigured',
  unsupported_grant_type: 'oidc-misconfigured',
  invalid_scope: 'oidc-misconfigured',
  invalid_client: 'oidc-misconfigured',
  // A code that was used, or is too old.
  invalid_grant: 'oidc-expired',
  server_error: 'oidc-unreachable',
  temporarily_unavailable: 'oidc-unreachable',
};

/** What openid-client names. */
const byCode: Readonly<Record<string, RefusalCode>> = {
  OAUTH_TIMEOUT: 'oidc-unreachable',
  OAUTH_ABORT: 'oidc-unreachable',
  OAUTH_WWW_AUTHENTICATE_CHALLENGE: 'oidc-misconfigured',
  OAUTH_RESPONSE_IS_NOT_JSON: 'oidc-misconfigured',
  OAUTH_RESPONSE_IS_NOT_CONFORM: 'oidc-misconfigured',
  OAUTH_PARSE_ERROR: 'oidc-misconfigured',
  OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED: 'oidc-misconfigured',
  OAUTH_MISSING_SERVER_METADATA: 'oidc-misconfigured',
  OAUTH_INVALID_SERVER_METADATA: 'oidc-misconfigured',
  OAUTH_HTTP_REQUEST_FORBIDDEN: 'oidc-misconfigured',
  OAUTH_REQUEST_PROTOCOL_FORBIDDEN: 'oidc-misconfigured',
};

const firstServerError = 500;

/** Whose fault it is that something did not work with the provider. Nothing of what was thrown is kept but words. */
export function refusalOf(thrown: unknown, secret: string): OidcRefusal {
  if (thrown instanceof OidcRefusal) return thrown;
  const all = chainOf(thrown);
  const why = quoted([...new Set(all.map(wordsOf))].filter((each) => each !== '').join(': ')).replaceAll(
    secret,
    '***',
  );
  return new OidcRefusal(codeFor(all), why);
}

/** As it is told to whoever tries it without signing in. */
export function problemOf({ code, message, why }: OidcRefusal, issuer: string): MitschnittError {
  const isAway = code === 'oidc-unreachable';
  return new MitschnittError(`${issuer}: ${message}${why === '' ? '' : ` (${why})`}`, {
    ...{ code, fault: isAway ? 'destination' : 'configuration', retry: isAway },
    hint: isAway
      ? 'Look whether it runs, and whether web.oidc.issuer is its address. Users of Mitschnitt itself can sign in meanwhile.'
      : 'Compare web.oidc.issuer with what the provider calls itself, to the letter, and web.oidc.ca with the authority of its certificate.',
  });
}

function codeFor(all: readonly unknown[]): RefusalCode {
  const [first] = all;
  if (all.some((each) => each instanceof AuthorityUnreadable || each instanceof UnfitAnswer))
    return 'oidc-misconfigured';
  const oauth = (first as { readonly error?: unknown } | undefined)?.error;
  if (typeof oauth === 'string')
    return (
      byOAuthError[oauth] ??
      (codeOf(first) === 'OAUTH_AUTHORIZATION_RESPONSE_ERROR' ? 'oidc-refused' : 'oidc-misconfigured')
    );
  if (all.some((each) => each instanceof Response && each.status >= firstServerError))
    return 'oidc-unreachable';
  const known = all.map((each) => byCode[codeOf(each)]).find((code) => code !== undefined);
  if (known !== undefined) return known;
  // What is wrong with an answer has a code of OAuth; all else is of the network.
  return all.some((each) => codeOf(each).startsWith('OAUTH_')) ? 'oidc-invalid' : 'oidc-unreachable';
}

const deepest = 5;

function chainOf(thrown: unknown): readonly unknown[] {
  const chain: unknown[] = [];
  for (let each = thrown; each !== undefined && chain.length < deepest;) {
    chain.push(each);
    each = each instanceof Error ? each.cause : undefined;
  }
  return chain;
}

function wordsOf(each: unknown): string {
  if (each instanceof Response) return `status ${each.status}`;
  // Of WWW-Authenticate.
  if (Array.isArray(each))
    return each.map((challenge) => oauthWords((challenge as Challenge).parameters)).join(', ');
  if (!(each instanceof Error)) return '';
  const code = /^[A-Z]\w+$/.exec(codeOf(each))?.[0] ?? '';
  return [code, messageOf(each), oauthWords(each)].filter((part) => part !== '').join(' ');
}

interface Challenge {
  readonly parameters?: unknown;
}

function oauthWords(given: unknown): string {
  const { error, error_description: description } = (given ?? {}) as Readonly<Record<string, unknown>>;
  return [error, description].filter((part) => typeof part === 'string').join(' ');
}
