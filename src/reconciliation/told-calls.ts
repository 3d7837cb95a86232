import { MitschnittError } from '../errors.ts';
import type { CallDetail } from '../call/account.ts';
import type { Instant } from '../call/call.ts';

/** What was told and is not kept yet. */
export interface ToldPiece {
  readonly details: readonly CallDetail[];
  /** Events that are not as the PBX sends them. */
  readonly unreadable: number;
  /** Since when everything is told; undefined: nobody tells. */
  readonly begunAt: Instant | undefined;
  /** Up to when nothing can be missing in it. */
  readonly heardTo: Instant | undefined;
}

export interface ToldCallsParts {
  /** For people: where it comes from, and what makes it come. */
  readonly source: { readonly name: string; readonly hint: string };
  /** When the PBX last answered on the connection that tells. */
  readonly heardAt: () => Instant | undefined;
  readonly now: () => Instant;
}

/** Records that are written in batches come up to 5 minutes late (cdr.conf, `time`). */
const longestSilenceMs = 10 * 60_000;
/** Two of a call. One may go on elsewhere, and be told of later; a dialplan may have a call not noted. */
const partiesInDoubt = 4;

/** The account that the PBX tells of calls while it is listened to, until it is kept. */
export class ToldCalls {
  readonly #parts: ToldCallsParts;
  #details: CallDetail[] = [];
  #unreadable = 0;
  #begunAt: Instant | undefined;
  /** Parties of talks that hung up since anything was heard last, and when the first did. */
  #expected = 0;
  #expectedSince: Instant | undefined;
  /** Whether anything was ever heard: else it may be that nothing ever will be. */
  #speaks = false;
  /** Told that there is something to keep. */
  onTold: () => void = () => undefined;

  constructor(parts: ToldCallsParts) {
    this.#parts = parts;
  }

  /** Where it comes from, for people. */
  get name(): string {
    return this.#parts.source.name;
  }

  begin(at: Instant): void {
    this.#begunAt = at;
    this.#expectNothing();
    this.onTold();
  }

  told(detail: CallDetail | undefined): void {
    if (detail) this.#details.push(detail);
    else this.#unreadable += 1;
    this.onTold();
  }

  heard(): void {
    this.#speaks = true;
    this.#expectNothing();
  }

  expect(at: Instant): void {
    this.#expected += 1;
    this.#expectedSince ??= at;
  }

  #expectNothing(): void {
    this.#expected = 0;
    this.#expectedSince = undefined;
  }

  get #isLate(): boolean {
    return this.#expectedSince !== undefined && this.#parts.now() - this.#expectedSince >= longestSilenceMs;
  }

  get #areFew(): boolean {
    return this.#speaks && this.#expected < partiesInDoubt;
  }

  /** What waits to be kept; nobody waits any longer for what few parties may owe. */
  waiting(): ToldPiece {
    if (this.#isLate && this.#areFew) this.#expectNothing();
    const heardAt = this.#parts.heardAt() ?? 0;
    const begunAt = this.#begunAt;
    const isHeard = begunAt !== undefined && heardAt >= begunAt;
    return {
      details: [...this.#details],
      unreadable: this.#unreadable,
      begunAt,
      heardTo: isHeard ? Math.min(heardAt, this.#expectedSince ?? Infinity) : begunAt,
    };
  }

  /** That is kept. */
  kept({ details, unreadable }: ToldPiece): void {
    this.#details.splice(0, details.length);
    this.#unreadable -= unreadable;
  }

  /** Why nothing can be had of it; undefined: it works, as far as can be known. */
  get problem(): MitschnittError | undefined {
    const { source } = this.#parts;
    if (this.#expectedSince === undefined || !this.#isLate || this.#areFew) return undefined;
    const since = new Date(this.#expectedSince).toISOString();
    return new MitschnittError(
      `${source.name}: a call ended at ${since}, and Asterisk has told of no call since`,
      { code: 'account-silent', fault: 'configuration', retry: true, hint: source.hint },
    );
  }
}
