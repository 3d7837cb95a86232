import type { Call, Segment } from '../../../src/call/call.ts';
import { verdictOfSegment } from '../../../src/call/rules.ts';
import type { Channel, Monitor, Stay } from './asterisk.ts';
import { minDurationMs, type Performance } from './performance.ts';
import { longestWayMs } from './mitschnitt.ts';
import { groupAt, isMemberSteady, talksOf, toleranceMs, type Talk } from './truth.ts';

/** All that is wrong with what Mitschnitt did, as sentences. */
export function faultsOf(performance: Performance): readonly string[] {
  const talks = talksOf(performance);
  return [
    ...performance.archive.faults,
    ...performance.spool.faults,
    ...settled(performance),
    ...released(performance),
    ...asked(performance),
    ...recordedOnce(performance),
    ...talks.flatMap((talk) => audio(talk, talks, performance)),
    ...(performance.blind.length === 0 ? listed(talks, performance) : []),
  ];
}

/** Every call has its verdict, every recording its file. */
function settled({ archive, asterisk, spool }: Performance): string[] {
  const faults: string[] = [];
  for (const call of archive.seen.values()) {
    if (!call.verdict && archive.saved.has(call.id)) faults.push(`call ${call.id} has no verdict`);
  }
  const segments = [...archive.saved.values()].flatMap((call) => call.segments);
  for (const { recording, channel } of asterisk.monitors) {
    const segment = segments.find(({ id }) => id === recording);
    const state = segment?.recording?.state;
    const isKept = spool.collected.has(recording) && !spool.discarded.has(recording);
    if (!channel.phone || channel.name.startsWith('PJSIP/trunk')) faults.push(`recorded on ${channel.name}`);
    if (isKept !== (state === 'finished')) {
      faults.push(
        `recording ${recording} on ${channel.name} is ${state ?? 'unknown'}, its file ${isKept ? '' : 'not '}kept`,
      );
    }
  }
  return faults;
}

/** Whoever came into the gate left it, by one command unless a restart left that in doubt, or by hanging up. */
function released({ asterisk, blind }: Performance): string[] {
  return asterisk.stays.flatMap((stay) => {
    const isDoubtful = blind.some(({ to }) => to >= stay.from);
    if (stay.to === undefined) return [`${stay.channel.name} was left in the gate`];
    if (stay.continued > 1 && !isDoubtful) return [`${stay.channel.name} was sent out of the gate twice`];
    return [];
  });
}

/** Whoever was called outside is asked before it is connected with a member whose group wants that, and only then. */
function asked(performance: Performance): string[] {
  const { asterisk, blind, story } = performance;
  if (blind.length > 0) return [];
  const isAsked = ({ played }: Stay): boolean => played.length > 0;
  const wasAsked = ({ channel, from }: Stay): boolean =>
    asterisk.stays.some((each) => each.channel === channel && each.from <= from && isAsked(each));
  return asterisk.stays.flatMap((stay) => {
    const { channel: called, side, to = Infinity } = stay;
    const { by } = called;
    const isConnected = asterisk.acoustics.hearings.some(
      ({ a, b, from }) => [a, b].every((one) => one === called || one === by) && from - to < toleranceMs,
    );
    // Answered before the other connection could tell that it was called.
    const isTooSoon = stay.from - called.from < toleranceMs;
    if (side !== 'called' || !by || !isConnected || isTooSoon) return [];
    if (!isMemberSteady(by, stay.from, to, performance)) return [];
    const group = groupAt(by, stay.from, performance);
    const manner = group && story.manners[group].outgoing;
    const isToBeAsked = manner !== undefined && !['none', 'off', 'on-demand'].includes(manner);
    if (isToBeAsked ? wasAsked(stay) : !isAsked(stay)) return [];
    return [`${called.name} was ${isToBeAsked ? 'not asked' : 'asked for nothing'} on behalf of ${by.name}`];
  });
}

/** One recording at a time on a channel, and each id for one recording. */
function recordedOnce({ asterisk, blind }: Performance): string[] {
  // A command to stop that was lost is given again when Mitschnitt is back.
  const isBlind = (one: Monitor): boolean => blind.some((span) => overlapMs(one, span) > -toleranceMs);
  return asterisk.monitors.flatMap((one, index) =>
    asterisk.monitors.slice(index + 1).flatMap((other) => {
      if (one.recording === other.recording) return [`${one.recording} was begun twice`];
      const together = other.channel === one.channel && overlapMs(one, other) > toleranceMs;
      return together && !isBlind(one) && !isBlind(other)
        ? [`two recordings at a time on ${one.channel.name}`]
        : [];
    }),
  );
}

