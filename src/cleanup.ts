import { setTimeout as pause } from 'node:timers/promises';

import { orphanCall, type RecordedChannel } from './call/orphan.ts';
import { judge, type CleanupMode, type Judgement, type OpenRecording } from './call/stuck.ts';
import { messageOf } from './errors.ts';
import type { Alarms } from './alarms/alarms.ts';
import type { Call, Instant, Recording, RecordingId, Segment } from './call/call.ts';
import type { Catalogue } from './catalogue/catalogue.ts';
import type {
  CleanedRecording,
  CleanupAnswer,
  CleanupPreview,
  CleanupReport,
  CleanupRequest,
} from './cleanup-report.ts';
import type { Log } from './log.ts';
import type { Recorder } from './recorder.ts';
import type { ActiveFile } from './spool/active.ts';
import type { Spool } from './spool/spool.ts';

/** How often it is looked whether something is stuck, and how soon again where Asterisk could not be asked. */
const lookEveryMs = 60_000;
const lookAgainMs = 3_000;
/** A file that Asterisk will never close is waited for for 5 s; reading one of many hours takes some more. */
const settleLimitMs = 30_000;
const settleCheckMs = 50;
/** Asterisk begins a recording within ms. */
const startLimitMs = 1_000;

export interface CleanupParts {
  readonly recorder: Pick<
    Recorder,
    'talks' | 'policy' | 'liveCalls' | 'pbx' | 'event' | 'repair' | 'adopt' | 'kept'
  >;
  readonly files: Pick<Spool, 'active' | 'renameActive'>;
  readonly catalogue: Pick<Catalogue, 'lineOf' | 'mediaOf'>;
  readonly alarms: Pick<Alarms, 'raise' | 'clear'>;
  readonly log: Log;
  readonly now: () => Instant;
  readonly newId: () => string;
  /** A recording that runs longer is stuck. */
  readonly maxDurationMs: number;
}

type Whereabouts = OpenRecording['channel'];

/** A recording that runs, or whose file is in `active/`. */
interface Open {
  readonly id: RecordingId;
  readonly talk: { readonly call: Call; readonly segment: Segment } | undefined;
  readonly file: ActiveFile | undefined;
  readonly channel: RecordedChannel | undefined;
  readonly judgement: Judgement;
}

/** Takes out of `active/` what would stay there. No call is hung up by it. */
export class Cleanup {
  readonly #parts: CleanupParts;
  /** Where orphans were recorded, for when their channels are gone. */
  readonly #seen = new Map<RecordingId, { readonly channel: RecordedChannel; readonly where: Whereabouts }>();
  readonly #stopping = new AbortController();
  #turn: Promise<unknown> = Promise.resolve();
  #watching: Promise<void> | undefined;

  constructor(parts: CleanupParts) {
    this.#parts = parts;
  }

  /** Begins to watch for stuck recordings. */
  start(): void {
    this.#watching = this.#watch();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.allSettled([this.#watching, this.#turn]);
  }

  get preview(): CleanupPreview {
    const { liveCalls, talks } = this.#parts.recorder;
    return {
      liveCalls: liveCalls.filter(({ endedAt }) => endedAt === undefined).length,
      running: talks.filter(({ segment }) => isRunning(segment.recording)).length,
    };
  }

  /** Resolves when all is taken over, or has had its time. One after the other. */
  run(request: CleanupRequest): Promise<CleanupAnswer> {
    return this.#inTurn(() => this.#clean(request));
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  async #watch(): Promise<void> {
    const { signal } = this.#stopping;
    const isOver = (): boolean => signal.aborted;
    for (let waitMs = lookAgainMs; !isOver();) {
      await pause(waitMs, undefined, { signal }).catch(() => undefined);
      if (isOver()) return;
      waitMs = (await this.#inTurn(() => this.#look())) ? lookEveryMs : lookAgainMs;
    }
  }

  /** False: Asterisk could not be asked. */
  async #look(): Promise<boolean> {
    const { log } = this.#parts;
    try {
      const open = await this.#survey('stuck');
      if (open) this.#tell(open.filter(({ judgement }) => judgement !== 'goes-on'));
      return open !== undefined;
    } catch (error) {
      log.error('active/ could not be looked at', { error: messageOf(error) });
      return true;
    }
  }

