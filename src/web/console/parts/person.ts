/** Who did something, as the server names him: `web:anna`, `oidc:anna`, `cli:root`. */

/** Of whom a provider of OpenID Connect vouches for, the name itself begins so. */
const byOidc = /^oidc:/;

/** The name that people know. */
export function personOf(name: string): string {
  return name.replace(byOidc, '');
}

/** The same, of what somebody did. */
export function personBehind(actor: string): string {
  return personOf(actor.replace(/^web:/, ''));
}

/** As what somebody does is kept. */
export function actorOf(name: string): string {
  return byOidc.test(name) ? name : `web:${name}`;
}
