import { announcerOf, type Announcer } from './announcer.ts';
import { isExternal, isInCall, numberOf } from './classification.ts';
import { announcementFor } from './numbers.ts';
import type { Announcement, Call, Consent, Gate, Instant, Leg, Place, Policy, Segment } from './call.ts';
import type { CallEvent, Command, Stay } from './event.ts';

/** The state after an event and what is to be done about it. */
export type Step = readonly [Call, readonly Command[]];

type Event<Type extends CallEvent['type']> = Extract<CallEvent, { type: Type }>;

/** Asterisk's end-of-playback report may lag behind the audio: allow this much before the prompt counts as failed. */
const playbackMarginMs = 5_000;

/** Asterisk reports a key when it is released: one that was pressed in time may be held for this long. */
export const keyHeldMs = 300;

/** How late we may come to lead a party out of the gate before it goes by itself; 200 ms per answer are seen. */
export const leadOnMarginMs = 5_000;
/** Whoever comes this much later than that may come too late: the party's way out and our answer take their time, too. */
const leadOnLimitMs = leadOnMarginMs - 1_000;
/** The longest silence that {@link Stay} can ask for: `timeout` is 60 s at most. */
export const longestStayMs = 60_000 + keyHeldMs + leadOnMarginMs;

/** The shortest part of a prompt that Asterisk may take to play all of it; less means that it gave up silently. */
const playedShare = 0.8;

export function enterGate(before: Call, event: Event<'gate-entered'>, policy: Policy): Step {
  const { channel } = event;
  // The channel cannot be in a talk any more, whichever connection tells it first.
  const call =
    before.gate?.place === 'talk'
      ? leftGate(before, channel, 'the party was transferred during the announcement')
      : before;
  // One party is asked at a time; a second one that comes meanwhile must not wait for the first.
  if (call.gate && call.gate.channel !== channel) return [call, [{ type: 'continue', channel }]];
  const leg = call.legs.find((candidate) => candidate.channel === channel);
  const entered = event.destination === '' ? call : wanting(call, channel, event.destination);
  const announcer = leg && announcerOf(call, leg, event, policy);
  const announcement = announcer && announcementFor(announcer.group, announcer.direction, leg, policy);
  if (!leg || !announcer || !announcement || !isToBeAsked(call, leg, announcement, policy)) {
    return leave(entered, channel);
  }
  const early = announcement.earlyMedia && event.side === 'caller' && !wasConnected(leg);
  const place = early ? 'early-media' : 'gate';
  const [asked, commands] = ask(entered, leg, { announcer, announcement, place, at: event.at }, policy);
  if (asked.gate === entered.gate) return leave(asked, channel);
  const answers = event.side === 'caller' && !early;
  return [asked, answers ? [{ type: 'answer', channel }, ...commands] : commands];
}

/** It stays with the party, who may be about to be found in a call of its own: a consultation. */
function wanting(call: Call, channel: string, destination: string): Call {
  const isFirst = (leg: Leg): boolean => leg.channel === channel && leg.destination === undefined;
  return { ...call, legs: call.legs.map((leg) => (isFirst(leg) ? { ...leg, destination } : leg)) };
}

/** What a party is asked. */
interface Question {
  readonly announcer: Announcer;
  readonly announcement: Announcement;
  readonly place: Place;
  /** For the talks from then on. */
  readonly at: Instant;
}

