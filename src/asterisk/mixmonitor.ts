import { field, type AmiMessage } from './ami-wire.ts';
import { wideband } from '../recording/audio-form.ts';
import type { RecordingId } from '../call/call.ts';
import type { CallEvent } from '../call/event.ts';
import type { RecordingForm } from './pbx.ts';

type Action = (fields: Readonly<Record<string, string>>) => Promise<AmiMessage>;

/** Channel variable in which Asterisk leaves the id of the MixMonitor of a recording. */
export function variableOf(recording: RecordingId): string {
  return `MITSCHNITT_${recording.replaceAll('-', '_')}`;
}

/** `Asterisk Call Manager/7.0.0` */
const amiVersion = /\/(\d+)\./;
const amiOfAsterisk18 = 7;
const amiOfAsterisk21 = 10;

/** `22.10.1~dfsg`, `certified/20.7-cert3` */
const asteriskVersion = /(\d+)\.(\d+)/;
/** By major version, the first minor one in which MixMonitorMute heeds an id (ASTERISK-30464). */
const heedsIdSince: ReadonlyMap<number, number> = new Map([
  [18, 17],
  [20, 2],
]);
const heedsIdAlways = 21;

/** In which Asterisk leaves the file of the MixMonitor that was started last, for the dialplan. */
const fileVariable = 'MIXMONITOR_FILENAME';
/** Of ours, as the spool names them. */
const ownFile = /\/active\/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}(\.member|\.other)?\.wav(16)?$/;

const anotherRuns =
  'another MixMonitor, of the dialplan say, was started on this channel, and before 18.17 and 20.2 Asterisk cannot tell which one is to pause';

