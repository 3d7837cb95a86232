import {
  firstGroup,
  groupOf,
  groupOfDestination,
  isExternal,
  isKnownParty,
  numberOf,
} from './classification.ts';
import type {
  Call,
  CallEvent,
  Command,
  Consent,
  Direction,
  Gate,
  Group,
  Leg,
  Policy,
  Segment,
} from './call.ts';

/** The state after an event and what is to be done about it. */
export type Step = readonly [Call, readonly Command[]];

type Event<Type extends CallEvent['type']> = Extract<CallEvent, { type: Type }>;

/** Asterisk's end-of-playback report may lag behind the audio: allow this much before the prompt counts as failed. */
const playbackMarginMs = 5_000;

/** The shortest part of a prompt that Asterisk may take to play all of it; less means that it gave up silently. */
const playedShare = 0.8;

/** Who announces to the party that entered the gate, and as what. Undefined: nobody, it passes. */
function announcerOf(
  call: Call,
  leg: Leg,
  { side, destination }: Pick<Event<'gate-entered'>, 'side' | 'destination'>,
  policy: Policy,
): { group: Group; direction: Direction } | undefined {
  const found = side === 'called' ? outgoing(call, leg, policy) : toDestination(leg, destination, policy);
  return found?.group?.record[found.direction]
    ? { group: found.group, direction: found.direction }
    : undefined;
}

interface Found {
  readonly group: Group | undefined;
  readonly direction: Direction;
}

/** The called party of an outgoing call hears it; an internal one does not: there it is the caller. */
function outgoing(call: Call, leg: Leg, policy: Policy): Found | undefined {
  if (!isExternal(leg, policy)) return undefined;
  const callers = call.legs.filter((other) => other.role === 'caller').map((other) => groupOf(other, policy));
  return { group: firstGroup(callers, policy), direction: 'outgoing' };
}

function toDestination(leg: Leg, destination: string, policy: Policy): Found | undefined {
  const wanted = groupOfDestination(destination, policy);
  const known = isKnownParty(destination, policy);
  if (!isExternal(leg, policy)) {
    if (!known) return undefined;
    return { group: firstGroup([groupOf(leg, policy), wanted], policy), direction: 'internal' };
  }
  // A queue, a ring group, a menu, a number in the network's form: a member may answer, so the caller is told.
  const anyone = policy.groups.find(
    (group) => group.record.incoming && group.announcement.incoming.mode !== 'none',
  );
  return { group: known ? wanted : anyone, direction: 'incoming' };
}

export function enterGate(call: Call, event: Event<'gate-entered'>, policy: Policy): Step {
  // One party is asked at a time; a second one that comes meanwhile must not wait for the first.
  if (call.gate && call.gate.channel !== event.channel) {
    return [call, [{ type: 'continue', channel: event.channel }]];
  }
  const leg = call.legs.find((candidate) => candidate.channel === event.channel);
  const entered: Call = { ...call, destination: call.destination ?? (event.destination || undefined) };
  const announcer = leg && announcerOf(call, leg, event, policy);
  const announcement = announcer?.group.announcement[announcer.direction];
  if (!leg || !announcer || !announcement?.prompt || consentOf(call, event.channel)) {
    return leave(entered, event.channel);
  }

  const { prompt } = announcement;
  const consent: Consent = {
    group: announcer.group.name,
    direction: announcer.direction,
    mode: announcement.mode,
    channel: event.channel,
    number: numberOf(leg, policy),
    prompt: prompt.name,
    language: prompt.language,
    sha256: prompt.sha256,
    playedFrom: undefined,
    playedTo: undefined,
    complete: false,
    key: undefined,
    keyAt: undefined,
    decision: 'none',
    problem: prompt.problem,
  };
  if (prompt.media === undefined) return leave(withConsent(entered, consent), event.channel);
  const gate: Gate = { channel: event.channel, phase: 'announcing', announcement };
  return [
    { ...withConsent(entered, consent), gate },
    [
      ...(event.side === 'caller' ? [{ type: 'answer', channel: event.channel } as const] : []),
      { type: 'play', channel: event.channel, playback: 'announcement', media: prompt.media },
      timeout(gate, prompt.durationMs + playbackMarginMs),
    ],
  ];
}