/** Begins to announce to a party. A prompt that cannot be played leaves evidence and no gate. */
export function ask(
  call: Call,
  leg: Leg,
  { announcer, announcement, place, at }: Question,
  policy: Policy,
): Step {
  const { prompt } = announcement;
  if (!prompt) return [call, []];
  const { channel } = leg;
  const consent: Consent = {
    group: announcer.group.name,
    direction: announcer.direction,
    mode: announcement.mode,
    channel,
    number: numberOf(leg, policy),
    prompt: prompt.name,
    language: prompt.language,
    sha256: prompt.sha256,
    place,
    countsFrom: at,
    playedFrom: undefined,
    playedTo: undefined,
    complete: false,
    key: undefined,
    keyAt: undefined,
    decision: 'none',
    problem: prompt.problem,
  };
  const asked: Call = { ...call, consents: [...call.consents, consent] };
  if (prompt.media === undefined) return [asked, []];
  const gate: Gate = { channel, phase: 'announcing', place, announcement };
  return [
    { ...asked, gate },
    [announce(gate, prompt.media, stayOf(announcement)), timeout(gate, prompt.durationMs + playbackMarginMs)],
  ];
}

function announce({ channel, place }: Gate, media: string, stay: Stay): Command {
  const what = { channel, playback: 'announcement', media } as const;
  return place === 'talk' ? { type: 'whisper', ...what } : { type: 'play', ...what, stay };
}

function stayOf({ timeoutMs, confirmation }: Announcement): Stay {
  return { silenceMs: timeoutMs + keyHeldMs + leadOnMarginMs, confirmation: confirmation?.media };
}

function confirm({ channel, place }: Gate, media: string): Command {
  return { type: place === 'talk' ? 'whisper' : 'play', channel, playback: 'confirmation', media };
}

/** Whether a party was in a talk since a time; a caller who was is answered. */
function wasConnected({ bridge, leftAt }: Leg, since = -Infinity): boolean {
  return bridge !== undefined || (leftAt !== undefined && leftAt > since);
}

/**
 * A party is asked once. An external one that was connected, and is on its way to somebody else now, is asked again
 * where the group wants that, unless it declined.
 */
function isToBeAsked(call: Call, leg: Leg, { reannounce }: Announcement, policy: Policy): boolean {
  const before = consentOf(call, leg.channel);
  if (!before) return true;
  const isNew = isExternal(leg, policy) && wasConnected(leg, before.countsFrom);
  return reannounce && isNew && before.decision !== 'declined';
}

function timeout(gate: Gate, ms: number): Command {
  return { type: 'set-gate-timeout', channel: gate.channel, phase: gate.phase, ms };
}

/** What the party behind a channel heard and pressed, as far as it counts at a time. */
function consentOf(call: Call, channel: string, at = Infinity): Consent | undefined {
  return call.consents.findLast((consent) => consent.channel === channel && consent.countsFrom <= at);
}

/**
 * The consent that counts in a talk: an external party itself must have heard it, of two internal ones the caller. Where
 * both have called, and are connected now, each of them can forbid it.
 */
export function consentInTalk(
  call: Call,
  talk: Pick<Segment, 'memberChannel' | 'otherChannel' | 'direction' | 'startedAt'>,
): Consent | undefined {
  const { direction, memberChannel, otherChannel, startedAt } = talk;
  const asked = direction === 'internal' ? [otherChannel, memberChannel] : [otherChannel];
  const consents = asked.flatMap((channel) => consentOf(call, channel, startedAt) ?? []);
  return (
    consents.find(({ decision }) => decision === 'declined') ??
    consents.find(({ mode, decision }) => mode === 'opt-in' && decision === 'none') ??
    consents[0]
  );
}

/** What has become of the newest consent of a party. */
function withConsent(call: Call, consent: Consent): Call {
  const known = consentOf(call, consent.channel);
  return { ...call, consents: call.consents.map((each) => (each === known ? consent : each)) };
}

/** Sends the channel back into the dialplan; one that heard it in its talk stays there. */
function leave(call: Call, channel: string, before: readonly Command[] = []): Step {
  const { announcement, place = 'gate' } = call.gate ?? {};
  if (place === 'talk') return [{ ...call, gate: undefined }, before];
  return [
    { ...call, gate: { channel, phase: 'leaving', place, announcement } },
    [...before, { type: 'continue', channel }],
  ];
}

