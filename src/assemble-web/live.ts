/** What happens now, as the API has it. */
import { wordsOf } from '../alarms/notice-message.ts';
import { liveTalks, type LiveTalk } from '../controls.ts';
import { visibleLine } from '../recording/untrusted-text.ts';
import { isoWithOffset } from '../recording/local-time.ts';
import { forecast } from '../spool/disk-use.ts';
import { targetStatuses } from '../status.ts';
import type { SelfTestState } from '../selftest/self-test.ts';
import type { Step } from '../selftest/steps.ts';
import type { ConnectionCheck } from '../catalogue/catalogue.ts';
import type { UploadActivity } from '../delivery/uploader.ts';
import type { TargetStatus } from '../status.ts';
import type { EventData } from '../web/api/events.ts';
import type { LiveCall, StorageNow, TargetState } from '../web/api/overview.ts';
import type { LiveSource } from '../web/live.ts';
import type { Running, RunningSource } from './running.ts';

type Time = (instant: number) => string;

export function timeIn({ config }: Pick<Running, 'config'>): Time {
  return (instant) => isoWithOffset(instant, config.pbx.timezone);
}

export function maybe(time: Time, instant: number | undefined): string | null {
  return instant === undefined ? null : time(instant);
}

/** What the disk is to be expected to do follows from the last day. */
const forecastFromMs = 24 * 3_600_000;
/** Lines at once; there are more the next time. */
const linesAtOnce = 200;

export function liveSourceOf(running: RunningSource): LiveSource {
  return {
    calls: () => callsOf(running()),
    asterisk: () => asteriskOf(running()),
    alarms: (language) => alarmsOf(running(), language),
    selfTest: () => selfTestJson(running().selfTest.state, timeIn(running())),
    targets: () => targetsOf(running()),
    storage: () => storageOf(running()),
    lastLine: () => running().catalogue.lastSeq(),
    lastTry: () => running().catalogue.lastTry(),
    triesAfter: (place) => running().catalogue.triesAfter(place, linesAtOnce),
    linesAfter: async (seq) => {
      const time = timeIn(running());
      const lines = await running().catalogue.linesAfter(seq, linesAtOnce);
      return lines.map(({ seq: place, id, callId, group, verdict, startedAt }) => ({
        seq: place,
        line: { id, call_id: callId, group, outcome: verdict.outcome, start: time(startedAt) },
      }));
    },
  };
}

export function callsOf(running: Running): readonly LiveCall[] {
  const time = timeIn(running);
  return liveTalks(running.recorder()?.liveCalls ?? []).map((talk) => callJson(talk, time));
}

export function callJson(talk: LiveTalk, time: Time): LiveCall {
  const { callId, id, group, direction, from, to, startedAt, state, rule } = talk;
  return {
    ...{ key: id ?? callId, call_id: callId, id: id ?? null },
    group: group ?? null,
    direction: (direction ?? null) as LiveCall['direction'],
    ...{ from, to, start: time(startedAt), state, rule: rule ?? null },
    controls: [...controlsIn[state]],
  };
}

/** What makes sense to ask for; whether it is done is decided where the call is. */
const controlsIn: Readonly<Record<LiveTalk['state'], LiveCall['controls']>> = {
  gate: [],
  ringing: [],
  'not-recorded': ['start'],
  starting: [],
  recording: ['pause', 'stop'],
  pausing: [],
  paused: ['resume', 'stop'],
  resuming: [],
  stopped: ['start'],
  failed: ['start'],
};

export function asteriskOf({ asteriskVersion, recorder }: Running): EventData<'asterisk'> {
  const state = recorder()?.connectionState;
  const version = asteriskVersion() ?? null;
  return { ari: state?.ari ?? false, ami: state?.ami ?? false, version };
}

export function alarmsOf(running: Running, language: 'de' | 'en'): EventData<'alarms'>['alarms'] {
  const time = timeIn(running);
  return running.alarms.standing.map(({ kind, subject, since, problem, fault, hint }) => {
    const { title, meaning, remedy } = wordsOf({ kind }, language);
    const facts = { kind, subject, since: time(since), problem, fault, hint };
    return { ...facts, title: title(visibleLine(subject)), meaning, remedy };
  });
}

export async function targetsOf(running: Running): Promise<readonly TargetState[]> {
  const { config, catalogue, uploader, checks } = running;
  const time = timeIn(running);
  const { activity } = uploader;
  const statuses = targetStatuses(config.targets, {
    backlog: await catalogue.backlog(),
    reports: await catalogue.unfinishedIssues(),
    checks: checks.latest,
    activity,
  });
  return statuses.map((status) =>
    targetJson(
      status,
      activity.find(({ target }) => target === status.name),
      time,
    ),
  );
}

function targetJson(status: TargetStatus, activity: UploadActivity | undefined, time: Time): TargetState {
  const { name, kind, pending, pendingBytes, setAside, delivered, lastSuccessAt, lastError, check } = status;
  return {
    ...{ name, kind, pending, pending_bytes: pendingBytes, set_aside: setAside, delivered },
    last_success: maybe(time, lastSuccessAt),
    state: activity?.state ?? null,
    next_attempt: maybe(time, activity?.restsUntil),
    bytes_per_second: activity?.bytesPerSecond ?? null,
    files: (activity?.files ?? []).map(({ recording, name: file, bytes, sent, startedAt }) => ({
      ...{ recording, name: file, bytes, sent, since: time(startedAt) },
    })),
    last_error: lastError ? { ...lastError, at: time(lastError.at) } : null,
    check: check ? checkJson(check, time) : null,
  };
}

function checkJson({ at, ms, problem }: ConnectionCheck, time: Time): NonNullable<TargetState['check']> {
  return { at: time(at), ms, ok: problem === undefined, problem: problem ?? null };
}

export async function storageOf({ config, spool, catalogue }: Running): Promise<StorageNow> {
  const { warn, stop } = config.storage;
  const [active, transfer, disk] = await Promise.all([
    spool.usage('active'),
    spool.usage('transfer'),
    spool.disk(),
  ]);
  const samples = await catalogue.storageSamples(Date.now() - forecastFromMs);
  const expected = disk && forecast(samples, disk, stop);
  return {
    ...{ active_files: active.files, active_bytes: active.bytes },
    ...{ transfer_files: transfer.files, transfer_bytes: transfer.bytes },
    ...{ free_bytes: disk?.freeBytes ?? 0, total_bytes: disk?.totalBytes ?? null, used: disk?.used ?? null },
    ...{ warn, stop },
    bytes_per_hour: expected?.bytesPerHour ?? null,
    hours_left: expected?.hoursLeft ?? null,
  };
}

export function selfTestJson({ running, result }: SelfTestState, time: Time): EventData<'selftest'> {
  if (!result) return { running, result: null };
  const { at, ms, ok, steps } = result;
  return { running, result: { at: time(at), ms, ok, steps: steps.map(stepJson) } };
}

function stepJson(step: Step) {
  const { name, group, target, prompt, state, ms, problem, reason } = step;
  return {
    ...{ name, group: group ?? null, target: target ?? null, prompt: prompt ?? null },
    ...{ state, ms, problem: problem ?? null, reason: reason ?? null },
  };
}