function timeout(gate: Gate, ms: number): Command {
  return { type: 'set-gate-timeout', channel: gate.channel, phase: gate.phase, ms };
}

/** What the party behind a channel heard and pressed. */
function consentOf(call: Call, channel: string): Consent | undefined {
  return call.consents.find((consent) => consent.channel === channel);
}

/** The consent that counts in a talk: an external party itself must have heard it, of two internal ones the caller. */
export function consentInTalk(
  call: Call,
  talk: Pick<Segment, 'memberChannel' | 'otherChannel' | 'direction'>,
): Consent | undefined {
  const heard = consentOf(call, talk.otherChannel);
  return heard ?? (talk.direction === 'internal' ? consentOf(call, talk.memberChannel) : undefined);
}

function withConsent(call: Call, consent: Consent): Call {
  return {
    ...call,
    consents: [...call.consents.filter(({ channel }) => channel !== consent.channel), consent],
  };
}

/** Sends the channel back into the dialplan. */
function leave(call: Call, channel: string, before: readonly Command[] = []): Step {
  const announcement = call.gate?.announcement;
  return [
    { ...call, gate: { channel, phase: 'leaving', announcement } },
    [...before, { type: 'continue', channel }],
  ];
}

export function playbackStarted(call: Call, event: Event<'playback-started'>): Step {
  const consent = consentOf(call, event.channel);
  if (event.playback !== 'announcement' || !consent || call.gate?.phase !== 'announcing') return [call, []];
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
  return [{ ...heard, gate: listening }, [timeout(listening, gate.announcement?.timeoutMs ?? 0)]];
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
  const listens = gate?.phase === 'announcing' || gate?.phase === 'listening';
  if (!listens || !consent || gate.channel !== event.channel) return [call, []];
  if (event.digit !== gate.announcement?.key || consent.mode === 'notice') return [call, []];

  const stop: readonly Command[] =
    gate.phase === 'announcing'
      ? [{ type: 'stop-playback', channel: event.channel, playback: 'announcement' }]
      : [];
  const pressed: Consent = {
    ...consent,
    key: event.digit,
    keyAt: event.at,
    playedTo: consent.playedTo ?? event.at,
  };
  if (consent.mode === 'opt-in') {
    return leave(withConsent(call, { ...pressed, decision: 'agreed' }), event.channel, stop);
  }
  const declined = withConsent(call, { ...pressed, decision: 'declined' });
  const confirmation = gate.announcement.confirmation;
  if (confirmation?.media === undefined) return leave(declined, event.channel, stop);
  const confirming: Gate = { ...gate, phase: 'confirming' };
  return [
    { ...declined, gate: confirming },
    [
      ...stop,
      { type: 'play', channel: event.channel, playback: 'confirmation', media: confirmation.media },
      timeout(confirming, confirmation.durationMs + playbackMarginMs),
    ],
  ];
}

export function gateTimeout(call: Call, event: Event<'gate-timeout'>): Step {
  const { gate } = call;
  const consent = consentOf(call, event.channel);
  if (gate?.channel !== event.channel || gate.phase !== event.phase) return [call, []];
  if (gate.phase === 'listening') return leave(call, event.channel);
  if (gate.phase === 'confirming') {
    return leave(call, event.channel, [
      { type: 'stop-playback', channel: event.channel, playback: 'confirmation' },
    ]);
  }
  if (gate.phase === 'leaving' || !consent) return [call, []];
  const problem = 'Asterisk never reported the end of the playback';
  return leave(withConsent(call, { ...consent, problem }), event.channel, [
    { type: 'stop-playback', channel: event.channel, playback: 'announcement' },
  ]);
}

/** The channel is back in the dialplan, or gone. What was not heard to its end by now never was. */
export function leftGate(call: Call, channel: string, problem: string): Call {
  const { gate } = call;
  if (gate?.channel !== channel) return call;
  const left: Call = { ...call, gate: undefined };
  const consent = consentOf(call, channel);
  // In `listening` a key would still have counted, and nobody heard it.
  const cutShort = gate.phase === 'announcing' || gate.phase === 'listening';
  if (!cutShort || !consent || consent.problem !== undefined) return left;
  return withConsent(left, { ...consent, complete: false, problem });
}
