import { newCall } from '../../src/call/lifecycle.ts';
import type { Call, Segment } from '../../src/call/call.ts';
import type { ReportIssue } from '../../src/catalogue/catalogue.ts';
import type { CallRecord, FinishedRecording } from '../../src/recording/recording.ts';

/** 2021-04-07 13:34:26 in Zurich. */
export const START = Date.UTC(2021, 3, 7, 11, 34, 26);

const segment: Segment = {
  id: 'segment-1',
  group: 'Verkauf',
  direction: 'incoming',
  memberChannel: '1617795266.8',
  memberName: 'PJSIP/200-00000002',
  otherChannel: '1617795266.7',
  from: '+41791234567',
  to: '200',
  startedAt: START,
  endedAt: undefined,
  endObserved: true,
  verdict: { outcome: 'recorded', rule: 'announced' },
  recording: { state: 'running', mixMonitor: '0x1', media: undefined, problem: undefined },
};

/** A call as it stands while two parties talk. */
export function sampleCall(id: string, change: Partial<Call> = {}): Call {
  return {
    ...newCall(id, `linked-${id}`, START),
    segments: [{ ...segment, id: `segment-of-${id}` }],
    ...change,
  };
}

export function sampleRecording(id: string, change: Partial<FinishedRecording> = {}): FinishedRecording {
  return {
    id,
    callId: 'call-1',
    group: 'Verkauf',
    direction: 'incoming',
    from: '+41791234567',
    to: '200',
    startedAt: START,
    endedAt: START + 192_000,
    bytes: 3_072_044,
    durationMs: 192_000,
    sha256: 'a'.repeat(64),
    folder: '2021/04/Verkauf',
    name: 'Aufnahme_2021-04-07_13-34-26_+41791234567_200.wav',
    ...change,
  };
}

/** A report that is on its way to a target. */
export function sampleIssue(id: string, change: Partial<ReportIssue> = {}): ReportIssue {
  return {
    ...{ id, target: 'archiv', period: '2021-04', isClosed: true, lastSeq: 1, name: 'Report_2021-04.csv' },
    ...{ bytes: 2_000, sha256: 'b'.repeat(64), state: 'pending', attempts: 0, dueAt: 0 },
    ...{ deliveredAt: undefined, problem: undefined },
    ...change,
  };
}

export function sampleRecord(id: string, change: Partial<CallRecord> = {}): CallRecord {
  return {
    id,
    callId: `call-of-${id}`,
    linkedId: '1617795266.7',
    group: 'Verkauf',
    direction: 'incoming',
    from: '+41791234567',
    to: '200',
    startedAt: START,
    talkMs: 192_000,
    verdict: { outcome: 'recorded', rule: 'announced' },
    file: 'Aufnahme_2021-04-07_13-34-26_+41791234567_200.wav',
    ...change,
  };
}

/** The settled call of which a record is. */
export function closedCallOf(record: CallRecord): Call {
  return sampleCall(record.callId, { endedAt: record.startedAt + record.talkMs, verdict: record.verdict });
}

/** Everything that a listing gives. */
export async function allOf<Item>(listing: AsyncIterable<Item>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of listing) items.push(item);
  return items;
}
