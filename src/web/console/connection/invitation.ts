/** What a one-time link is for, as it is in the fragment of the address: that is in no log of any proxy. */
export type Invitation =
  | { readonly kind: 'welcome'; readonly token: string }
  | { readonly kind: 'link'; readonly name: string; readonly token: string };

/** Undefined: the fragment is of no one-time link. */
export function invitationIn(fragment: string): Invitation | undefined {
  const [, kind, name = '', token = ''] =
    /^#\/(welcome|link)\/(?:([^/]{1,300})\/)?([A-Za-z0-9_-]{20,100})$/.exec(fragment) ?? [];
  if (kind === 'welcome') return { kind, token };
  if (kind !== 'link' || name === '') return undefined;
  try {
    return { kind, name: decodeURIComponent(name), token };
  } catch {
    return undefined;
  }
}

/** The part of a browser's window that is needed. */
interface Opened {
  readonly location: { readonly hash: string };
  addEventListener(event: 'hashchange', listener: () => void): void;
  removeEventListener(event: 'hashchange', listener: () => void): void;
}

/** Tells of every one-time link that is opened where the console is open already: the page is not loaded anew by it. */
export function watchInvitations(page: Opened, opened: (invited: Invitation) => void): () => void {
  const look = (): void => {
    const invited = invitationIn(page.location.hash);
    if (invited) opened(invited);
  };
  page.addEventListener('hashchange', look);
  return () => page.removeEventListener('hashchange', look);
}

/** Whether the answer to a one-time link is that it never will be good again. */
export function isVoidLink({ code }: { readonly code: string }): boolean {
  return code === 'sign-in-refused' || code === 'conflict';
}