/** What was heard is in a file if it may be, and in none if it may not. */
function audio(talk: Talk, talks: readonly Talk[], performance: Performance): string[] {
  const { from, to, outcome, members, crowded } = talk;
  const name = nameOf(talk);
  const monitors = performance.asterisk.monitors.filter(({ channel }) => members.includes(channel));
  const inside = { from: from + toleranceMs, to: to - toleranceMs };
  if (outcome === undefined || inside.to <= inside.from) return [];
  const blind = performance.blind.map((each) => ({
    from: each.from - toleranceMs,
    to: each.to + toleranceMs,
  }));
  // A colleague may listen to what is recorded.
  const mayBeHeard = crowded && outcome === 'direction-off' && talk.direction === 'internal';
  const unwanted = mayBeHeard ? [] : without([inside], [...talk.recorded.map(grown), ...blind]);
  const isHeard = unwanted.some((span) => monitors.some((monitor) => overlapMs(monitor, span) > 0));
  if (isHeard) return [`${name} was recorded, although ${talk.isControlled ? 'nobody wanted it' : outcome}`];
  if (outcome !== 'recorded') return [];
  // Whoever must not be recorded keeps the others in the room from being so.
  const forbidden = crowded
    ? talks
        .filter(({ outcome: of, a, b }) => of !== 'recorded' && members.some((one) => one === a || one === b))
        .map((each) => ({ from: each.from - toleranceMs, to: each.to + toleranceMs }))
    : [];
  const wanted = talk.recorded.map(shrunk).filter((span) => span.to > span.from);
  const missing = without(wanted, [...monitors, ...blind, ...forbidden]);
  if (missing.length > 0) {
    const ms = missing.reduce((sum, span) => sum + span.to - span.from, 0);
    return [`${name} was not recorded for ${ms} of ${to - from} ms`];
  }
  const silence = silences(talk, monitors);
  if (silence !== undefined && blind.every((span) => overlapMs(span, inside) <= 0)) return [silence];
  const during = monitors.map((monitor) => cut(monitor, inside));
  const twice = during.some((one, index) =>
    during.slice(index + 1).some((other) => overlapMs(one, other) > toleranceMs),
  );
  const isSeen = blind.every((span) => overlapMs(span, inside) <= 0);
  return twice && !crowded && isSeen ? [`${name} was recorded twice`] : [];
}

/** Whether the files are silent where somebody paused them, and nowhere else. */
function silences(talk: Talk, monitors: readonly Monitor[]): string | undefined {
  const { from, to, silent, recorded, crowded } = talk;
  if (crowded) return undefined;
  const muted = monitors.flatMap((monitor) => monitor.muted.map((span) => cut(monitor, span)));
  const missing = without(
    silent.map(shrunk).filter((span) => span.to > span.from),
    muted,
  );
  if (missing.length > 0) return `${nameOf(talk)} was heard during a pause`;
  const loud = without(recorded.map(shrunk), silent.map(grown)).filter((span) => span.to > span.from);
  const isLost = loud.some((span) => muted.some((one) => overlapMs(one, span) > 0));
  return isLost ? `${nameOf(talk)} was silent without a pause, in ${from} to ${to}` : undefined;
}

function shrunk({ from, to }: { from: number; to: number }): { from: number; to: number } {
  return { from: from + toleranceMs, to: to - toleranceMs };
}

function grown({ from, to }: { from: number; to: number }): { from: number; to: number } {
  return { from: from - toleranceMs, to: to + toleranceMs };
}

/** Each talk has its line: who, when, outcome. And there is no other line. */
function listed(talks: readonly Talk[], performance: Performance): string[] {
  const lines = [...performance.archive.seen.values()].flatMap((call) =>
    call.segments.map((segment) => ({ call, segment })),
  );
  const crowds = talks.filter(({ crowded }) => crowded).flatMap(({ a, b }) => [a, b]);
  const isCrowd = ({ segment }: Line): boolean =>
    crowds.some(({ id }) => id === segment.memberChannel || id === segment.otherChannel);
  const open = new Set(lines.filter((line) => !isCrowd(line)));
  const faults: string[] = [];
  const plain = talks.filter(({ a, b }) => !crowds.includes(a) && !crowds.includes(b));
  // Somebody became a member in the middle of it, say: it may have any line or none. Who stops and starts a recording
  // has several.
  const isLoose = ({ outcome, isControlled }: Talk): boolean => outcome === undefined || isControlled;
  for (const talk of plain.filter((each) => !isLoose(each))) {
    const line = [...open].find((each) => isLineOf(each.segment, talk));
    if (line) {
      open.delete(line);
      faults.push(...compare(line, talk, performance));
    } else if (talk.to - talk.from > toleranceMs) {
      faults.push(`${nameOf(talk)} has no line`);
    }
  }
  for (const talk of plain.filter(isLoose)) {
    for (const each of open) if (isDuring(each.segment, talk)) open.delete(each);
  }
  for (const { segment } of open) {
    const { from, to, startedAt, endedAt = startedAt } = segment;
    faults.push(
      `a line too many: ${from} to ${to}, ${endedAt - startedAt} ms, ${verdictOfSegment(segment).outcome}`,
    );
  }
  return faults;
}

