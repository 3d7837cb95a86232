import { UploadAlarms, type AlarmChange, type DeliveryEvent, type FailingAfter } from './upload-alarms.ts';
import type { DeliveryLedger } from '../catalogue/catalogue.ts';
import type { ConnectionCheck } from '../catalogue/catalogue.ts';
import type { Alarms } from './alarms.ts';

/** The oldest recordings that wait are those that fail. */
const mostLookedAt = 1_000;

/** Raises and ends the alarms of targets, by what becomes of deliveries and checks. */
export class DeliveryAlarms {
  readonly #alarms: Alarms;
  readonly #uploads: UploadAlarms;

  constructor(after: FailingAfter, alarms: Alarms) {
    this.#alarms = alarms;
    this.#uploads = new UploadAlarms(after);
  }

  /** Goes on with those of a former process, as long as what failed still waits. `targets`: all that there are. */
  async start(ledger: DeliveryLedger, targets: readonly string[]): Promise<void> {
    const standing = this.#alarms.standing.filter(({ subject }) => targets.includes(subject));
    const failed = new Map<string, readonly string[]>();
    for (const target of new Set(standing.map(({ subject }) => subject))) {
      const waiting = await ledger.dueDeliveries(target, Number.MAX_SAFE_INTEGER, mostLookedAt);
      const troubled = waiting.filter(({ delivery }) => delivery.problem !== undefined);
      failed.set(
        target,
        troubled.map(({ delivery }) => delivery.recording),
      );
    }
    this.#make(this.#uploads.takeOver(standing, failed, Date.now()));
  }

  take(event: DeliveryEvent): void {
    this.#make(this.#uploads.take(event, Date.now()));
  }

  checked(check: ConnectionCheck): void {
    this.#make(this.#uploads.checked(check, Date.now()));
  }

  #make(changes: readonly AlarmChange[]): void {
    for (const change of changes) {
      if ('raise' in change) this.#alarms.raise(change.raise);
      else this.#alarms.clear(change.clear.kind, change.clear.subject);
    }
  }
}
