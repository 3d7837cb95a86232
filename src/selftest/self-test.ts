import { directions, type Call, type Direction, type Group, type Segment } from '../call/call.ts';
import type { ControlAnswer, ControlRequest } from '../controls.ts';
import type { PbxConnections, Telephones } from '../asterisk/pbx.ts';
import type { Alarms } from '../alarms/alarms.ts';
import type { Target, TargetPath } from '../delivery/target.ts';
import type { Log } from '../log.ts';
import type { SelfTestLedger } from '../catalogue/self-test-ledger.ts';
import { LeftFiles } from './left-files.ts';
import { ResultFile, type SelfTestResult } from './result-file.ts';
import { roundTrip } from './round-trip.ts';
import { found, Steps, type SkipReason, type StepName } from './steps.ts';
import { TestRecordings } from './test-recordings.ts';
import { TestCall } from './test-call.ts';
import { checkTestFile } from './test-file.ts';

/** A target, as the self-test needs it. */
export interface TestedTarget {
  readonly name: string;
  readonly create: () => Target;
  /** Why nothing is sent to it; undefined: it is tried. */
  readonly leftOut: SkipReason | undefined;
}

export interface SelfTestParts {
  /** Keeps the last result over a restart. */
  readonly file: string;
  /** Keeps what is at targets. */
  readonly ledger: SelfTestLedger;
  /** Keeps which recordings are of self-tests. */
  readonly recordingsFile: string;
  readonly targets: readonly TestedTarget[];
  /** Names of the targets of a group. */
  readonly targetsOf: (group: string) => readonly string[];
  /** All announcements that any group plays: each throws what stands in its way. */
  readonly prompts: readonly { readonly name: string; readonly check: () => Promise<void> }[];
  /** Where and under which name the recording of a test is delivered. */
  readonly nameOf: (talk: Segment, call: string) => TargetPath;
  readonly files: {
    transferFile(recording: string): string;
    discard(recording: string): Promise<void>;
    remove(recording: string): Promise<void>;
  };
  readonly minDurationMs: number;
  readonly alarms: Pick<Alarms, 'raise' | 'clear'>;
  readonly log: Log;
  readonly now: () => number;
}

/** The running recorder, as the self-test calls through it. */
export interface TestedRecorder {
  readonly telephones: Telephones;
  readonly groups: readonly Group[];
  readonly connections: () => PbxConnections;
  readonly control: (request: ControlRequest) => Promise<ControlAnswer>;
}

/** What goes on, and what came of the last test (`GET /selftest`). */
export interface SelfTestState {
  readonly running: boolean;
  /** Of the running one what was done so far; undefined: there was none yet. */
  readonly result: SelfTestResult | undefined;
}

const subject = 'mitschnitt selftest';

/**
 * Tries all that a recording needs, by a call of its own to each group: announcement, key, MixMonitor, file, and at each
 * target delivery, reading back and removal. Nothing of it is in the catalogue, and so in no list and no report.
 */
export class SelfTest {
  readonly #parts: SelfTestParts;
  readonly #file: ResultFile;
  readonly #recordings: TestRecordings;
  readonly #left: LeftFiles;
  readonly #stopping = new AbortController();
  #recorder: TestedRecorder | undefined;
  #running: { readonly startedAt: number; readonly steps: Steps; readonly done: Promise<void> } | undefined;
  #call: TestCall | undefined;
  #last: SelfTestResult | undefined;
  #sweeping: Promise<void> = Promise.resolve();

  constructor(parts: SelfTestParts) {
    this.#parts = parts;
    this.#file = new ResultFile(parts.file, parts.log);
    const { files, log, recordingsFile } = parts;
    this.#recordings = new TestRecordings(recordingsFile, (id) => files.remove(id), log);
    this.#left = new LeftFiles(parts);
  }

