import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Delivery, DeliveryLedger } from '../../src/catalogue/catalogue.ts';
import { FolderTarget } from '../../src/delivery/folder.ts';
import { temporaryName } from '../../src/recording/naming.ts';
import type { Stored, Target, Upload } from '../../src/delivery/target.ts';
import { Uploader, type UploadTarget } from '../../src/delivery/uploader.ts';
import { MitschnittError } from '../../src/errors.ts';
import type { FinishedRecording } from '../../src/recording/recording.ts';
import { sampleCall, sampleRecord } from '../catalogue/sample.ts';
import { patterned, sha256 } from './content.ts';
import { turn, VirtualClock } from './virtual-clock.ts';
import type { Workplace } from './workplace.ts';

export const targetNames = ['archiv', 'backup'] as const;
type TargetName = (typeof targetNames)[number];

/** What happens at a call of `put`: nothing more of that process, where it crashes. */
export const targetFaults = [
  'fails before',
  'fails after',
  'refuses for good',
  'crashes before',
  'crashes after',
  'crashes in the middle',
  'is stopped',
] as const;

/** What happens at a call of the catalogue. */
export const ledgerFaults = ['fails before', 'fails after', 'crashes before', 'crashes after'] as const;
/** The calls that change something. */
export const ledgerCalls = ['saveDelivery', 'saveDeliveries', 'noteLocalDeleted', 'sync'] as const;

/** What happens while some recordings are delivered. Calls are counted from 1 over the whole story. */
export interface Story {
  readonly recordings: readonly {
    readonly targets: readonly TargetName[];
    readonly bytes: number;
    /** Somebody else has its name already at these targets. */
    readonly taken: readonly TargetName[];
    /** Somebody took the local file away, and brings it back when asked. */
    readonly missing: boolean;
    /** The call goes on after the recording has ended. */
    readonly open: boolean;
  }[];
  readonly connections: number;
  readonly sidecar: boolean;
  readonly immediately: boolean;
  readonly retentionMs: number;
  readonly targetFaults: readonly {
    readonly target: TargetName;
    readonly call: number;
    readonly fault: (typeof targetFaults)[number];
  }[];
  readonly ledgerFaults: readonly {
    readonly method: (typeof ledgerCalls)[number];
    readonly call: number;
    readonly fault: (typeof ledgerFaults)[number];
  }[];
}

const down = () =>
  new MitschnittError('down', { code: 'down', fault: 'destination', retry: true, hint: 'Wait.' });
const refused = () =>
  new MitschnittError('refused', { code: 'refused', fault: 'destination', retry: false, hint: 'No.' });
const never = <T>(): Promise<T> => new Promise(() => undefined);

/** More than any story takes: one that takes them never ends. */
const mostSteps = 100_000;
/** How often it is looked whether all is done. */
const stepsPerLook = 8;
const callGoesOnMs = 60_000;
const hourMs = 3_600_000;

/** Tells one story through the real uploader, catalogue and folders, and throws what came out wrong. */
export class FaultStory {
  readonly #work: Workplace;
  readonly #story: Story;
  /** The folder of this story at all targets. */
  readonly #folder = randomUUID();
  readonly #clock = new VirtualClock(Date.UTC(2021, 3, 7));
  readonly #recordings: FinishedRecording[] = [];
  readonly #contents = new Map<string, Buffer>();
  readonly #calls = new Map<string, number>();
  readonly #stored = new Map<string, number>();
  /** The deliveries as the catalogue has them. */
  readonly #noted = new Map<string, Delivery>();
  /** What is seen from within a call of the uploader, and thrown at the end. */
  readonly #wrong: string[] = [];
  #outstanding = 0;
  #process = { alive: true, stopping: false };

  constructor(work: Workplace, story: Story) {
    this.#work = work;
    this.#story = story;
  }

