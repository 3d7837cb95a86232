import { field, type AmiMessage } from './ami-wire.ts';
import type { CallEvent, RecordingId } from '../call/call.ts';

type Action = (fields: Readonly<Record<string, string>>) => Promise<AmiMessage>;

/** Channel variable in which Asterisk leaves the id of the MixMonitor of a recording. */
function variableOf(recording: RecordingId): string {
  return `MITSCHNITT_${recording.replaceAll('-', '_')}`;
}

/** Starts and stops MixMonitor by AMI. `action` rejects when AMI does not answer. */
export class MixMonitor {
  readonly #action: Action;
  readonly #emit: (event: CallEvent) => void;

  constructor(action: Action, emit: (event: CallEvent) => void) {
    this.#action = action;
    this.#emit = emit;
  }

  /**
   * Option `b`: no audio from outside a bridge, so none of what follows when the member leaves it.
   * Option `i`: keeps the id where it is found again after a restart.
   */
  async start(recording: RecordingId, channelName: string, file: string): Promise<void> {
    const answer = await this.#action({
      Action: 'MixMonitor',
      Channel: channelName,
      File: file,
      Options: `bi(${variableOf(recording)})`,
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

  /** Without an id of ours nothing is stopped: another MixMonitor on the channel may be the administrator's. */
  async stop(recording: RecordingId, channelName: string, mixMonitor: string | undefined): Promise<void> {
    const id = mixMonitor ?? (await this.#lookUp(recording, channelName));
    if (id === '') return;
    await this.#action({ Action: 'StopMixMonitor', Channel: channelName, MixMonitorID: id });
  }

  async #lookUp(recording: RecordingId, channelName: string): Promise<string> {
    const answer = await this.#action({
      Action: 'Getvar',
      Channel: channelName,
      Variable: variableOf(recording),
    });
    return field(answer, 'Value');
  }
}
