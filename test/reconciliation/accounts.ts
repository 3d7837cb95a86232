// The same call as Asterisk notes it and as the catalogue keeps it.
import { newCall } from '../../src/call/lifecycle.ts';
import type { CallDetail } from '../../src/call/account.ts';
import type { Call, Consent, Leg, Policy, Segment, Verdict } from '../../src/call/call.ts';
import { announcement, group, policy } from '../call/story.ts';

/** Wednesday, 7 April 2021, 13:34:26 in Zurich. */
export const START = Date.UTC(2021, 3, 7, 11, 34, 26);

/** Members are 200 and 201; internal calls are of no interest, and one number never. */
export const rules: Policy = policy({
  groups: [
    group({
      record: { incoming: true, outgoing: true, internal: false },
      numbers: { neverRecord: ['+41799999999'], alwaysRecord: [], skipAnnouncement: [] },
      announcement: {
        incoming: announcement('opt-out'),
        outgoing: announcement('notice'),
        internal: announcement('none'),
      },
    }),
  ],
});

export const recorded: Verdict = { outcome: 'recorded', rule: 'announced' };

/** An incoming call of half a minute, as Asterisk notes it: answered in the gate, 9 s before the talk. */
export function detailOf(n: number, change: Partial<CallDetail> = {}): CallDetail {
  const startedAt = change.startedAt ?? START;
  return {
    channel: `${startedAt / 1_000}.${n * 2}`,
    linkedId: `${startedAt / 1_000}.${n * 2}`,
    callerName: `PJSIP/trunk-${hex(n * 2)}`,
    calledName: `PJSIP/200-${hex(n * 2 + 1)}`,
    from: '+41791234567',
    to: '200',
    startedAt,
    answeredAt: startedAt,
    endedAt: startedAt + 39_000,
    ...change,
  };
}

function hex(n: number): string {
  return n.toString(16).padStart(8, '0');
}

/** What the catalogue keeps of it when it was seen; `verdict` undefined: it never saw the two talk. */
export function callOf(detail: CallDetail, verdict: Verdict | undefined, change: Partial<Call> = {}): Call {
  const { channel, callerName, calledName, startedAt, endedAt } = detail;
  const calledChannel = `${channel}1`;
  const legs = [
    legOf(channel, 'caller', callerName, detail.from, endedAt),
    legOf(calledChannel, 'called', calledName, detail.to, endedAt),
  ];
  const memberCalls = !callerName.startsWith('PJSIP/trunk');
  const segment: Segment = {
    id: `talk ${channel}`,
    group: 'Verkauf',
    direction: memberCalls ? 'outgoing' : 'incoming',
    memberChannel: memberCalls ? channel : calledChannel,
    memberName: memberCalls ? callerName : calledName,
    otherChannel: memberCalls ? calledChannel : channel,
    from: detail.from,
    to: detail.to,
    startedAt: startedAt + 9_000,
    endedAt: endedAt + 120,
    endObserved: true,
    verdict: verdict ?? recorded,
    recording:
      verdict?.outcome === 'recorded'
        ? { state: 'finished', mixMonitor: undefined, media: undefined, problem: undefined }
        : undefined,
  };
  return {
    ...newCall(`call ${channel}`, detail.linkedId ?? channel, startedAt),
    legs,
    segments: verdict ? [segment] : [],
    endedAt: endedAt + 150,
    verdict: verdict ?? { outcome: 'not-answered', rule: 'no-talk' },
    ...change,
  };
}

function legOf(channel: string, role: Leg['role'], name: string, number: string, hungUpAt: number): Leg {
  return { channel, role, name, number, dialled: '', bridge: undefined, leftAt: undefined, hungUpAt };
}

/** What the called party heard before it hung up in the gate, or was let go. */
export function consentOf({ channel, startedAt }: CallDetail, change: Partial<Consent>): Consent {
  return {
    group: 'Verkauf',
    direction: 'outgoing',
    mode: 'notice',
    channel: `${channel}1`,
    number: '+41791234567',
    prompt: 'ansage',
    language: 'de',
    sha256: 'f00d',
    place: 'gate',
    countsFrom: startedAt,
    playedFrom: startedAt,
    playedTo: undefined,
    complete: false,
    key: undefined,
    keyAt: undefined,
    decision: 'none',
    problem: undefined,
    ...change,
  };
}
