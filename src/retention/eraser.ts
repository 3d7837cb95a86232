import { randomUUID } from 'node:crypto';

import type { ReportIssues } from '../catalogue/catalogue.ts';
import type { CallOfNumber, Deletion, Erasure, RetentionLedger } from '../catalogue/retention-ledger.ts';
import { MitschnittError, messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { numberToErase, type NumberToErase } from '../recording/erased-number.ts';
import { certify, countsOf, type Certificate, type Found, type FoundCounts } from './certificate.ts';
import type { Remover } from './remover.ts';
import { scrubOutgoing, type OutgoingResult } from './outgoing-reports.ts';
import { scrubReports, type ReportResult } from './report-lines.ts';

/** What the command line asks for (`POST /erase`). */
export interface EraseRequest {
  readonly number: string;
  /** Only looks what there is. */
  readonly dryRun: boolean;
  readonly actor: string;
}

/** How far it is (`GET /erase`). */
export interface ErasureState {
  readonly id: string;
  readonly phase: 'searching' | 'erasing' | 'done' | 'failed';
  /** Undefined while it searches. */
  readonly found: ErasureFound | undefined;
  readonly certificate: Certificate | undefined;
  readonly problem: string | undefined;
}

export interface ErasureFound {
  readonly counts: FoundCounts;
  /** The group whose member has this number. */
  readonly member: string | undefined;
  /** Calls that stay, since they are on hold. */
  readonly held: readonly string[];
  /** Calls that go on. */
  readonly live: readonly string[];
}

export interface EraserParts {
  readonly ledger: Pick<
    RetentionLedger,
    'callsOfNumber' | 'eraseCall' | 'eraseFromAccount' | 'purge' | 'saveErasure' | 'deletions' | 'removalsOf'
  > &
    Pick<ReportIssues, 'unfinishedIssues' | 'replaceIssue'>;
  readonly remover: Pick<Remover, 'workAtOnce'>;
  readonly now: () => number;
  readonly version: string;
  readonly timeZone: string;
  /** Folder of the report files. */
  readonly reports: string;
  /** Folder of the reports that are not delivered yet. */
  readonly outgoing: string;
  /** Runs something while no report is written, made or delivered. */
  readonly betweenReports: <Result>(work: () => Promise<Result>) => Promise<Result>;
  /** Where copies of the report were delivered. */
  readonly reportCopies: readonly string[];
  /** The group that has this number as an extension. */
  readonly memberOf: (number: string) => string | undefined;
  readonly placeOf: (target: string) => string;
  /** How the last one stands, whichever eraser it was of. */
  readonly last: LastErasure;
  readonly log: Log;
}

/** Undefined: there was none. */
export interface LastErasure {
  state: ErasureState | undefined;
}

interface ScrubbedReports {
  readonly reports: readonly ReportResult[];
  readonly outgoing: readonly OutgoingResult[];
}

/** Finds and removes everything about a number. One at a time. */
export class Eraser {
  readonly #parts: EraserParts;
  #working: Promise<void> | undefined;

  constructor(parts: EraserParts) {
    this.#parts = parts;
  }

  get state(): ErasureState | undefined {
    return this.#parts.last.state;
  }

  /**
   * Begins; how it goes on is in {@link state}.
   * @throws MitschnittError `erasure-under-way`
   */
  begin(request: EraseRequest): ErasureState {
    if (this.#working) throw underWay();
    const state: ErasureState = {
      ...{ id: randomUUID(), phase: 'searching' },
      ...{ found: undefined, certificate: undefined, problem: undefined },
    };
    this.#parts.last.state = state;
    this.#working = this.#work(request, state)
      .catch((error: unknown) => {
        this.#parts.log.error('an erasure failed: repeat it', { erasure: state.id, error: messageOf(error) });
        this.#tell({ phase: 'failed', problem: messageOf(error) });
      })
      .finally(() => (this.#working = undefined));
    return state;
  }

  /** Waits for the erasure that goes on. */
  async stop(): Promise<void> {
    await this.#working;
  }

  async #work({ number: written, dryRun, actor }: EraseRequest, { id }: ErasureState): Promise<void> {
    const { ledger, now, timeZone, memberOf, log } = this.#parts;
    const erasure: Erasure = { id, actor, begunAt: now(), endedAt: undefined, certificate: undefined };
    const number = numberToErase(written);
    const calls: CallOfNumber[] = [];
    for await (const call of ledger.callsOfNumber(number)) calls.push(call);
    const found: Found = { number: number.number, member: memberOf(number.number), calls };
    const told: ErasureFound = {
      counts: countsOf(found, timeZone),
      member: found.member,
      held: calls.filter(isHeld).map((call) => call.id),
      live: calls.filter(isLive).map((call) => call.id),
    };
    this.#tell({ phase: dryRun ? 'done' : 'erasing', found: told });
    if (dryRun) return;
    log.info('erasing everything about a number', { erasure: id, actor, calls: calls.length });
    await ledger.saveErasure(erasure);
    const certificate = await this.#erase(erasure, number, found);
    log.info('erased', { erasure: id, certificate: certificate.sha256 });
    this.#tell({ phase: 'done', certificate });
  }

  async #erase(erasure: Erasure, number: NumberToErase, found: Found): Promise<Certificate> {
    const { ledger, remover, now, betweenReports } = this.#parts;
    let scrubbed: ScrubbedReports;
    try {
      // Where reports cannot stand still nothing is erased: an erasure that is repeated must find all that there is to tell.
      scrubbed = await betweenReports(async () => {
        await this.#eraseCalls(erasure, number, found);
        return await this.#scrubReports(number, found);
      });
      await remover.workAtOnce();
    } finally {
      await ledger.purge();
    }
    const certificate = await this.#certify(erasure, found, scrubbed);
    const ended = { endedAt: now(), certificate: certificate.sha256 };
    await ledger.saveErasure({ ...erasure, ...ended });
    return certificate;
  }

  async #eraseCalls({ id, actor }: Erasure, number: NumberToErase, found: Found): Promise<void> {
    const { ledger, now } = this.#parts;
    const reason = { reason: 'erasure', erasure: id, actor };
    for (const call of found.calls)
      if (!isHeld(call) && !isLive(call)) await ledger.eraseCall(call, number, reason, now());
    await ledger.eraseFromAccount(number, keptStartsOf(found));
  }

  async #scrubReports(number: NumberToErase, found: Found): Promise<ScrubbedReports> {
    const { ledger, reports: folder, outgoing, timeZone } = this.#parts;
    const lines = { timeZone, keptStarts: keptStartsOf(found) };
    return {
      reports: await scrubReports(number, { ...lines, folder }),
      outgoing: await scrubOutgoing(number, { ...lines, folder: outgoing }, ledger),
    };
  }

  async #certify(erasure: Erasure, found: Found, scrubbed: ScrubbedReports): Promise<Certificate> {
    const { ledger, now, version, timeZone, reportCopies, placeOf } = this.#parts;
    const deletions: Deletion[] = [];
    for await (const deletion of ledger.deletions(erasure.id)) deletions.push(deletion);
    const removals = await ledger.removalsOf(erasure.id);
    return certify({
      ...{ version, erasure, endedAt: now(), timeZone, found, deletions, removals, ...scrubbed },
      ...{ reportCopies: found.calls.length > 0 ? reportCopies : [], placeOf },
    });
  }

  #tell(change: Partial<ErasureState>): void {
    const { last } = this.#parts;
    if (last.state) last.state = { ...last.state, ...change };
  }
}

function isLive({ outcome }: CallOfNumber): boolean {
  return outcome === undefined;
}

function isHeld(call: CallOfNumber): boolean {
  return call.hold !== undefined && !isLive(call);
}

function underWay(): MitschnittError {
  return new MitschnittError('another erasure is under way', {
    code: 'erasure-under-way',
    fault: 'configuration',
    retry: true,
    hint: 'Wait until it is done, and try again.',
  });
}

/** @throws TypeError when it is none. */
export function eraseRequestOf(body: unknown): EraseRequest {
  const { number, dryRun, actor } = (body ?? {}) as Partial<Record<keyof EraseRequest, unknown>>;
  if (typeof number !== 'string' || typeof dryRun !== 'boolean' || typeof actor !== 'string')
    throw new TypeError('a request without number, dryRun or actor');
  return { number, dryRun, actor };
}

/** When the talks began that are on hold. */
function keptStartsOf({ calls }: Found): readonly number[] {
  return calls.filter(isHeld).flatMap(({ lineStarts }) => lineStarts);
}