interface Line {
  readonly call: Call;
  readonly segment: Segment;
}

function isLineOf(segment: Segment, talk: Talk): boolean {
  return isOfPair(segment, talk) && Math.abs(segment.startedAt - talk.from) <= toleranceMs;
}

function isDuring(segment: Segment, talk: Talk): boolean {
  const { startedAt } = segment;
  return (
    isOfPair(segment, talk) && startedAt >= talk.from - toleranceMs && startedAt <= talk.to + toleranceMs
  );
}

function isOfPair({ memberChannel, otherChannel }: Segment, { a, b }: Talk): boolean {
  return [a.id, b.id].includes(memberChannel) && [a.id, b.id].includes(otherChannel);
}

function compare({ call, segment }: Line, talk: Talk, performance: Performance): string[] {
  const faults: string[] = [];
  const { startedAt, endedAt = startedAt, direction, group, from, to } = segment;
  const name = nameOf(talk);
  if (!call.verdict) return [`${name} is in a call without a verdict`];
  if (Math.abs(endedAt - talk.to) > toleranceMs) faults.push(`${name} ends ${endedAt - talk.to} ms too late`);
  if (direction !== talk.direction) faults.push(`${name} is called ${direction}`);
  if (group !== talk.group) faults.push(`${name} is of the group ${group}`);
  const numbers = [talk.a, talk.b].map(({ phone = '', number }) => number || phone);
  if (!isSame([from, to], numbers)) faults.push(`${name} is listed as ${from} to ${to}`);
  const talkMs = talk.to - talk.from;
  const { outcome } = verdictOfSegment(segment);
  const mayBeShort = talkMs < minDurationMs + toleranceMs && talk.outcome === 'recorded';
  const isRight = outcome === talk.outcome || (mayBeShort && outcome === 'too-short');
  // Of a talk that was over at once, either connection may have told the later event first.
  if (!isRight && talkMs > toleranceMs)
    faults.push(`${name} is listed as ${outcome} and not ${talk.outcome}`);
  // A consultation is a call of its own, for which Asterisk has no Linkedid.
  const isPlain = performance.played.every(({ verb }) => verb !== 'consults');
  if (
    isPlain &&
    talk.a.linkedId === talk.b.linkedId &&
    !areOneCall(call.linkedId, talk.a.linkedId, performance)
  ) {
    faults.push(`${name} is in the call ${call.linkedId}, which Asterisk calls ${talk.a.linkedId}`);
  }
  return faults;
}

/** Which of two calls that began together is the older one cannot be said. */
function areOneCall(one: string, other: string, { asterisk }: Performance): boolean {
  const begun = asterisk.channels.filter(({ id }) => id === one || id === other).map(({ from }) => from);
  return one === other || Math.max(...begun) - Math.min(...begun) < toleranceMs;
}

/** A number that was dialled to the outside is known by what was dialled. */
function isSame(listed: readonly string[], parties: readonly string[]): boolean {
  const isPlain = parties.every((number) => /^\+?\d+$/.test(number));
  return (
    !isPlain ||
    (listed.every((each) => parties.includes(each)) && parties.every((each) => listed.includes(each)))
  );
}

function nameOf({ a, b }: Talk): string {
  return `${phoneOf(a)} with ${phoneOf(b)}`;
}

function phoneOf({ phone, name }: Channel): string {
  return phone ?? name;
}

interface Span {
  readonly from: number;
  readonly to: number | undefined;
}

function overlapMs(one: Span, other: Span): number {
  return Math.min(one.to ?? Infinity, other.to ?? Infinity) - Math.max(one.from, other.from);
}

function cut(monitor: Monitor, span: Span): { from: number; to: number | undefined } {
  return {
    from: Math.max(monitor.from, span.from),
    to: Math.min(monitor.to ?? Infinity, span.to ?? Infinity),
  };
}

/** What is left of the spans when others are taken out; what is shorter than a tolerance is nothing. */
function without(
  spans: readonly { from: number; to: number }[],
  taken: readonly Span[],
): readonly { from: number; to: number }[] {
  let left = spans;
  for (const { from, to = Infinity } of taken) {
    left = left.flatMap((span) => [
      ...(from > span.from ? [{ from: span.from, to: Math.min(span.to, from) }] : []),
      ...(to < span.to ? [{ from: Math.max(span.from, to), to: span.to }] : []),
    ]);
  }
  return left.filter((span) => span.to - span.from > longestWayMs);
}