  async tell(): Promise<void> {
    await this.#prepare();
    let uploader = this.#start();
    // Steps are counted in the clock's time: on a busy machine a disk takes any number of turns.
    for (let step = 0; ;) {
      await turn();
      if (this.#outstanding > 0) continue;
      if (this.#process.alive && !this.#process.stopping) {
        step += 1;
        if (step === mostSteps) throw new Error('it never ends');
        if (step % stepsPerLook === 0 && (await this.#isOver(uploader))) break;
        this.#clock.fire();
        continue;
      }
      await this.#end(uploader);
      this.#clock.forget();
      this.#requireLocalFiles();
      this.#process = { alive: true, stopping: false };
      uploader = this.#start();
    }
    await uploader.stop();
    this.#verify();
    if (this.#wrong.length > 0) throw new Error(this.#wrong.join('; '));
  }

  async #prepare(): Promise<void> {
    const { catalogue, localFile } = this.#work;
    for (const [index, { targets, bytes, taken, missing, open }] of this.#story.recordings.entries()) {
      const id = randomUUID();
      const content = patterned(bytes, index);
      const startedAt = this.#clock.now() - hourMs + index;
      const name = `Aufnahme_${index}.wav`;
      const media = { bytes, durationMs: 500, sha256: sha256(content) };
      const call = {
        callId: `call-of-${id}`,
        group: 'Verkauf',
        direction: 'incoming',
        from: '1',
        to: '2',
      } as const;
      writeFileSync(missing ? `${localFile(id)}.away` : localFile(id), content);
      if (open) await catalogue.saveCall(sampleCall(call.callId));
      const times = { startedAt, endedAt: this.#clock.now() };
      const recording = { id, ...call, ...times, ...media, folder: this.#folder, name };
      this.#recordings.push(await catalogue.addRecording(recording, targets));
      this.#contents.set(id, content);
      for (const target of taken) {
        mkdirSync(join(this.#work.path, target, this.#folder), { recursive: true });
        writeFileSync(join(this.#work.path, target, this.#folder, name), 'of somebody else');
      }
    }
  }

  #start(): Uploader {
    const { connections, sidecar, immediately, retentionMs } = this.#story;
    const process = this.#process;
    // The calls that go on end sooner or later.
    this.#clock.after(callGoesOnMs, () => void this.#closeCalls());
    const uploader = new Uploader({
      ...this.#work.options,
      ledger: this.#ledger(process),
      targets: targetNames.map((name): UploadTarget => ({
        name,
        create: () => this.#target(name, process),
        connections,
        sidecar: sidecar && name === 'backup',
        bandwidth: undefined,
      })),
      schedule: immediately
        ? 'immediately'
        : { nextRun: (after) => new Date(after.getTime() + callGoesOnMs) },
      retentionMs,
      random: () => 0.5,
      clock: this.#clock,
      report: (event) => {
        if (event.type === 'trouble' && event.error instanceof TypeError)
          this.#wrong.push(String(event.error.stack));
      },
    });
    uploader.start();
    return uploader;
  }

  /** Ends a process that still lives; it may crash even then. */
  async #end(uploader: Uploader): Promise<void> {
    let ended = false as boolean;
    const process = this.#process;
    if (process.alive) void uploader.stop().then(() => (ended = true));
    const isGoingOn = () => process.alive && !ended;
    while (isGoingOn() || this.#outstanding > 0) await turn();
  }

  async #closeCalls(): Promise<void> {
    for (const [index, { open }] of this.#story.recordings.entries()) {
      const recording = this.#recordings[index];
      if (!open || !recording) continue;
      const { id, callId } = recording;
      const call = sampleCall(callId, { verdict: { outcome: 'recorded', rule: 'announced' } });
      await this.#work.catalogue.closeCall(call, [sampleRecord(id, { callId })]);
    }
  }

  /** Whether nothing is left to do. What was set aside is looked after by the administrator. */
  async #isOver(uploader: Uploader): Promise<boolean> {
    const { catalogue } = this.#work;
    for (const target of targetNames) if ((await catalogue.nextDue(target)) !== undefined) return false;
    if (!this.#process.alive || this.#process.stopping || this.#outstanding > 0) return false;
    const backlog = await catalogue.backlog();
    if (backlog.some(({ setAside }) => setAside > 0)) {
      this.#requireLocalFiles();
      for (const { id } of this.#recordings) {
        const file = this.#work.localFile(id);
        if (existsSync(`${file}.away`)) renameSync(`${file}.away`, file);
      }
      await uploader.retry(undefined);
      return false;
    }
    return (
      this.#recordings.every(({ id }) => !existsSync(this.#work.localFile(id))) &&
      !(await this.#isDeletable())
    );
  }

  async #isDeletable(): Promise<boolean> {
    const deletable = await this.#work.catalogue.deletable(1, Number.MAX_SAFE_INTEGER);
    return deletable.length > 0;
  }

  #target(name: TargetName, process: { alive: boolean; stopping: boolean }): Target {
    const real = new FolderTarget(name, { type: 'folder', path: join(this.#work.path, name) });
    return {
      name,
      read: (path, signal) => real.read(path, signal),
      remove: (path, signal) => real.remove(path, signal),
      check: (signal) => real.check(signal),
      close: () => real.close(),
      put: async (upload) => {
        this.#outstanding += 1;
        try {
          return await this.#put(real, upload, process);
        } finally {
          this.#outstanding -= 1;
          // eslint would have it returned: a process that died returns nothing to anybody.
          if (!process.alive) await never();
        }
      },
    };
  }

  async #put(real: Target, upload: Upload, process: { alive: boolean; stopping: boolean }): Promise<Stored> {
    const call = this.#count(real.name);
    const { fault } =
      this.#story.targetFaults.find((each) => each.target === real.name && each.call === call) ?? {};
    if (fault === 'fails before') throw down();
    if (fault === 'refuses for good') throw refused();
    if (fault === 'is stopped') {
      process.stopping = true;
      throw down();
    }
    if (fault === 'crashes before' || fault === 'crashes in the middle') {
      if (fault === 'crashes in the middle') this.#leaveHalf(real.name, upload);
      process.alive = false;
      throw down();
    }
    const stored = await real.put(upload);
    const key = `${upload.id} at ${real.name}`;
    if (stored.how === 'stored') this.#stored.set(key, (this.#stored.get(key) ?? 0) + 1);
    if (fault === 'crashes after') process.alive = false;
    if (fault === 'fails after') throw down();
    return stored;
  }

  #leaveHalf(target: string, { id, source, folder }: Upload): void {
    const path = join(this.#work.path, target, folder);
    mkdirSync(path, { recursive: true });
    if (!existsSync(source)) return;
    const content = readFileSync(source);
    writeFileSync(join(path, temporaryName(id)), content.subarray(0, content.length / 2));
  }

  #ledger(process: { alive: boolean }): DeliveryLedger {
    const { catalogue } = this.#work;
    const told = async <T>(method: string, work: () => Promise<T>): Promise<T> => {
      if (!process.alive) return never();
      const call = this.#count(method);
      const { fault } =
        this.#story.ledgerFaults.find((each) => each.method === method && each.call === call) ?? {};
      if (fault === 'fails before') throw new Error('disk full');
      if (fault === 'crashes before') process.alive = false;
      if (fault === 'crashes before') return never();
      const result = await work();
      if (fault === 'crashes after') process.alive = false;
      if (fault === 'fails after') throw new Error('disk full');
      return process.alive ? result : never();
    };
    return {
      dueDeliveries: (...asked) => told('dueDeliveries', () => catalogue.dueDeliveries(...asked)),
      nextDue: (target) => told('nextDue', () => catalogue.nextDue(target)),
      saveDelivery: (delivery) =>
        told('saveDelivery', async () => {
          await catalogue.saveDelivery(delivery);
          this.#noted.set(`${delivery.recording} at ${delivery.target}`, delivery);
        }),
      saveDeliveries: (deliveries) =>
        told('saveDeliveries', async () => {
          await catalogue.saveDeliveries(deliveries);
          for (const delivery of deliveries)
            this.#noted.set(`${delivery.recording} at ${delivery.target}`, delivery);
        }),
      retrySetAside: (recording) => told('retrySetAside', () => catalogue.retrySetAside(recording)),
      lineOf: (recording) => told('lineOf', () => catalogue.lineOf(recording)),
      sync: () => told('sync', () => Promise.resolve()),
      noteLocalDeleted: (recordings, at) =>
        told('noteLocalDeleted', () => catalogue.noteLocalDeleted(recordings, at)),
      deletable: (limit, endedBefore) =>
        told('deletable', async () => {
          const recordings = await catalogue.deletable(limit, endedBefore);
          for (const recording of recordings) this.#requireEverywhere(recording);
          return recordings;
        }),
    };
  }

  #count(what: string): number {
    const count = (this.#calls.get(what) ?? 0) + 1;
    this.#calls.set(what, count);
    return count;
  }

  /** Before its local file goes, every target has to have it, and its time must have come. */
  #requireEverywhere({ id, endedAt }: FinishedRecording): void {
    const { targets = [] } =
      this.#story.recordings[this.#recordings.findIndex((each) => each.id === id)] ?? {};
    for (const target of targets)
      if (this.#copies(id, target).length !== 1) this.#wrong.push(`${id} would go before ${target} has it`);
    if (this.#clock.now() < endedAt + this.#story.retentionMs) this.#wrong.push(`${id} would go too early`);
  }

  /** Nothing is lost: what is not everywhere is still here. */
  #requireLocalFiles(): void {
    for (const [index, { id }] of this.#recordings.entries()) {
      const targets = this.#story.recordings[index]?.targets ?? [];
      const isEverywhere = targets.every((target) => this.#copies(id, target).length > 0);
      const file = this.#work.localFile(id);
      if (!isEverywhere && !existsSync(file) && !existsSync(`${file}.away`))
        this.#wrong.push(`${id} is lost`);
    }
  }

  /** Names of the files at a target with the content of a recording. */
  #copies(id: string, target: string): string[] {
    const content = this.#contents.get(id);
    const path = join(this.#work.path, target, this.#folder);
    const names = existsSync(path) ? readdirSync(path) : [];
    return names.filter((name) => name.endsWith('.wav') && content?.equals(readFileSync(join(path, name))));
  }

  #verify(): void {
    for (const target of targetNames) {
      const path = join(this.#work.path, target, this.#folder);
      const found = existsSync(path) ? readdirSync(path) : [];
      const wanted = this.#recordings.filter((_, index) =>
        this.#story.recordings[index]?.targets.includes(target),
      );
      const foreign = this.#story.recordings.filter(({ taken }) => taken.includes(target)).length;
      const sidecars = this.#story.sidecar && target === 'backup' ? wanted.length : 0;
      const expected = wanted.length + foreign + sidecars;
      if (found.length !== expected)
        this.#wrong.push(`${target} has ${found.sort().join(', ')}: ${found.length}, not ${expected}`);
      for (const { id } of wanted) {
        if (this.#copies(id, target).length !== 1)
          this.#wrong.push(`${target} has ${this.#copies(id, target).length} of ${id}`);
        const { state, name } = this.#noted.get(`${id} at ${target}`) ?? {};
        if (state !== 'delivered' || name !== this.#copies(id, target)[0])
          this.#wrong.push(`${id} is noted as ${String(state)} at ${target} under ${String(name)}`);
        if (this.#stored.get(`${id} at ${target}`) !== 1)
          this.#wrong.push(
            `${id} was stored ${this.#stored.get(`${id} at ${target}`) ?? 0} times at ${target}`,
          );
      }
      for (const name of found)
        if (name.endsWith('.json') && !existsSync(join(path, name.replace('.json', '.wav'))))
          this.#wrong.push(`${name} at ${target} is beside no recording`);
      rmSync(path, { recursive: true, force: true });
    }
    for (const { id } of this.#recordings)
      if (existsSync(this.#work.localSidecar(id))) this.#wrong.push(`the sidecar of ${id} is still here`);
  }
}