  #tell(stuck: readonly Open[]): void {
    const { alarms } = this.#parts;
    const [first] = stuck;
    if (!first) {
      alarms.clear('recording-stuck', alarmSubject);
      return;
    }
    const more = stuck.length === 1 ? '' : ` (and ${stuck.length - 1} more)`;
    alarms.raise({
      kind: 'recording-stuck',
      subject: alarmSubject,
      problem: `recording ${first.id}${more}: ${first.file?.problem ?? told[first.judgement]}`,
      fault: 'asterisk',
      hint: 'Run mitschnitt cleanup --stuck: it ends no call and touches no other recording. What is no recording at all, it names; move that away.',
    });
  }

  /** Everything that is open, and what is to be done about it; undefined when Asterisk cannot be asked. */
  async #survey(mode: CleanupMode): Promise<readonly Open[] | undefined> {
    const { files, maxDurationMs, now, recorder } = this.#parts;
    const found = new Map((await files.active()).map((file) => [file.id, file]));
    // After the files: a recording is known before Asterisk begins its file.
    const talks = new Map(recorder.talks.map((talk) => [talk.segment.id, talk]));
    const isClear = (id: RecordingId): boolean => isRunning(talks.get(id)?.segment.recording);
    const asked = [...found.values()].filter(({ id, foreign }) => !foreign && !isClear(id));
    const channels = await recorder.pbx.channelsOf(asked.map(({ id }) => id));
    if (!channels) return undefined;
    this.#remember(channels, found);
    const ids = new Set([...found.keys(), ...talks.keys()]);
    return [...ids].flatMap((id) => {
      const [file, talk, channel] = [found.get(id), talks.get(id), channels.get(id)];
      if (!file && !isUnsettled(talk?.segment.recording)) return [];
      const facts = { id, segment: talk?.segment, file, channel: this.#seen.get(id)?.where };
      const rules = { mode, now: talk?.now ?? now(), maxDurationMs };
      return [{ id, talk, file, channel, judgement: judge(facts, rules) }];
    });
  }

  #remember(channels: ReadonlyMap<RecordingId, RecordedChannel>, found: ReadonlyMap<string, unknown>): void {
    for (const id of found.keys()) {
      const [now, before] = [channels.get(id), this.#seen.get(id)];
      // Who was there while they talked counts, not who is left.
      const channel = now && now.others.length > 0 ? now : (before?.channel ?? now);
      if (channel) this.#seen.set(id, { channel, where: now && this.#whereabouts(now, before?.where) });
    }
    for (const id of this.#seen.keys()) if (!found.has(id)) this.#seen.delete(id);
  }

  #whereabouts({ others }: RecordedChannel, before: Whereabouts): Whereabouts {
    if (others.length > 0) return 'talking';
    return typeof before === 'object' ? before : { apartSince: this.#parts.now() };
  }

  async #clean({ mode, actor }: CleanupRequest): Promise<CleanupAnswer> {
    const { log, recorder } = this.#parts;
    const { liveCalls } = this.preview;
    log.info('clean-up', { mode, actor, liveCalls });
    if (mode === 'all') await this.#until(() => !recorder.talks.some(isBeginning), startLimitMs);
    const open = await this.#survey(mode);
    if (!open) return { problem: 'Asterisk cannot be asked over AMI which recordings are in use.' };
    const cleaned: { open: Open; id: RecordingId; problem: string | undefined }[] = [];
    for (const each of open) {
      // Those whose calls are over at this very moment come by themselves.
      const isComing = mode === 'all' && each.talk?.segment.recording?.state === 'ending';
      if (each.judgement === 'goes-on' && !isComing) continue;
      cleaned.push({ open: each, ...(await this.#finish(each, actor)) });
    }
    const ours = new Set(cleaned.filter(({ problem }) => problem === undefined).map(({ id }) => id));
    const isDone = (): boolean =>
      !recorder.talks.some(({ segment }) => ours.has(segment.id) && isUnsettled(segment.recording));
    await this.#until(isDone, settleLimitMs);
    await recorder.kept();
    const report = this.#report(mode, liveCalls, cleaned);
    log.info('clean-up is done', { mode, ended: report.ended, moved: report.moved, orphans: report.orphans });
    for (const { file, reason } of report.left) log.warn('clean-up left a file', { file, reason });
    await this.#look();
    return report;
  }

  /** The id under which it is taken over, and why it is not. */
  async #finish(open: Open, actor: string): Promise<{ id: RecordingId; problem: string | undefined }> {
    const { now, recorder } = this.#parts;
    const { id, channel, judgement, talk } = open;
    try {
      switch (judgement) {
        case 'goes-on':
          break;
        case 'max-duration':
        case 'all':
          if (talk)
            recorder.event({
              at: now(),
              type: 'control-requested',
              channel: talk.segment.memberChannel,
              control: 'stop',
              actor: `cleanup:${judgement}:${actor}`,
            });
          break;
        case 'not-closed':
          // Asterisk may have led it to another channel than the member's.
          if (channel) await recorder.pbx.stopRecording(id, channel.facts.name, channel.mixMonitor);
          recorder.repair(id);
          break;
        case 'orphan':
          return await this.#adopt(open);
      }
      return { id, problem: undefined };
    } catch (error) {
      return { id, problem: messageOf(error) };
    }
  }

  async #adopt({
    id: before,
    channel,
    file,
  }: Open): Promise<{ id: RecordingId; problem: string | undefined }> {
    const { catalogue, files, log, newId, recorder } = this.#parts;
    if (!file || file.problem !== undefined) return { id: before, problem: file?.problem };
    const line = file.foreign ? undefined : await catalogue.lineOf({ id: before, callId: '' });
    const known = line === 'open' ? undefined : line;
    // Its call is settled, or its file was taken over before: nothing of that is overwritten.
    const isTaken = file.foreign || known !== undefined || (await catalogue.mediaOf(before)) !== undefined;
    const id = isTaken ? newId() : before;
    const facts = {
      ...{ callId: newId(), recording: id, known },
      startedAt: Math.round(Math.min(file.createdAt, file.writtenAt - file.durationMs)),
      endedAt: Math.round(file.writtenAt),
      channel: channel ?? this.#seen.get(before)?.channel,
      lives: channel !== undefined,
    };
    const call = orphanCall(facts, recorder.policy);
    if (!call) return { id: before, problem: 'there is no group that it could belong to' };
    if (isTaken) await files.renameActive(file, id);
    log.warn('a recording without a call is taken over', { recording: id, file: file.names[0] });
    await recorder.adopt(call);
    return { id, problem: undefined };
  }

  #report(
    mode: CleanupMode,
    liveCalls: number,
    cleaned: readonly { open: Open; id: RecordingId; problem: string | undefined }[],
  ): CleanupReport {
    const talks = new Map(this.#parts.recorder.talks.map((talk) => [talk.segment.id, talk]));
    const recordings: CleanedRecording[] = [];
    const left: CleanupReport['left'][number][] = [];
    for (const { open, id, problem } of cleaned) {
      const talk = talks.get(id);
      const state = talk?.segment.recording?.state;
      const names = open.file?.names ?? [id];
      if (problem !== undefined || !talk || isUnsettled(talk.segment.recording)) {
        left.push(...names.map((file) => ({ file, reason: problem ?? stillOpen })));
        continue;
      }
      const { from, to, startedAt } = talk.segment;
      const became = state === 'finished' ? 'moved' : 'discarded';
      const why = open.judgement === 'goes-on' ? 'call-over' : open.judgement;
      recordings.push({ id, callId: talk.call.id, from, to, startedAt, why, became });
    }
    const count = (is: (each: CleanedRecording) => boolean): number => recordings.filter(is).length;
    return {
      mode,
      liveCalls,
      ended: cleaned.filter(
        ({ open }) => open.channel !== undefined || isRunning(open.talk?.segment.recording),
      ).length,
      moved: count(({ why, became }) => became === 'moved' && why !== 'orphan'),
      orphans: count(({ why, became }) => became === 'moved' && why === 'orphan'),
      discarded: count(({ became }) => became === 'discarded'),
      recordings,
      left,
    };
  }

  async #until(isSo: () => boolean, limitMs: number): Promise<void> {
    const { signal } = this.#stopping;
    for (let waitedMs = 0; !isSo() && waitedMs < limitMs && !signal.aborted; waitedMs += settleCheckMs)
      await pause(settleCheckMs, undefined, { signal }).catch(() => undefined);
  }
}

/** There is one `active/`. */
const alarmSubject = 'active';

const stillOpen =
  'Asterisk has not closed it yet, or it takes its time to be read: it is taken over as soon as it can be';

const told: Readonly<Record<Judgement, string>> = {
  'goes-on': 'it goes on',
  all: 'it goes on',
  'max-duration': 'it runs for longer than cleanup.max_duration',
  'not-closed': 'its talk is over, and Asterisk has not closed the file',
  orphan: 'no call is known that it belongs to, and nobody talks there any more',
};

function isRunning(recording: Recording | undefined): boolean {
  return recording?.state === 'starting' || recording?.state === 'running';
}

function isUnsettled(recording: Recording | undefined): boolean {
  return isRunning(recording) || recording?.state === 'ending';
}

function isBeginning({ segment: { recording } }: { readonly segment: Segment }): boolean {
  return recording?.state === 'starting';
}
