/** Who did something during a call, as it is kept (`web:anna`, `telephone:PJSIP/200`, `pause-limit`), for people. */
export function actorIn(words: Readonly<Record<string, string>>, actor: string): string {
  const [, kind = actor, name = ''] = /^([a-z-]+):([^]*)$/.exec(actor) ?? [];
  const known = words[kind];
  if (known === undefined) return actor;
  return name === '' ? known : `${name} (${known})`;
}
