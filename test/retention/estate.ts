import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import type { Alarm, AlarmRaised } from '../../src/alarms/alarms.ts';
import { SqliteCatalogue } from '../../src/catalogue/sqlite.ts';
import { FolderTarget } from '../../src/delivery/folder.ts';
import type { Target } from '../../src/delivery/target.ts';
import { createLog } from '../../src/log.ts';
import type { CallRecord, FinishedRecording } from '../../src/recording/recording.ts';
import type { RetentionPeriods } from '../../src/recording/retention.ts';
import { Remover } from '../../src/retention/remover.ts';
import { Retention } from '../../src/retention/retention.ts';
import { closedCallOf, sampleRecord, sampleRecording, START } from '../catalogue/sample.ts';
import { VirtualClock } from '../delivery/virtual-clock.ts';

export const day = 86_400_000;

interface Made {
  readonly fromName?: string;
  readonly from?: string;
  readonly to?: string;
  readonly group?: string;
  /** Targets that have it; those in `pending` wait for it. */
  readonly delivered?: readonly string[];
  readonly pending?: readonly string[];
  readonly setAside?: readonly string[];
}

/** What would be told: each beginning and each end. */
class ToldAlarms {
  readonly standing: string[] = [];
  readonly raised: string[] = [];
  readonly ended: string[] = [];

  raise({ kind, subject }: AlarmRaised): void {
    if (this.standing.includes(`${kind} ${subject}`)) return;
    this.standing.push(`${kind} ${subject}`);
    this.raised.push(`${kind} ${subject}`);
  }

  clear(kind: Alarm['kind'], subject: string): void {
    const at = this.standing.indexOf(`${kind} ${subject}`);
    if (at >= 0) this.ended.push(...this.standing.splice(at, 1));
  }
}

/** What a recorder has gathered: a real catalogue, local files and two folders as targets, and who deletes them. */
export class Estate {
  readonly path: string;
  readonly clock = new VirtualClock(START + day);
  readonly alarms = new ToldAlarms();
  readonly catalogue: SqliteCatalogue;
  readonly targets = new Map<string, () => Target>();
  /** Of deliveries. */
  underway: Promise<void> = Promise.resolve();
  periods: Record<string, RetentionPeriods> = {};
  remover: Remover;
  retention: Retention;

  private constructor(path: string) {
    this.path = path;
    this.catalogue = new SqliteCatalogue({ path: join(path, 'catalogue.db') });
    for (const name of ['archiv', 'zweit']) {
      const settings = { type: 'folder', path: join(path, name) } as const;
      this.targets.set(name, () => new FolderTarget(name, settings));
    }
    [this.remover, this.retention] = this.#process();
  }

  static async create(): Promise<Estate> {
    const path = await mkdtemp(join(tmpdir(), 'mitschnitt-retention-'));
    for (const name of ['archiv', 'zweit', 'transfer', 'report']) await mkdir(join(path, name));
    const estate = new Estate(path);
    await estate.catalogue.open();
    return estate;
  }

  /** As a process that starts over what the last one left. */
  restart(): void {
    [this.remover, this.retention] = this.#process();
  }

  #process(): [Remover, Retention] {
    const { catalogue: ledger, clock, alarms } = this;
    const log = createLog({ level: 'error', format: 'text' });
    const remover = new Remover({
      ...{ ledger, clock, log, alarms },
      targetOf: (name) => this.targets.get(name)?.(),
      pathsOf: (id) => [this.local(id), this.local(id).replace('.wav', '.json')],
      settled: () => this.underway,
      random: () => 0.5,
    });
    const forever = { local: 0, remote: undefined, catalogue: undefined };
    const retention = new Retention({
      ...{ ledger, remover, clock, log },
      keeping: [],
      periodsOf: (group) => this.periods[group] ?? forever,
    });
    return [remover, retention];
  }

  local(id: string): string {
    return join(this.path, 'transfer', `${id}.wav`);
  }

  at(target: string, { folder, name }: FinishedRecording): string {
    return join(this.path, target, folder, name);
  }

  /** A call that is over, with its recording and its line. */
  async add(id: string, made: Made = {}): Promise<FinishedRecording> {
    const { from = '+41791234567', to = '200', fromName, group = 'Verkauf' } = made;
    const { delivered = ['archiv'], pending = [], setAside = [] } = made;
    const callId = `call-${id}`;
    const name = `Aufnahme_${id}_${from.replace(/[^+\d]/g, '').slice(0, 40)}_200.wav`;
    const record: CallRecord = sampleRecord(id, { callId, from, to, fromName, group, file: name });
    await this.catalogue.closeCall(
      {
        ...closedCallOf(record),
        segments: closedCallOf(record).segments.map((each) => ({ ...each, id, from, to, fromName })),
      },
      [record],
    );
    await writeFile(this.local(id), 'audio');
    const recording = await this.catalogue.addRecording(
      sampleRecording(id, { callId, from, to, group, name, bytes: 5 }),
      [...delivered, ...pending, ...setAside],
    );
    for (const target of delivered) await this.#deliver(recording, target);
    for (const target of setAside) await this.#note(recording, target, 'set-aside');
    return recording;
  }

  async #deliver(recording: FinishedRecording, target: string): Promise<void> {
    const path = this.at(target, recording);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, 'audio');
    await writeFile(path.replace('.wav', '.json'), JSON.stringify({ id: recording.id }));
    await this.#note(recording, target, 'delivered');
  }

  async #note(recording: FinishedRecording, target: string, state: 'delivered' | 'set-aside'): Promise<void> {
    await this.catalogue.saveDelivery({
      ...{ recording: recording.id, target, state, attempts: 1, dueAt: 0, name: recording.name },
      ...{ deliveredAt: START, confirmedBy: 'sha256', problem: undefined },
    });
  }

  async remove(): Promise<void> {
    await this.catalogue.close();
    await rm(this.path, { recursive: true });
  }
}
