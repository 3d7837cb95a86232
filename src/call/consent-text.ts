import { directions, type Consent } from './call.ts';

/** AMI takes lines of up to 1,024 bytes, the name of the header among them. */
const longestText = 900;
const version = 1;

const modes: readonly Consent['mode'][] = ['none', 'notice', 'opt-out', 'opt-in'];
const places: readonly Consent['place'][] = ['gate', 'early-media', 'talk'];
const decisions: readonly Consent['decision'][] = ['declined', 'agreed', 'none'];

/**
 * A consent as it is kept in a variable of the party's channel, in case the catalogue is lost: one word without
 * anything that Asterisk could read as more than text. Undefined: it would be too long.
 */
export function consentText(consent: Consent): string | undefined {
  const fields = [
    version,
    ...[consent.group, consent.direction, consent.mode, consent.number, consent.prompt, consent.language],
    ...[consent.sha256 ?? null, consent.place, consent.countsFrom],
    ...[consent.playedFrom ?? null, consent.playedTo ?? null, consent.complete],
    ...[consent.key ?? null, consent.keyAt ?? null, consent.decision, consent.problem ?? null],
  ];
  const text = encodeURIComponent(JSON.stringify(fields));
  return text.length <= longestText ? text : undefined;
}

/** The consent in a channel's variable. Undefined: there is none, or not as we write it: whoever can may set it. */
export function parseConsent(text: string, channel: string): Consent | undefined {
  const fields = fieldsOf(text);
  if (!fields) return undefined;
  const [given, group, direction, mode, number, prompt, language, sha256, place, ...rest] = fields;
  const [countsFrom, playedFrom, playedTo, complete, key, keyAt, decision, problem, ...more] = rest;
  if (given !== version || more.length > 0) return undefined;
  if (!isText(group) || !isText(number) || !isText(prompt) || !isText(language)) return undefined;
  if (!isOneOf(directions, direction) || !isOneOf(modes, mode)) return undefined;
  if (!isOneOf(places, place) || !isOneOf(decisions, decision)) return undefined;
  if (!isInstant(countsFrom) || typeof complete !== 'boolean') return undefined;
  const absent = <Value>(is: (value: unknown) => value is Value, value: unknown): value is Value | null =>
    value === null || is(value);
  if (!absent(isInstant, playedFrom) || !absent(isInstant, playedTo) || !absent(isInstant, keyAt)) {
    return undefined;
  }
  if (!absent(isSha256, sha256) || !absent(isKey, key) || !absent(isText, problem)) return undefined;
  return {
    ...{ group, direction, mode, channel, number, prompt, language, sha256: sha256 ?? undefined, place },
    ...{ countsFrom, playedFrom: playedFrom ?? undefined, playedTo: playedTo ?? undefined, complete },
    ...{ key: key ?? undefined, keyAt: keyAt ?? undefined, decision, problem: problem ?? undefined },
  };
}

function fieldsOf(text: string): readonly unknown[] | undefined {
  if (text === '' || text.length > longestText) return undefined;
  try {
    const fields: unknown = JSON.parse(decodeURIComponent(text));
    return Array.isArray(fields) ? (fields as readonly unknown[]) : undefined;
  } catch {
    return undefined;
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isOneOf<Value>(values: readonly Value[], value: unknown): value is Value {
  return values.some((each) => each === value);
}

function isInstant(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isSha256(value: unknown): value is string {
  return isText(value) && /^[0-9a-f]{64}$/.test(value);
}

function isKey(value: unknown): value is string {
  return isText(value) && /^[0-9A-D*#]$/.test(value);
}
