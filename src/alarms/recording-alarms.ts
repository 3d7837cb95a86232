import { clippingOf, findingsOf, missingMs, silentSides, type Finding } from '../call/findings.ts';
import { verdictOfSegment } from '../call/rules.ts';
import type { Call, Segment } from '../call/call.ts';
import type { Media } from '../recording/media.ts';
import type { AlarmRaised } from './alarms.ts';

/** An alarm about single recordings is over when there was no such recording in the group for so long. */
const lastsMs = 3_600_000;

/** What is to be told of the recordings of a call that is over. */
export function alarmsOf(call: Call): readonly AlarmRaised[] {
  return call.segments.flatMap((segment) => failureOf(segment) ?? findingAlarm(segment) ?? []);
}

function failureOf(segment: Segment): AlarmRaised | undefined {
  const { outcome, rule } = verdictOfSegment(segment);
  if (outcome !== 'start-failed' && outcome !== 'lost') return undefined;
  const { id, group: subject, recording } = segment;
  const problem = `recording ${id}: ${recording?.problem ?? rule}`;
  const hint = hints[rule] ?? 'See the log of Asterisk at that time, and run mitschnitt check.';
  return { kind: 'recording-failed', subject, problem, fault: 'asterisk', hint, lastsMs };
}

const freeSpace = 'Make room on the disk of the spool.';
const rights = 'Give the user whom Asterisk runs as the right to write in the spool; see mitschnitt check.';

/** What to do, by what stands in the way. */
export const hints: Readonly<Record<string, string>> = {
  'spool-full': freeSpace,
  'spool-missing':
    'Restart Mitschnitt, which makes the folders of the spool anew; find out what removed them.',
  'spool-not-writable': rights,
  'no-file-written': rights,
  'no-audio-written':
    'Find out why no audio (RTP) reached Asterisk: a firewall, NAT or a wrong address in SDP.',
};

function findingAlarm(segment: Segment): AlarmRaised | undefined {
  const { id, group: subject, recording } = segment;
  const findings = findingsOf(segment);
  if (findings.length === 0 || !recording?.media) return undefined;
  const { media } = recording;
  const problem = `recording ${id}: ${findings.map((finding) => told[finding](segment, media)).join('; ')}`;
  const [first = 'repaired'] = findings;
  const hint = remedies[first];
  return { kind: 'recording-finding', subject, problem, fault: 'asterisk', hint, lastsMs };
}

const msPerSecond = 1_000;
const percent = 100;

function seconds(ms: number): string {
  return `${(ms / msPerSecond).toFixed(1)} s`;
}

const told: Readonly<Record<Finding, (segment: Segment, media: Media) => string>> = {
  repaired: () => 'Asterisk did not come to close the file; its header was repaired, its end may be missing',
  'audio-missing': (segment, media) => `${seconds(missingMs(segment, media) ?? 0)} of the talk are missing`,
  silent: (_segment, media) => `nothing is to be heard ${silentSides(media).map(sideTold).join(' nor ')}`,
  clipped: (_segment, media) =>
    `${(clippingOf(media) * percent).toFixed(1)} % of the samples are clipped, the voice is distorted`,
};

function sideTold(side: 'both' | 'member' | 'other'): string {
  if (side === 'both') return 'at all';
  return side === 'member' ? 'of the member' : 'of the other party';
}

const remedies: Readonly<Record<Finding, string>> = {
  repaired: 'Find out why Asterisk ended in the middle of a call.',
  'audio-missing':
    'Find out whether audio (RTP) was lost, or the disk stalled. What neither party sends, as when both hold, is in no file.',
  silent:
    'Find out why no audio (RTP) of that party reached Asterisk: a firewall, NAT, or a microphone that is off.',
  clipped: 'Lower the volume of the telephone or the gain of the line.',
};
