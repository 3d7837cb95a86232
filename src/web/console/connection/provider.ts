/** Leaving for the provider of OpenID Connect, and coming back. */
import { ask } from './client.ts';

const place = 'mitschnitt-place';

/** Where the browser is signs in; the page that was open is remembered in this tab. @throws RequestFailure */
export async function leaveForProvider(): Promise<void> {
  const { url } = await ask('POST /oidc', { body: {} });
  const { pathname, search } = window.location;
  window.sessionStorage.setItem(place, pathname + search);
  window.location.assign(url);
}

/** The page that was open before; undefined: none was, or it was asked for already. */
export function placeBefore(): string | undefined {
  const former = window.sessionStorage.getItem(place);
  window.sessionStorage.removeItem(place);
  return former === null || !/^\/(?!\/)/.test(former) ? undefined : former;
}

/** Why a sign-in by the provider was refused, as it is in the fragment of the address; undefined: none was. */
export function refusal(): string | undefined {
  return /^#\/refused\/([a-z-]{1,40})$/.exec(window.location.hash)?.[1];
}
