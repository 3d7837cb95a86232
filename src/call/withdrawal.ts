import { consentInTalk } from './gate.ts';
import { decideTalk } from './rules.ts';
import { endRecording, groupOfSegment } from './talk.ts';
import { unsettled } from './call.ts';
import type { Step } from './gate.ts';
import type { Call, Consent, Policy, Segment, Verdict } from './call.ts';
import type { Command } from './event.ts';

/**
 * What a party heard or pressed may be told after its talk has begun: the gate and the talks come by two connections. A
 * recording that it does not allow ends, and nothing of it is kept: {@link keepNothing}.
 */
export function withdraw(before: Call, call: Call, policy: Policy): Step {
  if (call.consents === before.consents) return [call, []];
  const commands: Command[] = [];
  const segments = call.segments.map((segment) => {
    const { recording } = segment;
    const verdict = recording && verdictAfter(before, call, segment, policy);
    if (!verdict) return segment;
    const forbidden: Segment = { ...segment, verdict };
    // What is about to start ends when it has started; what ends already is only not kept.
    if (recording.state !== 'running') return forbidden;
    const [ending, ends] = endRecording(call, forbidden, recording);
    commands.push(...ends);
    return ending;
  });
  return segments.every((segment, index) => segment === call.segments[index])
    ? [call, []]
    : [{ ...call, segments }, commands];
}

/** Why a talk that is recorded may not be any more; undefined: it may. */
function verdictAfter(before: Call, call: Call, segment: Segment, policy: Policy): Verdict | undefined {
  const { direction, patterns = {}, recording, verdict } = segment;
  if (!recording || !unsettled.includes(recording.state) || verdict.outcome !== 'recorded') return undefined;
  const consent = consentInTalk(call, segment);
  if (!consent || !isTakenBack(before, consent)) return undefined;
  const mode = groupOfSegment(call, segment, policy)?.announcement[direction].mode ?? consent.mode;
  // It is recorded: whoever had to ask for that did.
  const now = decideTalk({ record: true, asked: 'start', mode, consent, patterns });
  return now.outcome === 'recorded' ? undefined : now;
}

/** Of what came with a party from another call, nothing is new. */
function isTakenBack(before: Call, consent: Consent): boolean {
  const was = before.consents.find(
    ({ channel, countsFrom }) => channel === consent.channel && countsFrom === consent.countsFrom,
  );
  if (!was) return false;
  const declined = was.decision !== 'declined' && consent.decision === 'declined';
  return declined || (was.complete && !consent.complete);
}

/** Removes the recordings of talks that may not be recorded, as soon as Asterisk has let go of their files. */
export function keepNothing(call: Call): Step {
  const isToGo = ({ recording, verdict }: Segment): boolean =>
    recording !== undefined && verdict.outcome !== 'recorded' && !unsettled.includes(recording.state);
  const gone = call.segments.filter(isToGo);
  if (gone.length === 0) return [call, []];
  const segments = call.segments.map((each) => (isToGo(each) ? { ...each, recording: undefined } : each));
  return [{ ...call, segments }, gone.map(({ id }) => ({ type: 'discard-recording', recording: id }))];
}
