import type { DeliveryLedger, DueDelivery, RecordingPosition } from '../catalogue/catalogue.ts';
import type { Clock } from './clock.ts';

/** Deliveries that are read from the catalogue at once: to ask for each costs as much as to send a small file. */
const readAtOnce = 32;
/** For so long it is known that the catalogue had no more: what was postponed, say, is due some time. */
const allReadMs = 1_000;
/** Later than any time. */
const always = Number.MAX_SAFE_INTEGER;

export interface DueQueueParts {
  readonly ledger: Pick<DeliveryLedger, 'dueDeliveries'>;
  /** Of the target. */
  readonly name: string;
  readonly clock: Clock;
  /** Recordings that are under way, which are not taken once more. */
  readonly underway: () => Iterable<string>;
}

/** What is to be delivered to one target, oldest first, as it is read from the catalogue. */
export class DueQueue {
  readonly #parts: DueQueueParts;
  /** What comes next; forgotten when something happens that may change it. */
  #next: DueDelivery[] = [];
  /** When the catalogue had no more than that, ms since 1970. */
  #allReadAt: number | undefined;
  /** What is not due is taken as well, each once. */
  #everything = false;
  /** Only what is behind this recording is taken. */
  #after: RecordingPosition | undefined;

  constructor(parts: DueQueueParts) {
    this.#parts = parts;
  }

  /** From the oldest on, what is not due as well, each once. */
  beginEverything(): void {
    this.#everything = true;
    this.#after = undefined;
    this.forget();
  }

  endEverything(): void {
    this.#everything = false;
    this.forget();
  }

  /** A run is over: the next one begins with the oldest that is due. */
  startOver(): void {
    this.#everything = false;
    this.#goBehind(undefined);
  }

  /** What was read may be another by now. */
  forget(): void {
    this.#next = [];
    this.#allReadAt = undefined;
  }

  async take(): Promise<DueDelivery | undefined> {
    while (this.#next.length === 0 && !this.#isAllRead) {
      const asked = this.#next;
      const { due, isAll } = await this.#read();
      // Else something happened meanwhile.
      if (this.#next !== asked) continue;
      this.#next = due;
      this.#allReadAt = isAll ? this.#parts.clock.now() : undefined;
    }
    return this.#next.shift();
  }

  began(recording: RecordingPosition): void {
    if (this.#everything) this.#after = recording;
  }

  /** What works once may do so from the oldest on. */
  succeeded(): void {
    if (!this.#everything) this.#goBehind(undefined);
  }

  /** One that fails by itself holds up none of those behind it. */
  failed(recording: RecordingPosition): void {
    this.#goBehind(!this.#after || isBefore(this.#after, recording) ? recording : this.#after);
  }

  get #isAllRead(): boolean {
    if (this.#allReadAt === undefined) return false;
    const ms = this.#parts.clock.now() - this.#allReadAt;
    // Also below: somebody may have set the clock.
    return ms >= 0 && ms < allReadMs;
  }

  async #read(): Promise<{ due: DueDelivery[]; isAll: boolean }> {
    const behind = await this.#readBehind(this.#after);
    if (!this.#after || this.#everything) return behind;
    if (behind.due.length > 0) return { ...behind, isAll: false };
    this.#after = undefined;
    return await this.#readBehind(undefined);
  }

  async #readBehind(after: RecordingPosition | undefined): Promise<{ due: DueDelivery[]; isAll: boolean }> {
    const { ledger, name, clock } = this.#parts;
    const now = this.#everything ? always : clock.now();
    // As it is before: what is read may have arrived before it is looked at.
    const underway = new Set(this.#parts.underway());
    const limit = underway.size + readAtOnce;
    const read = await ledger.dueDeliveries(name, now, limit, after);
    const due = read.filter(({ recording }) => !underway.has(recording.id));
    return { due, isAll: read.length < limit };
  }

  #goBehind(after: RecordingPosition | undefined): void {
    if (this.#after === after) return;
    this.#after = after;
    this.forget();
  }
}

function isBefore(one: RecordingPosition, other: RecordingPosition): boolean {
  return one.startedAt === other.startedAt ? one.id < other.id : one.startedAt < other.startedAt;
}
