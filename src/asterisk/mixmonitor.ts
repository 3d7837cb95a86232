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
    { files, keepsWideband, beepEverySeconds }: RecordingForm,
  ): Promise<void> {
    const isWideband = keepsWideband && (await this.#isWideband(channelName));
    const [first, other] = isWideband ? wideband(files) : files;
    const sides = other === undefined ? '' : `r(${first})t(${other})${this.#inStep()}`;
    const beep = beepEverySeconds === undefined ? '' : `B(${beepEverySeconds})`;
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
  }

  /** Asterisk knows no mute of one MixMonitor: another one on the channel, the administrator's, falls silent as well. */
  async mute(recording: RecordingId, channelName: string, muted: boolean): Promise<void> {
    const answer = await this.#action({
      Action: 'MixMonitorMute',
      Channel: channelName,
      Direction: 'both',
      State: muted ? '1' : '0',
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

  /** Since Asterisk 18 files are in step by themselves, and the option that says so fills the log with notices. */
  #inStep(): string {
    const [, major] = amiVersion.exec(this.#greeting()) ?? [];
    return major !== undefined && Number(major) < amiOfAsterisk18 ? 'S' : '';
  }
}
