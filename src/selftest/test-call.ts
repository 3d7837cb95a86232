import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';

import { hints } from '../alarms/recording-alarms.ts';
import { testCallOrder } from '../call/self-test.ts';
import { verdictOfSegment } from '../call/rules.ts';
import { CallWatch } from './call-watch.ts';
import { found, type SkipReason, type StepName, type Steps } from './steps.ts';
import { tones } from './test-file.ts';
import type { Telephones } from '../asterisk/pbx.ts';
import type {
  Announcement,
  Call,
  Consent,
  Direction,
  Group,
  Outcome,
  RecordingId,
  Segment,
} from '../call/call.ts';
import type { ControlAnswer, ControlRequest } from '../controls.ts';

/** What a call of the self-test is made with. */
export interface TestCallParts {
  readonly telephones: Telephones;
  readonly control: (request: ControlRequest) => Promise<ControlAnswer>;
  readonly steps: Steps;
  readonly signal: AbortSignal;
  /** Shortest audio that is kept, in ms. */
  readonly minDurationMs: number;
}

/** For a call to come to the gate, and from there to the other telephone: it is answered at once. */
const connectMs = 10_000;
/** For Asterisk to begin a playback, and to tell of its end. */
const playbackMs = 10_000;
const keyMs = 5_000;
/** For MixMonitor to begin; it takes some ms. */
const startMs = 5_000;
/** How long is talked, beyond the shortest that is kept. */
const talkMs = 2_000;
/** For Asterisk to close the file, and for us to take it over or find that there is none. */
const settleMs = 15_000;

/** For the call to be over once it is hung up. */
const endMs = 3_000;
/** Recordings that are not over yet. */
const unsettled = new Set(['starting', 'running', 'ending']);

/** A call of a group through announcement, key and MixMonitor, to the file of it. */
export class TestCall {
  readonly id = `mitschnitt-selftest-${randomUUID()}`;
  readonly #parts: TestCallParts;
  readonly #group: Group;
  readonly #index: number;
  readonly #direction: Direction;
  readonly #watch = new CallWatch();

  /** `index`: the place of the group in the configuration. */
  constructor(parts: TestCallParts, group: Group, index: number, direction: Direction) {
    this.#parts = parts;
    this.#group = group;
    this.#index = index;
    this.#direction = direction;
  }

  /** What is left of it in the spool. */
  get recordings(): readonly RecordingId[] {
    return this.#watch.recordings;
  }

  /** Told of each state of the call. */
  tell(call: Call): void {
    this.#watch.tell(call);
  }

  /** The talk whose recording is in `transfer/`; undefined: a step failed. */
  async run(): Promise<Segment | undefined> {
    try {
      return await this.#run();
    } finally {
      await this.#parts.telephones.hangUp(this.id).catch(() => undefined);
      // Also where the process is about to stop: else a file would stay that nobody knows.
      await this.#watch.until(({ verdict }) => verdict, endMs, new AbortController().signal);
    }
  }

  async #run(): Promise<Segment | undefined> {
    const { telephones } = this.#parts;
    const announcement = this.#group.announcement[this.#direction];
    const called = await this.#step('call', async () => {
      await telephones.dial(this.id, testCallOrder(this.#direction, this.#index));
      const begun = await this.#until(({ consents, segments }) => consents[0] ?? segments[0], connectMs);
      if (!begun) throw notConnected();
      return begun;
    });
    if (!called) return undefined;
    if (announcement.mode === 'none') this.#skip('announcement', 'the group announces nothing');
    else if (!(await this.#step('announcement', () => this.#announced(announcement)))) return undefined;
    if (announcement.mode !== 'opt-in') this.#skip('key', 'no key is needed to be recorded');
    else if (!(await this.#step('key', () => this.#agreed(announcement)))) return undefined;
    return this.#step('recording', () => this.#recorded(announcement));
  }

  async #announced({ prompt }: Announcement): Promise<Consent> {
    const limitMs = (prompt?.durationMs ?? 0) + playbackMs;
    const consent = await this.#until(({ consents: [first], segments, gate }) => {
      if (!first) return segments[0] && 'passed';
      const isOver = first.complete || first.problem !== undefined || gate?.phase === 'leaving';
      return isOver ? first : undefined;
    }, limitMs);
    if (consent === 'passed') throw notAnnounced();
    if (!consent) throw announcementFailed('Asterisk never reported the end of the playback', prompt?.name);
    if (!consent.complete) throw announcementFailed(consent.problem ?? 'it was cut short', prompt?.name);
    return consent;
  }

