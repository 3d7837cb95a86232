import type { Delivery, DeliveryLedger, DueDelivery } from '../catalogue/catalogue.ts';
import { MitschnittError } from '../errors.ts';
import { withSuffix } from '../recording/naming.ts';
import type { Clock } from './clock.ts';
import type { Sidecars } from './sidecar.ts';
import type { Stored, Target, Upload } from './target.ts';
import { takeFrom, type Throttle } from './throttle.ts';
import type { UploadEvent } from './upload-events.ts';

/** What every attempt at one target needs. */
export interface AttemptParts {
  readonly ledger: Pick<DeliveryLedger, 'saveDelivery'>;
  readonly clock: Clock;
  readonly localFile: (recording: string) => string;
  /** The limits of the rate that hold for this target. */
  readonly throttles: readonly Throttle[];
  /** Undefined: this target gets none. */
  readonly sidecars: Sidecars | undefined;
  readonly report: (event: UploadEvent) => void;
}

/** So many foreign files of one name are no accident. */
const lastSuffix = 1000;
/** How often progress is told: as often as somebody who watches can see. */
const progressMs = 250;
/** A sidecar whose call goes on is looked for again after this. */
const sidecarAgainMs = 10_000;

type LocalFile = Pick<Upload, 'id' | 'source' | 'bytes' | 'sha256'>;

/** One attempt to deliver a recording, with its sidecar where the target gets one. */
export class Attempt {
  readonly #parts: AttemptParts;
  readonly #due: DueDelivery;
  readonly #signal: AbortSignal;
  #delivery: Delivery;

  constructor(parts: AttemptParts, due: DueDelivery, signal: AbortSignal) {
    this.#parts = parts;
    this.#due = due;
    this.#signal = signal;
    this.#delivery = { ...due.delivery, attempts: due.delivery.attempts + 1 };
  }

  /** As it stands, also after a failure: the recording may have arrived, and only its sidecar not. */
  get delivery(): Delivery {
    return this.#delivery;
  }

  /** Returns the delivery as it is to be noted: delivered, or pending until the sidecar can be made. */
  async run(target: Target): Promise<Delivery> {
    const { clock, sidecars } = this.#parts;
    const wasThere = this.#delivery.confirmedBy !== undefined;
    if (!wasThere) await this.#deliverRecording(target);
    if (sidecars) {
      const { recording } = this.#due;
      const sidecar = await sidecars.of(recording, target.name, this.#delivery.name);
      if (!sidecar) {
        // To look for it is no attempt.
        const { attempts } = wasThere ? this.#due.delivery : this.#delivery;
        return { ...this.#delivery, attempts, dueAt: clock.now() + sidecarAgainMs };
      }
      await this.#put(target, sidecar, sidecarName(this.#delivery.name)).finally(() =>
        sidecars.done(recording, sidecar),
      );
    }
    return { ...this.#delivery, state: 'delivered', deliveredAt: clock.now(), problem: undefined };
  }

  async #deliverRecording(target: Target): Promise<void> {
    const { ledger, localFile, report, sidecars } = this.#parts;
    const { recording, delivery } = this.#due;
    report({ type: 'started', recording, target: target.name });
    const { id, bytes, sha256, name } = recording;
    const file = { id, source: localFile(id), bytes, sha256 };
    const stored = await this.#put(target, file, delivery.name, name, this.#teller(target.name));
    this.#delivery = { ...this.#delivery, ...stored, problem: undefined };
    // Whatever becomes of the sidecar, the recording is not sent again.
    if (sidecars) await ledger.saveDelivery(this.#delivery);
  }

  /** Puts a file under its name, or the first one with a suffix that no other file has. */
  async #put(
    target: Target,
    file: LocalFile,
    first: string,
    plain = first,
    onProgress?: (bytes: number) => void,
  ): Promise<{ name: string; confirmedBy: Stored['confirmedBy'] }> {
    const facts = this.#due.recording;
    const { folder } = facts;
    const signal = this.#signal;
    let name = first;
    for (let suffix = 2; ; suffix += 1) {
      const [pace, pay] = await this.#pace();
      try {
        const stored = await target.put({ ...file, folder, name, facts, signal, pace, onProgress });
        if (stored.how === 'stored') pay(stored.sent ?? file.bytes);
        return { name, confirmedBy: stored.confirmedBy };
      } catch (error) {
        const taken = error instanceof MitschnittError && error.code === 'name-taken';
        if (!taken || suffix > lastSuffix) throw error;
        name = withSuffix(plain, suffix);
      }
    }
  }

  /** How a file is held back while it is sent, and what charges afterwards for what was sent without asking. */
  async #pace(): Promise<[pace: Upload['pace'], pay: (sent: number) => void]> {
    const { throttles } = this.#parts;
    if (throttles.length === 0) return [undefined, () => undefined];
    for (const throttle of throttles) await throttle.settled(this.#signal);
    let taken = 0;
    const pace = async (wanted: number) => {
      const granted = await takeFrom(throttles, wanted, this.#signal);
      taken += granted;
      return granted;
    };
    const pay = (sent: number) => {
      for (const throttle of throttles) throttle.charge(Math.max(0, sent - taken));
    };
    return [pace, pay];
  }

  #teller(target: string): (bytes: number) => void {
    const { clock, report } = this.#parts;
    const { recording } = this.#due;
    let sent = 0;
    let toldAt = clock.now();
    return (bytes) => {
      sent += bytes;
      const now = clock.now();
      if (now - toldAt < progressMs && now >= toldAt) return;
      toldAt = now;
      report({ type: 'progress', recording, target, sent });
    };
  }
}

/** Beside `x.wav` it is `x.json`. */
function sidecarName(name: string): string {
  return name.replace(/\.wav$/i, '') + '.json';
}