/**
 * Nobody led the party out of the gate, as far as is known: it may have heard that it is not recorded, or have pressed
 * the key when nobody heard it. In the other modes it is told nothing of the kind.
 */
function inDoubt(call: Call, channel: string, problem: string): Call {
  const consent = consentOf(call, channel);
  if (consent?.mode !== 'opt-out' || consent.decision !== 'none' || !consent.complete) return call;
  return withConsent(call, { ...consent, complete: false, problem });
}

/** While it is announced to, or asked, its end of the gate tells; after a passage without an announcement nothing is in doubt. */
export function wentByItself(call: Call, { channel }: Event<'went-by-itself'>): Call {
  const { gate } = call;
  const isGone = call.legs.some((leg) => leg.channel === channel && leg.hungUpAt !== undefined);
  if (isGone || (gate?.channel === channel && (gate.phase !== 'leaving' || !gate.announcement))) return call;
  return inDoubt(call, channel, 'the party went on by itself, and may have heard that it is not recorded');
}

/** It cannot be in a talk, unless it went on by itself and that was not told yet. */
export function isStillAsked({ gate }: Call, { channel }: Consent): boolean {
  return gate?.channel === channel && gate.place !== 'talk' && gate.phase !== 'leaving';
}

export function playbackStarted(call: Call, event: Event<'playback-started'>): Step {
  // Whoever declined is known to have done so; else it began by itself.
  if (event.playback === 'confirmation')
    return [inDoubt(call, event.channel, 'the party heard that it is not recorded'), []];
  const consent = consentOf(call, event.channel);
  if (!consent || call.gate?.phase !== 'announcing') return [call, []];
  return [withConsent(call, { ...consent, playedFrom: event.at }), []];
}

export function playbackFinished(call: Call, event: Event<'playback-finished'>): Step {
  const { gate } = call;
  const consent = consentOf(call, event.channel);
  if (gate?.channel !== event.channel) return [call, []];
  if (gate.phase === 'confirming' && event.playback === 'confirmation') return leave(call, event.channel);
  if (gate.phase !== 'announcing' || event.playback !== 'announcement' || !consent) return [call, []];

  const problem = event.problem ?? cutShort(gate, consent, event.at);
  if (problem !== undefined) {
    return leave(withConsent(call, { ...consent, playedTo: event.at, problem }), event.channel);
  }
  const heard = withConsent(call, { ...consent, playedTo: event.at, complete: true });
  if (consent.mode === 'notice') return leave(heard, event.channel);
  const listening: Gate = { ...gate, phase: 'listening' };
  return [
    { ...heard, gate: listening },
    [timeout(listening, (gate.announcement?.timeoutMs ?? 0) + keyHeldMs)],
  ];
}

function cutShort(gate: Gate, consent: Consent, at: number): string | undefined {
  const length = gate.announcement?.prompt?.durationMs ?? 0;
  if (consent.playedFrom === undefined) return 'Asterisk never started the playback';
  const played = at - consent.playedFrom;
  return played < length * playedShare ? `only ${played} ms of ${length} ms were played` : undefined;
}

export function digitPressed(call: Call, event: Event<'digit'>): Step {
  const { gate } = call;
  const consent = consentOf(call, event.channel);
  if (!consent || gate?.channel !== event.channel || consent.decision !== 'none') return [call, []];
  if (event.digit !== gate.announcement?.key || consent.mode === 'notice') return [call, []];

  const pressed: Consent = {
    ...consent,
    key: event.digit,
    keyAt: event.at,
    playedTo: consent.playedTo ?? event.at,
  };
  const decided = withConsent(call, {
    ...pressed,
    decision: consent.mode === 'opt-in' ? 'agreed' : 'declined',
  });
  // Pressed in the last moment: the party is on its way already, and what it wants counts all the same.
  if (gate.phase === 'leaving') return [decided, []];
  const stop = stopPlayback(gate);
  if (consent.mode === 'opt-in') return leave(decided, event.channel, stop);
  const confirmation = gate.announcement.confirmation;
  if (confirmation?.media === undefined) return leave(decided, event.channel, stop);
  const confirming: Gate = { ...gate, phase: 'confirming' };
  return [
    { ...decided, gate: confirming },
    [
      ...stop,
      confirm(gate, confirmation.media),
      timeout(confirming, confirmation.durationMs + playbackMarginMs),
    ],
  ];
}