  /** Takes over what a former process found, and removes what it left; at targets meanwhile, which may take long. */
  async start(): Promise<void> {
    await this.#recordings.sweep();
    this.#sweepTargets();
    this.#last = await this.#file.read();
    if (this.#last?.ok === false) this.#judge(this.#last);
  }

  /** From now on there is somebody to call through. */
  use(recorder: TestedRecorder): void {
    this.#recorder = recorder;
  }

  /** A test that goes on is given up, and says nothing. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running?.done;
    await this.#sweeping;
  }

  /** Undefined: there was none yet. */
  get last(): SelfTestResult | undefined {
    return this.#last;
  }

  get state(): SelfTestState {
    const running = this.#running;
    return running
      ? { running: true, result: this.#resultOf(running.startedAt, running.steps) }
      : { running: false, result: this.#last };
  }

  /** Begins one unless one goes on; the result is in `state` when it is over. */
  begin(): void {
    if (this.#running || this.#stopping.signal.aborted) return;
    const steps = new Steps(this.#parts.now);
    const startedAt = this.#parts.now();
    const done = this.#run(steps)
      .then(() => this.#finish(startedAt, steps))
      .catch((error: unknown) => {
        this.#running = undefined;
        this.#parts.log.error('the self-test could not be done', { error: String(error) });
      });
    this.#running = { startedAt, steps, done };
  }

  /** Told of each state of each call of a self-test, before anything is done about it. */
  tell(call: Call): void {
    this.#recordings.note(call.segments.map(({ id }) => id));
    if (call.linkedId === this.#call?.id) this.#call.tell(call);
    // Of a former process, or given up: nobody waits for its file.
    else if (call.verdict) for (const { id } of call.segments) void this.#parts.files.discard(id);
  }

  /** Of targets that do not answer nothing can be had, and nothing has to wait for it. */
  #sweepTargets(): void {
    this.#sweeping = this.#left.sweep(this.#stopping.signal);
  }

  async #run(steps: Steps): Promise<void> {
    await this.#recordings.sweep();
    this.#sweepTargets();
    for (const { name, check } of this.#parts.prompts)
      await steps.run({ name: 'prompt', prompt: name }, check);
    const recorder = await steps.run({ name: 'asterisk' }, () => Promise.resolve(this.#connected()));
    if (!recorder) return;
    const untried = new Map(this.#parts.targets.map((target) => [target.name, target]));
    for (const [index, group] of recorder.groups.entries()) {
      if (this.#stopping.signal.aborted) return;
      await this.#tryGroup(recorder, { group, index, steps, untried });
    }
  }

  #connected(): TestedRecorder {
    const { ari = false, ami = false } = this.#recorder?.connections() ?? {};
    if (this.#recorder && ari && ami) return this.#recorder;
    const missing = [...(ari ? [] : ['ARI']), ...(ami ? [] : ['AMI'])].join(' and ');
    throw found(
      'asterisk-disconnected',
      'asterisk',
      `No connection to Asterisk: ${missing}`,
      'Check that Asterisk runs, and the section asterisk (mitschnitt check).',
    );
  }

  async #tryGroup(
    recorder: TestedRecorder,
    {
      group,
      index,
      steps,
      untried,
    }: { group: Group; index: number; steps: Steps; untried: Map<string, TestedTarget> },
  ): Promise<void> {
    const direction = directionOf(group);
    if (!direction) {
      steps.skip({ name: 'call', group: group.name }, 'the group records nothing');
      return;
    }
    const parts = {
      ...recorder,
      steps,
      signal: this.#stopping.signal,
      minDurationMs: this.#parts.minDurationMs,
    };
    const call = (this.#call = new TestCall(parts, group, index, direction));
    const talk = await call.run();
    try {
      await this.#tryFile(talk, { call: call.id, group: group.name, steps, untried });
    } finally {
      this.#call = undefined;
      for (const id of call.recordings) await this.#parts.files.discard(id);
    }
  }

  async #tryFile(
    talk: Segment | undefined,
    {
      call,
      group,
      steps,
      untried,
    }: { call: string; group: string; steps: Steps; untried: Map<string, TestedTarget> },
  ): Promise<void> {
    const media = talk?.recording?.media;
    const targets = this.#parts.targetsOf(group).flatMap((name) => untried.get(name) ?? []);
    const leaveOut = (target: string, reason: SkipReason): void => {
      for (const name of atTargets) steps.skip({ name, group, target }, reason);
    };
    if (!talk || !media) {
      for (const { name } of targets) leaveOut(name, 'there is no recording to deliver');
      return;
    }
    const source = this.#parts.files.transferFile(talk.id);
    await steps.run({ name: 'file', group }, () => checkTestFile(source, media));
    const file = { source, ...this.#parts.nameOf(talk, call), bytes: media.bytes, sha256: media.sha256 };
    const upload = {
      ...file,
      id: talk.id,
      facts: { ...talk, durationMs: media.durationMs },
      signal: this.#stopping.signal,
    };
    for (const { name, create, leftOut } of targets) {
      untried.delete(name);
      if (leftOut === undefined) await roundTrip(create(), upload, steps, this.#left);
      else leaveOut(name, leftOut);
    }
  }

  async #finish(startedAt: number, steps: Steps): Promise<void> {
    this.#running = undefined;
    if (this.#stopping.signal.aborted) return;
    this.#last = this.#resultOf(startedAt, steps);
    this.#judge(this.#last);
    await this.#file.write(this.#last);
  }

  #resultOf(startedAt: number, { ok, done: steps }: Steps): SelfTestResult {
    return { at: startedAt, ms: this.#parts.now() - startedAt, ok, steps: [...steps] };
  }

  #judge({ ok, ms, steps }: SelfTestResult): void {
    const { alarms, log } = this.#parts;
    const failed = steps.filter(({ state }) => state === 'failed');
    const [problem] = failed.flatMap((step) => step.problem ?? []);
    if (ok || !problem) {
      log.info('self-test passed', { ms, steps: steps.length });
      alarms.clear('selftest-failed', subject);
      return;
    }
    const { code, fault, hint, message } = problem;
    const more = failed.length > 1 ? ` (and ${failed.length - 1} more: mitschnitt status --json)` : '';
    alarms.raise({ kind: 'selftest-failed', subject, problem: `${message}${more}`, fault, hint, code });
  }
}

const atTargets: readonly StepName[] = ['delivery', 'read-back', 'removal'];

/** The first one that is recorded, best one that is without being asked for. */
function directionOf({ record }: Group): Direction | undefined {
  return (
    directions.find((each) => record[each] === true) ?? directions.find((each) => record[each] !== false)
  );
}
