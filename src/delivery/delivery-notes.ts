import type { Delivery, DeliveryLedger } from '../catalogue/catalogue.ts';
import type { Clock } from './clock.ts';

/** What arrived is noted together with what arrives within this: a note of its own costs as much as sending it. */
const gatherMs = 20;
/** So many are not kept waiting. */
const mostAtOnce = 16;

interface Waiting {
  readonly delivery: Delivery;
  readonly resolve: (value: undefined) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Notes in the catalogue what was delivered, several in one transaction. A process that dies before finds what it had
 * delivered at the target, and notes it then.
 */
export class DeliveryNotes {
  readonly #ledger: Pick<DeliveryLedger, 'saveDelivery' | 'saveDeliveries'>;
  readonly #clock: Clock;
  #waiting: Waiting[] = [];
  /** Prevents the writing that is planned. */
  #cancel: (() => void) | undefined;

  constructor(ledger: Pick<DeliveryLedger, 'saveDelivery' | 'saveDeliveries'>, clock: Clock) {
    this.#ledger = ledger;
    this.#clock = clock;
  }

  /** Resolves when it is in the catalogue. */
  save(delivery: Delivery): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    this.#waiting.push({ delivery, resolve, reject });
    // By mail it would be sent once more: a mail server knows nothing of what it took.
    if (this.#waiting.length >= mostAtOnce || delivery.confirmedBy === 'accepted') this.flush();
    else this.#cancel ??= this.#clock.after(gatherMs, () => this.flush());
    return promise;
  }

  /** Writes what was gathered now. */
  flush(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    const together = this.#waiting;
    if (together.length === 0) return;
    this.#waiting = [];
    void this.#write(together);
  }

  async #write(together: readonly Waiting[]): Promise<void> {
    const [first, ...others] = together;
    try {
      if (first && others.length > 0)
        await this.#ledger.saveDeliveries(together.map(({ delivery }) => delivery));
      else if (first) await this.#ledger.saveDelivery(first.delivery);
      for (const { resolve } of together) resolve(undefined);
    } catch (error) {
      if (others.length === 0) first?.reject(error);
      // It may be only one of them that cannot be noted.
      else for (const each of together) await this.#write([each]);
    }
  }
}