  async #agreed({ key }: Announcement): Promise<true> {
    await this.#parts.telephones.press(this.id, key);
    const agreed = await this.#until(
      ({ consents }) => (consents[0]?.decision === 'agreed' ? true : undefined),
      keyMs,
    );
    if (agreed) return agreed;
    throw found(
      'key-not-heard',
      'asterisk',
      `The key ${key} was pressed, and Asterisk did not tell of it`,
      'See the log of Asterisk: no party who agrees would be recorded.',
    );
  }

  async #recorded({ timeoutMs }: Announcement): Promise<Segment> {
    const { control, minDurationMs, signal, telephones } = this.#parts;
    const segment = await this.#until(({ segments }) => segments[0], timeoutMs + connectMs);
    if (!segment) throw notConnected();
    await telephones.speak(this.id, tones);
    if (segment.verdict.rule === 'not-asked-for')
      await control({ id: segment.id, control: 'start', actor: 'selftest' });
    else if (segment.verdict.outcome !== 'recorded') throw notRecorded(segment);
    await this.#talk((talk) => (talk.recording?.state === 'starting' ? undefined : talk), startMs);
    await pause(minDurationMs + talkMs, undefined, { signal }).catch(() => undefined);
    await telephones.hangUp(this.id);
    const ended = await this.#talk(
      (talk) => (talk.recording && !unsettled.has(talk.recording.state) ? talk : undefined),
      settleMs,
    );
    if (ended?.recording?.state === 'finished') return ended;
    throw notRecorded(ended ?? segment);
  }

  #talk(see: (talk: Segment) => Segment | undefined, ms: number): Promise<Segment | undefined> {
    return this.#until(({ segments: [talk] }) => talk && see(talk), ms);
  }

  #until<Seen>(see: (call: Call) => Seen | undefined, ms: number): Promise<Seen | undefined> {
    return this.#watch.until(see, ms, this.#parts.signal);
  }

  #step<Result>(name: StepName, work: () => Promise<Result>): Promise<Result | undefined> {
    return this.#parts.steps.run({ name, group: this.#group.name }, work);
  }

  #skip(name: StepName, reason: SkipReason): void {
    this.#parts.steps.skip({ name, group: this.#group.name }, reason);
  }
}

const dialplan =
  'extensions.conf must include the dialplan/mitschnitt.conf of this version; then "dialplan reload".';

const notConnected = () =>
  found(
    'call-not-connected',
    'asterisk',
    'The call of the self-test did not get to the other telephone',
    `See the log of Asterisk at that time: ${dialplan}`,
  );
const notAnnounced = () =>
  found(
    'not-announced',
    'asterisk',
    'Asterisk connected the call without the gate: nothing was announced',
    `See the log of Asterisk at that time: ${dialplan} Real calls are not recorded either then.`,
  );

function announcementFailed(problem: string, prompt = ''): Error {
  return found(
    'announcement-failed',
    'configuration',
    `The announcement ${prompt} was not played to its end: ${problem}`,
    'Put a 16-bit mono PCM WAV file there, .wav with 8 kHz and .wav16 with 16 kHz, and restart Mitschnitt; Asterisk must be able to read the folder prompts of the spool.',
  );
}

/** What to do where the rules forbid it. */
const remedies: Readonly<Partial<Record<Outcome, string>>> = {
  'disk-full': 'Make room on the disk of the spool: no call is recorded.',
  'not-announced': `See the log of Asterisk at that time: ${dialplan}`,
  excepted: 'A pattern in never_record of the group has every number in it.',
  'too-short': 'Asterisk wrote next to no audio: see its log at that time.',
};

function notRecorded(segment: Segment): Error {
  const { outcome, rule } = verdictOfSegment(segment);
  const problem = segment.recording?.problem ?? `outcome ${outcome}, rule ${rule}`;
  const hint =
    hints[rule] ?? remedies[outcome] ?? 'See the log of Asterisk at that time, and run mitschnitt check.';
  return found(rule, 'asterisk', `The call was not recorded: ${problem}`, hint);
}
