import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Delivery, TargetBacklog } from '../../src/catalogue/catalogue.ts';
import { SqliteCatalogue } from '../../src/catalogue/sqlite.ts';
import type { Target } from '../../src/delivery/target.ts';
import type { UploaderOptions, UploadTarget } from '../../src/delivery/uploader.ts';
import type { FinishedRecording } from '../../src/recording/recording.ts';
import { patterned, sha256 } from './content.ts';

/** A target as the uploader is given it: one connection, unless it says otherwise. */
export function one(target: Target, change: Partial<UploadTarget> = {}): UploadTarget {
  const plain = { connections: 1, sidecar: false, bandwidth: undefined };
  return { name: target.name, create: () => target, ...plain, ...change };
}

/** A folder in memory where that can be had: where the disk is not what is tried. */
export const inMemory = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** Finished recordings with their local files, and the catalogue that knows them: real, in a temporary folder. */
export class Workplace {
  readonly path: string;
  readonly catalogue: SqliteCatalogue;
  #recordings = 0;

  private constructor(path: string) {
    this.path = path;
    this.catalogue = new SqliteCatalogue({ path: join(path, 'catalogue.db') });
  }

  static async create(parent = tmpdir()): Promise<Workplace> {
    const path = await mkdtemp(join(parent, 'mitschnitt-uploader-'));
    await mkdir(join(path, 'transfer'));
    return Workplace.open(path);
  }

  /** One that another process made. */
  static async open(path: string): Promise<Workplace> {
    const workplace = new Workplace(path);
    await workplace.catalogue.open();
    return workplace;
  }

  readonly localFile = (recording: string): string => join(this.path, 'transfer', `${recording}.wav`);
  readonly localSidecar = (recording: string): string => join(this.path, 'transfer', `${recording}.json`);

  /** What an uploader needs to work on it, at once and without limits. */
  get options(): Omit<UploaderOptions, 'targets' | 'report'> {
    const { catalogue: ledger, localFile, localSidecar } = this;
    const unlimited = { windows: [], timeZone: 'Europe/Zurich', bandwidth: undefined, retentionMs: 0 };
    return { ledger, localFile, localSidecar, schedule: 'immediately', ...unlimited };
  }

  /** Finishes one recording more, a second later than the last. */
  async record(
    targets: readonly string[],
    content = patterned(2_000, this.#recordings),
  ): Promise<FinishedRecording> {
    this.#recordings += 1;
    const id = randomUUID();
    await writeFile(this.localFile(id), content);
    const startedAt = Date.UTC(2021, 3, 7, 11, 34, 26) + this.#recordings * 1_000;
    const facts = {
      callId: `call-of-${id}`,
      group: 'Verkauf',
      direction: 'incoming',
      from: '+41',
      to: '200',
    } as const;
    const times = { startedAt, endedAt: startedAt + 500, durationMs: 500 };
    const name = `Aufnahme_${String(this.#recordings).padStart(4, '0')}.wav`;
    const media = { bytes: content.length, sha256: sha256(content) };
    return this.catalogue.addRecording(
      { id, ...facts, ...times, ...media, folder: '2021/04', name },
      targets,
    );
  }

  /** Ids of the local files. */
  async localFiles(): Promise<string[]> {
    const names = await readdir(join(this.path, 'transfer'));
    return names.map((name) => name.replace('.wav', ''));
  }

  async backlog(target: string): Promise<TargetBacklog | undefined> {
    const all = await this.catalogue.backlog();
    return all.find((each) => each.target === target);
  }

  /** Pending deliveries, due or not, oldest first. */
  async pending(target: string): Promise<Delivery[]> {
    const due = await this.catalogue.dueDeliveries(target, Number.MAX_SAFE_INTEGER, 1_000);
    return due.map(({ delivery }) => delivery);
  }

  async remove(): Promise<void> {
    await this.catalogue.close();
    await rm(this.path, { recursive: true });
  }
}