export function gateTimeout(call: Call, event: Event<'gate-timeout'>): Step {
  const { gate } = call;
  const consent = consentOf(call, event.channel);
  if (gate?.channel !== event.channel || gate.phase !== event.phase) return [call, []];
  if (gate.phase === 'listening') {
    const isLate = gate.place !== 'talk' && (event.lateMs ?? 0) > leadOnLimitMs;
    const problem = 'the recorder stood still while the party could press its key';
    return leave(isLate ? inDoubt(call, event.channel, problem) : call, event.channel);
  }
  if (gate.phase === 'confirming') return leave(call, event.channel, stopPlayback(gate));
  if (gate.phase === 'leaving' || !consent) return [call, []];
  const problem = 'Asterisk never reported the end of the playback';
  return leave(withConsent(call, { ...consent, problem }), event.channel, stopPlayback(gate));
}

/** A channel that is to leave has to be freed from its playback first: it would stay to the end of it. */
function stopPlayback({ channel, phase }: Gate): readonly Command[] {
  if (phase === 'announcing') return [{ type: 'stop-playback', channel, playback: 'announcement' }];
  if (phase === 'confirming') return [{ type: 'stop-playback', channel, playback: 'confirmation' }];
  return [];
}

/**
 * A called party is let go when nobody is left to connect it with. Dial() does not look after its caller before the gate
 * is over, and the called party would listen to the end for nothing.
 */
export function releaseAbandoned(call: Call): Step {
  const { gate } = call;
  const asked = call.legs.find(({ channel }) => channel === gate?.channel);
  if (!gate || gate.place === 'talk' || gate.phase === 'leaving') return [call, []];
  // Who was connected before was sent here by a transfer, and itself calls somebody now.
  if (asked?.role !== 'called' || wasConnected(asked)) return [call, []];
  const isWaitedFor = call.legs.some((leg) => leg !== asked && isInCall(leg));
  if (isWaitedFor) return [call, []];
  const problem = 'the caller hung up during the announcement';
  return leave(interrupted(call, gate, problem), gate.channel, stopPlayback(gate));
}

/**
 * The channel is back in the dialplan, or gone; or the talk is over in which it was told. `unseen`: or nobody watches it
 * any more; whether what leads it on reached Asterisk in time is then not known.
 */
export function leftGate(call: Call, channel: string, problem: string, unseen = false): Call {
  const { gate } = call;
  if (gate?.channel !== channel) return call;
  const left = interrupted({ ...call, gate: undefined }, gate, problem);
  const isOnItsWay = gate.phase === 'leaving' && gate.place !== 'talk' && gate.announcement !== undefined;
  return unseen && isOnItsWay ? inDoubt(left, channel, problem) : left;
}

/** Whether a consent depends on the party's being seen to leave the gate. */
export function isToBeSeenLeaving(call: Call): boolean {
  const { gate } = call;
  if (gate?.phase !== 'leaving' || !gate.announcement) return false;
  const consent = consentOf(call, gate.channel);
  return consent?.mode === 'opt-out' && consent.decision === 'none' && consent.complete;
}

/** What was not heard to its end by now never was. */
export function interrupted(call: Call, { channel, phase }: Gate, problem: string): Call {
  const consent = consentOf(call, channel);
  // In `listening` a key would still have counted, and nobody heard it.
  const cutShort = phase === 'announcing' || phase === 'listening';
  if (!cutShort || !consent || consent.problem !== undefined) return call;
  return withConsent(call, { ...consent, complete: false, problem });
}
