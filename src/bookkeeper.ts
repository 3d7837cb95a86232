import { messageOf } from './errors.ts';
import { concernsMember } from './call/classification.ts';
import { isTestCall } from './call/self-test.ts';
import { finishedRecordingOf, isSameSave, recordsOf } from './call/records.ts';
import type { Alarms } from './alarms/alarms.ts';
import type { Call, Policy, RecordingId, Segment } from './call/call.ts';
import type { CallCatalogue } from './catalogue/catalogue.ts';
import type { Log } from './log.ts';
import type { FinishedRecording } from './recording/recording.ts';

export interface BookkeeperParts {
  readonly catalogue: CallCatalogue;
  readonly alarms: Pick<Alarms, 'raise' | 'clear'>;
  readonly log: Log;
  /** Folder and name under which a recording is delivered. */
  readonly nameOf: (recording: Omit<FinishedRecording, 'folder' | 'name'>) => {
    folder: string;
    name: string;
  };
  /**
   * Targets of a recording, by name. `former`: those that its group had when it began. `astray`: the group is gone, and
   * so are they.
   */
  readonly recipientsOf: (
    group: string,
    former: readonly string[] | undefined,
  ) => { readonly targets: readonly string[]; readonly astray: boolean };
  /** A recording is ready to be delivered. */
  readonly recorded: () => void;
  /** A call is over and listed. */
  readonly closed: (call: Call) => void;
}

/** What the catalogue has of one call. */
export interface Account {
  saved: Call | undefined;
  /** Names under which the recordings of the call are delivered. */
  readonly files: Map<RecordingId, string>;
}

/** Keeps in the catalogue what of a call must outlive the process, and tells when something is ready. */
export class Bookkeeper {
  readonly #parts: BookkeeperParts;

  constructor(parts: BookkeeperParts) {
    this.#parts = parts;
  }

  /** Can be repeated: what is kept already is not kept again. Rejects when the catalogue cannot be written. */
  async keep(account: Account, call: Call, policy: Policy): Promise<void> {
    const { saved } = account;
    if (isTestCall(call)) return;
    const isOurs = concernsMember(call, policy);
    // Once kept, it is kept to its end: its member may have gone over to another call.
    if (saved ? isSameSave(saved, call) : !isOurs) return;
    const { catalogue, log, closed } = this.#parts;
    for (const segment of call.segments) await this.#keepRecording(account, call, segment);
    if (call.verdict) {
      await catalogue.closeCall(call, isOurs ? recordsOf(call, policy, account.files) : []);
      log.info('call closed', { call: call.id, ...call.verdict });
      closed(call);
    } else {
      await catalogue.saveCall(call);
    }
    account.saved = call;
    this.#parts.alarms.clear('catalogue-unwritable', 'catalogue');
  }

  /** A call could not be kept, and will be again. */
  troubled(call: Call, error: unknown): void {
    const { alarms, log } = this.#parts;
    log.error('a call could not be kept in the catalogue yet', { call: call.id, error: messageOf(error) });
    alarms.raise({
      kind: 'catalogue-unwritable',
      subject: 'catalogue',
      problem: messageOf(error),
      fault: 'configuration',
      hint: 'Look at the disk and the rights of the catalogue. Calls go on, and what happens is kept as soon as it can be.',
    });
  }

  async #keepRecording(account: Account, call: Call, segment: Segment): Promise<void> {
    const recording = finishedRecordingOf(call, segment);
    if (!recording || account.files.has(recording.id)) return;
    const { catalogue, log, nameOf, recipientsOf, recorded } = this.#parts;
    const named = { ...recording, ...nameOf(recording) };
    const { targets, astray } = recipientsOf(recording.group, segment.deliverTo);
    const noted = await catalogue.addRecording(named, targets);
    if (astray) this.#tellAstray(noted, targets);
    account.files.set(recording.id, noted.name);
    const { id, durationMs } = recording;
    log.info('recorded', { call: call.id, recording: id, file: noted.name, durationMs });
    recorded();
  }

  #tellAstray({ group, name }: FinishedRecording, targets: readonly string[]): void {
    const where = targets.length > 0 ? `it is for ${targets.join(', ')}` : 'it goes nowhere';
    this.#parts.alarms.raise({
      kind: 'recording-astray',
      subject: group,
      problem: `recording ${name}: neither its group nor the targets of that are in the configuration any more; ${where}`,
      fault: 'configuration',
      hint: 'Configure a target of that name again, or look for the recording there and bring it to where it belongs.',
      lastsMs: astrayLastsMs,
    });
  }
}

/** It happens once, and is to be noticed. */
const astrayLastsMs = 24 * 3_600_000;