/** Asterisk's names of the formats with more than 8,000 samples a second (main/codec_builtin.c), where it prefers one. */
const widebandFormat = /^\(?(g722|g719|siren7|siren14|opus|silk(12|16|24)|speex(16|32)|slin\d+)\b/;

/** Starts and stops MixMonitor by AMI. `action` rejects when AMI does not answer. */
export class MixMonitor {
  readonly #action: Action;
  readonly #emit: (event: CallEvent) => void;
  readonly #greeting: () => string;

  /** `greeting`: what AMI said of its version. */
  constructor(action: Action, emit: (event: CallEvent) => void, greeting: () => string) {
    this.#action = action;
    this.#emit = emit;
    this.#greeting = greeting;
  }

  /**
   * Option `b`: no audio from outside a bridge, so none of what follows when the member leaves it.
   * Option `i`: keeps the id where it is found again after a restart.
   * Options `r` and `t`: what is received from the member, and what is sent to it, each in a file of its own.
   * Option `S`: where one of the two has nothing, silence, so that they stay in step.
   * Option `B`: beeps; it needs `func_periodic_hook`, without which Asterisk records nothing and says Success.
   */
  async start(
    recording: RecordingId,
    channelName: string,
    { files, keepsWideband, beepEverySeconds, again }: RecordingForm,
  ): Promise<void> {
    const running = again ? await this.#lookUp(recording, channelName) : '';
    if (running !== '') {
      this.#emit({ at: Date.now(), type: 'recording-started', recording, mixMonitor: running });
      return;
    }
    const isWideband = keepsWideband && (await this.#isWideband(channelName));
    const [first, other] = isWideband ? wideband(files) : files;
    const sides = other === undefined ? '' : `r(${first})t(${other})${this.#inStep()}`;
    const beep = beepEverySeconds === undefined ? '' : `B(${beepEverySeconds})`;
    const before = this.#knowsIds ? undefined : this.#variable(channelName, fileVariable).catch(() => '');
    const answer = await this.#action({
      Action: 'MixMonitor',
      Channel: channelName,
      File: other === undefined ? first : '',
      Options: `b${sides}${beep}i(${variableOf(recording)})`,
    });
    const at = Date.now();
    if (field(answer, 'Response') === 'Success') {
      const mixMonitor = field(answer, 'MixMonitorID') || undefined;
      this.#emit({ at, type: 'recording-started', recording, mixMonitor });
    } else {
      const problem = field(answer, 'Message') || 'Asterisk refused MixMonitor without a reason';
      this.#emit({ at, type: 'recording-refused', recording, problem });
    }
    // So that it can be seen later that there is one, and for the dialplan, which may want its own.
    const theirs = await before;
    if (isTheirs(theirs))
      await this.#action({ Action: 'Setvar', Channel: channelName, Variable: fileVariable, Value: theirs });
  }

  /** An older Asterisk mutes the oldest MixMonitor of the channel: where that may not be ours, none is paused. */
  async mute(recording: RecordingId, channelName: string, muted: boolean): Promise<void> {
    const heedsId = await this.#heedsId();
    if (muted && !heedsId && isTheirs(await this.#variable(channelName, fileVariable))) {
      const problem = anotherRuns;
      this.#emit({ at: Date.now(), type: 'recording-mute-refused', recording, muted, problem });
      return;
    }
    const answer = await this.#action({
      Action: 'MixMonitorMute',
      Channel: channelName,
      Direction: 'both',
      State: muted ? '1' : '0',
      ...(heedsId ? { MixMonitorID: await this.#lookUp(recording, channelName) } : {}),
    });
    const at = Date.now();
    if (field(answer, 'Response') === 'Success') {
      this.#emit({ at, type: 'recording-muted', recording, muted });
    } else {
      const problem = field(answer, 'Message') || 'Asterisk refused MixMonitorMute without a reason';
      this.#emit({ at, type: 'recording-mute-refused', recording, muted, problem });
    }
  }

  /** Without an id of ours nothing is stopped: another MixMonitor on the channel may be the administrator's. */
  async stop(recording: RecordingId, channelName: string, mixMonitor: string | undefined): Promise<void> {
    const id = mixMonitor ?? (await this.#lookUp(recording, channelName));
    if (id === '') return;
    await this.#action({ Action: 'StopMixMonitor', Channel: channelName, MixMonitorID: id });
  }

  #lookUp(recording: RecordingId, channelName: string): Promise<string> {
    return this.#variable(channelName, variableOf(recording));
  }

  async #variable(channelName: string, variable: string): Promise<string> {
    const answer = await this.#action({ Action: 'Getvar', Channel: channelName, Variable: variable });
    return field(answer, 'Value');
  }

  /** Whether the telephone on a channel speaks a codec of more than 8 kHz: `(g722)`, `(opus|alaw)`. */
  async #isWideband(channelName: string): Promise<boolean> {
    const formats = await this.#variable(channelName, 'CHANNEL(audionativeformat)');
    return widebandFormat.test(formats);
  }

  async #heedsId(): Promise<boolean> {
    if (this.#knowsIds) return true;
    const settings = await this.#action({ Action: 'CoreSettings' });
    const [, major = 0, minor = 0] =
      asteriskVersion.exec(field(settings, 'AsteriskVersion'))?.map(Number) ?? [];
    return major >= heedsIdAlways || minor >= (heedsIdSince.get(major) ?? Infinity);
  }

  /** Whether AMI greets as an Asterisk that surely mutes by id; of the others only some do. */
  get #knowsIds(): boolean {
    return (this.#amiMajor ?? 0) >= amiOfAsterisk21;
  }

  get #amiMajor(): number | undefined {
    const [, major] = amiVersion.exec(this.#greeting()) ?? [];
    return major === undefined ? undefined : Number(major);
  }

  /** Since Asterisk 18 files are in step by themselves, and the option that says so fills the log with notices. */
  #inStep(): string {
    return (this.#amiMajor ?? amiOfAsterisk18) < amiOfAsterisk18 ? 'S' : '';
  }
}

function isTheirs(file: string | undefined): file is string {
  return file !== undefined && file !== '' && !ownFile.test(file);
}
